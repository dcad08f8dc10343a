package kernel

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// sysSetforkpid is the number of setforkpid on x86-64. It lies in a gap that
// upstream does not assign.
const sysSetforkpid = 391

type setForkPID struct{}

func (setForkPID) Name() string { return "setforkpid" }

func (setForkPID) tries() int { return 1 }

// installed tells whether the system call exists: an argument that it must
// refuse gives EINVAL where it does, and ENOSYS where it does not.
func (m setForkPID) installed() error {
	_, _, errno := unix.RawSyscall(sysSetforkpid, ^uintptr(0), 0, 0)
	switch errno {
	case unix.EINVAL:
		return nil
	case unix.ENOSYS:
		return &AbsentError{Mechanism: m.Name(), Err: errno, Why: "this kernel does not have the system call",
			Fix: "load the module of kernel/linux/module, or boot a kernel with the patch"}
	}
	return &SetupError{Op: "tell whether setforkpid is installed", Err: errno, Why: "a seccomp filter answers for the kernel, as in a container",
		Fix: "run pidsim outside of it"}
}

func (m setForkPID) prepare(l *launch) error {
	if err := m.installed(); err != nil {
		return err
	}
	return inRange(l.cmd.PID)
}

// request asks for the id of the calling thread's next fork. A new thread, as
// the Go runtime may make one, does not use the request up.
func (m setForkPID) request(pid int) error {
	r, _, errno := unix.RawSyscall(sysSetforkpid, uintptr(pid), 0, 0)
	switch {
	case errno != 0:
		return m.explain(pid, tagRequest, errno)
	case int(r) != pid:
		return &SetupError{Op: "choose a pid with setforkpid", Why: fmt.Sprintf("it was asked for %d and answered %d", pid, int(r))}
	}
	return nil
}

// cancel takes the request back, if no fork has used it up.
func (setForkPID) cancel() { _, _, _ = unix.RawSyscall(sysSetforkpid, 0, 0, 0) }

// compose has nothing to add: the process that starts is the one wanted.
func (m setForkPID) compose(b *builder) *script.Step { return b.program(false) }

func (m setForkPID) explain(pid int, at tag, errno unix.Errno) error {
	switch {
	case errno == unix.EPERM && at == tagRequest:
		return notPermitted("choose a pid with setforkpid", errno)
	case errno == unix.EINVAL && at == tagRequest:
		return outOfRange(pid)
	case errno == unix.EEXIST && at == tagFork:
		return inUse(pid)
	}
	return cannotFork(errno)
}

// Installed tells whether this kernel has setforkpid. It says nothing about
// the right to use it.
func Installed() bool { return setForkPID{}.installed() == nil }
