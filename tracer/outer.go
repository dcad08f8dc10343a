package tracer

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// groupOf asks the kernel for the process group of a process, 0 being this one.
func groupOf(pid int) (pidspace.RPGID, error) {
	g, err := unix.Getpgid(pid)
	if err != nil {
		return 0, fmt.Errorf("getpgid of %d: %w", pid, err)
	}
	if g == 0 {
		g = pidspace.Outer
	}
	return pidspace.RPGID(g), nil
}

// sessionOf asks the kernel for the session of a process, 0 being this one.
func sessionOf(pid int) (pidspace.RSID, error) {
	sid, err := unix.Getsid(pid)
	if err != nil {
		return 0, fmt.Errorf("getsid of %d: %w", pid, err)
	}
	if sid == 0 {
		sid = pidspace.Outer
	}
	return pidspace.RSID(sid), nil
}

// withinGroup makes a real id that an argument names acceptable to the kernel
// if it is a group of an outer pid namespace. A member names that with 0, its
// own group; nobody else can name it at all, and the kernel finds no such
// group. Setpgid is the call to which 0 means something else: a process that
// has left such a group cannot go back.
func (s *supervisor) withinGroup(t *task, real int32) int32 {
	if real != pidspace.Outer && real != -pidspace.Outer || t.call.row.HandlerFor(t.call.args, s.mode) == abi.Setpgid ||
		s.space.Pgid(pidspace.RTID(t.proc.pid)) != pidspace.Outer {
		return real
	}
	return 0
}
