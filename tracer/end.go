package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// bury forgets a task that has ended. A process stays in the space as a zombie
// until its parent collects it.
func (s *supervisor) bury(t *task, status uint32) error {
	delete(s.tasks, t.tid)
	s.placement.gone(t.tid)
	t.call.slot.release()
	if t.proc == nil {
		s.held--
		return nil
	}
	delete(t.proc.tasks, t.tid)
	s.space.Exit(pidspace.RTID(t.tid))
	if !t.leader() {
		s.event(Event{Kind: "exit"}, t)
		s.adoptLost()
		return nil
	}
	if t.renumbered() && !t.proc.root {
		s.renumbered--
	}
	end := endOf(unix.WaitStatus(status))
	s.event(Event{Kind: "exit", Status: end}, t)
	if t.proc.root {
		s.rootEnded(end)
	}
	s.adoptLost()
	return nil
}

func endOf(ws unix.WaitStatus) Status {
	if ws.Signaled() {
		return Status{Signal: int(ws.Signal()), Core: ws.CoreDump()}
	}
	return Status{Code: ws.ExitStatus()}
}

// rootEnded records the root's end. The root is this process's own child, so
// it is collected already.
func (s *supervisor) rootEnded(end Status) {
	s.space.Reap(pidspace.RTGID(s.root.pid))
	s.status = end
	close(s.rootUp)
	if s.cmd.KillOnExit || s.isInit() {
		s.killAll()
	}
}
