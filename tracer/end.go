package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// bury forgets a task that has ended. A process stays in the space as a zombie
// until its parent collects it.
func (s *supervisor) bury(t *task, status uint32) error {
	delete(s.tasks, t.tid)
	s.placement.gone(t.tid)
	t.call.slot.release()
	if t.proc == nil {
		return nil
	}
	delete(t.proc.tasks, t.tid)
	s.space.Exit(pidspace.RTID(t.tid))
	if unix.WaitStatus(status).Signaled() || !t.leader() || len(t.proc.tasks) > 0 {
		// Of a process with one thread, which has called exit, nothing is to
		// come.
		defer s.abruptEnd()
	}
	if !t.leader() {
		s.event(Event{Kind: "exit"}, t)
		return nil
	}
	s.rememberTask(t)
	end := endOf(unix.WaitStatus(status))
	if t.proc.root && s.rebooted != 0 {
		end = Status{Signal: s.rebooted}
	}
	s.event(Event{Kind: "exit", Status: end}, t)
	s.processEnded(t.proc)
	if t.proc.root {
		s.rootEnded(end)
	}
	return nil
}

// processEnded leaves a zombie to its parent, and collects what falls to this
// process. Of an orphan the tracer's wait was the parent's as well. But a
// zombie that is orphaned only now is a child of this process that no tracer
// waits for: it would stay for ever.
func (s *supervisor) processEnded(p *process) {
	p.ended = true
	if p.stopped {
		s.stops.remove(p.pid)
	}
	switch {
	case p.root || !s.reaper:
	case unix.Kill(p.pid, 0) == unix.ESRCH: // an orphan, or nobody wanted it
		s.space.Reap(pidspace.RTGID(p.pid))
	case p.parent != nil && !p.parent.ended:
		p.parent.addZombie(p.pid)
	}
	for pid := range p.zombies {
		if s.tasks[pid] == nil && ptrace.CollectZombie(pid) {
			s.space.Reap(pidspace.RTGID(pid))
		}
	}
	p.zombies = nil
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

// zombieLimit is the number of zombies at which those are sorted out that the
// parent has collected unseen, as waitid without a siginfo does.
const zombieLimit = 512

func (p *process) addZombie(pid int) {
	if p.zombies == nil {
		p.zombies = map[int]bool{}
	}
	p.zombies[pid] = true
	if len(p.zombies)%zombieLimit == 0 {
		for z := range p.zombies {
			if unix.Kill(z, 0) == unix.ESRCH {
				delete(p.zombies, z)
			}
		}
	}
}
