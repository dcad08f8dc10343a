package tracer

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

var (
	exitNumber  = lazily("exit", "exit")
	wait4Number = lazily("wait4", "wait4")
)

// abortBirth undoes a creation that there is no id for. The new task runs
// nothing but an exit, and its creator gets errno once it has been made to
// collect it. With ended set, its end has been reported already.
func (s *supervisor) abortBirth(t, child *task, ended bool, a cloneArgs, errno unix.Errno) error {
	var err error
	if child.state == stateAnnounced && !ended {
		err = s.firstStop(child.tid)
	}
	s.setState(child, stateEnded)
	delete(s.tasks, child.tid)
	if err == nil && !ended {
		err = runExit(child.tid)
	}
	if err != nil && !errors.Is(err, ptrace.ErrGone) {
		return err
	}
	t.call.failure = errno
	if a.flags&(unix.CLONE_THREAD|unix.CLONE_PARENT) == 0 {
		t.call.collect = child.tid
	}
	return s.resumeToExit(t)
}

// firstStop waits for the stop that a new task is born with. It may have been
// collected out of turn.
func (s *supervisor) firstStop(tid int) (err error) {
	var status uint32
	if i := slices.IndexFunc(s.pending, func(p pendingStatus) bool { return p.tid == tid }); i >= 0 {
		status = s.pending[i].status
		s.pending = slices.Delete(s.pending, i, i+1)
	} else if _, status, err = ptrace.Wait(tid, 0); err != nil {
		return err
	}
	if classify(status) == eventEnd {
		return ptrace.ErrGone
	}
	return nil
}

// runExit makes a task that is stopped at its birth exit, and collects it as
// its tracer.
func runExit(tid int) error {
	var r ptrace.Regs
	if err := ptrace.GetRegs(tid, &r); err != nil {
		return err
	}
	arch := abi.X86_64
	if r.Orig_rax == cloneNumbers()[abi.I386] {
		arch = abi.I386
	}
	setReg(&r, argRegs[arch][0], 0)
	r.Rip -= 2
	r.Rax, r.Orig_rax = exitNumber()[arch], ^uint64(0)
	if err := ptrace.SetRegs(tid, &r); err != nil {
		return err
	}
	for {
		if err := ptrace.Resume(ptrace.Cont, tid, 0); err != nil {
			return err
		}
		_, status, err := ptrace.Wait(tid, 0)
		if err != nil || classify(status) == eventEnd {
			return err
		}
	}
}

// failCreation gives the creator its error, at the exit stop of the call.
func (s *supervisor) failCreation(t *task) error {
	errno, child := t.call.failure, t.call.collect
	if child == 0 {
		return ptrace.Poke(t.tid, ptrace.RAX, uint64(-int64(errno)))
	}
	inj, err := s.beginInjectionAtExit(t)
	if err != nil {
		return err
	}
	if _, err := inj.call(wait4Number(), uint64(child), 0, unix.WALL, 0); err != nil {
		return err
	}
	if err := inj.finish(-int64(errno)); err != nil {
		return err
	}
	return errReplay
}
