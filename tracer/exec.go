package tracer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// execEnter prepares an exec: the kernel walks the caller's robust futexes
// when it succeeds (kernel/futex, futex_exec_release), and compares them with
// the real id.
func execEnter(s *supervisor, t *task) (verdict, error) {
	if t.renumbered() {
		s.robustToReal(t)
	}
	return proceed, nil
}

// execFailed takes that back. After a successful exec there is no exit stop.
func execFailed(s *supervisor, t *task, _ int64) error {
	if t.renumbered() {
		s.robustToVirtual(t)
	}
	return nil
}

// exec handles PTRACE_EVENT_EXEC: all threads but the caller are gone, and the
// caller has the process's id, whatever its own was (ptrace(2), "execve(2)
// under ptrace").
func (s *supervisor) exec(t *task) error {
	former, err := ptrace.EventMessage(t.tid, unix.PTRACE_EVENT_EXEC)
	if err != nil {
		return err
	}
	p := t.proc
	before := t.cred
	if f := s.tasks[int(former)]; f != nil {
		before = f.cred
		t.noNewPrivs = f.noNewPrivs
	}
	s.space.Exec(pidspace.RTGID(t.tid), pidspace.RTID(former))
	for tid, other := range p.tasks {
		if other != t {
			delete(p.tasks, tid)
			delete(s.tasks, tid)
			s.placement.gone(tid)
			other.call.slot.release()
			s.setState(other, stateEnded)
		}
	}
	t.virtual = s.processID(p)
	s.noteExitSignal(t.tid, int(unix.SIGCHLD))
	t.request, t.robust32, t.nudged = 0, 0, false
	t.call.slot.release()
	t.call = call{}
	p.mem, p.undumpable = &memory{}, false
	if int(former) != t.tid {
		t.opts = 0 // the former thread's, unknown here
		s.abruptEnd()
	}
	if err := s.setOptions(t); err != nil {
		return err
	}
	s.checkSetuid(t)
	s.execCreds(t, before)
	s.event(Event{Kind: "exec"}, t)
	return s.resume(t)
}

// checkSetuid tells the user once that a program does not get the rights that
// its file gives.
func (s *supervisor) checkSetuid(t *task) {
	if !s.noNewPrivs || s.said["setuid"] {
		return
	}
	exe := fmt.Sprintf("/proc/%d/exe", t.tid)
	st, err := cachedStat(exe)
	if err != nil || st.Mode&(unix.S_ISUID|unix.S_ISGID) == 0 {
		return
	}
	if int(st.Uid) == os.Geteuid() && st.Mode&unix.S_ISGID == 0 {
		return
	}
	name, _ := os.Readlink(exe)
	s.once(0, "setuid", "%s runs without its set-user-ID rights: a traced program of an unprivileged user cannot gain any; run pidsim as root if it needs them", name)
}
