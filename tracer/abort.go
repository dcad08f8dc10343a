package tracer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

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
	t.call.undone, t.call.hasFile = pidfdOf(t, child.tid, a.pidfd)
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

// pidfdOf finds the descriptor of a new task that the kernel has given its
// creator; where it has put the number.
func pidfdOf(t *task, child int, at uint64) (fd int32, ok bool) {
	if at == 0 {
		return 0, false
	}
	word, err := readWord(t, at)
	if err != nil {
		return 0, false
	}
	fd = int32(word)
	return fd, fieldOf(fmt.Sprintf("/proc/%d/fdinfo/%d", t.tid, fd), "Pid") == strconv.Itoa(child)
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
	errno, child, fd, file := t.call.failure, t.call.collect, t.call.undone, t.call.hasFile
	if child == 0 && !file {
		return ptrace.Poke(t.tid, ptrace.RAX, uint64(-int64(errno)))
	}
	inj, err := s.beginInjectionAtExit(t)
	if err != nil {
		return err
	}
	if file {
		if _, err := inj.call(injected().close, uint64(fd)); err != nil {
			return err
		}
	}
	if child != 0 {
		if _, err := inj.call(wait4Number(), uint64(child), 0, unix.WALL, 0); err != nil {
			return err
		}
	}
	if err := inj.finish(-int64(errno)); err != nil {
		return err
	}
	return errReplay
}
