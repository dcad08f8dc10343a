package tracer

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
	"github.com/pidsim/pidsim/tracer/internal/stage"
)

// escalate appends filters to all threads of the task's process. The task is
// at an exit stop whose registers are final.
func (s *supervisor) escalate(t *task, groups ...abi.Lazy) error {
	progs, err := s.filters(t, groups)
	if err != nil || len(progs) == 0 {
		return err
	}
	if t.proc.filters != filtersNone {
		// Its own filters might kill it for a seccomp call. Let every call
		// stop instead; the table decides then.
		t.proc.filters = filtersListener
		return nil
	}
	inj, err := s.beginInjectionAtExit(t)
	if err != nil {
		return err
	}
	inj.escalate(progs)
	if err := inj.finish(int64(inj.saved.Rax)); err != nil {
		return err
	}
	return errReplay
}

// escalateLater does so for another process, at the next entry of a call of one
// of its threads, whichever comes by one first: the leader may have ended. They
// are interrupted to come by. A call that a thread waits in is entered again.
func (s *supervisor) escalateLater(p *process, lazy abi.Lazy) {
	switch {
	case p.lazy[lazy] || slices.Contains(p.wanted, lazy):
	case s.engine.run() == ptrace.Syscall:
		p.lazy[lazy] = true
	default:
		p.wanted = append(p.wanted, lazy)
		for _, t := range p.tasks {
			nudge(t)
		}
	}
}

// escalateNow is what escalateLater has promised, at the entry of a call. The
// call is entered again, with the new filter, and so are those that other
// threads wait in: they may have entered them before the filter was there. It
// reports false when there is nothing to do but to handle the call.
func (s *supervisor) escalateNow(t *task) (done bool, err error) {
	groups := t.proc.wanted
	t.proc.wanted = nil
	progs, err := s.filters(t, groups)
	if err != nil || len(progs) == 0 {
		return false, err
	}
	if t.proc.filters != filtersNone {
		t.proc.filters = filtersListener // as in escalate
		return false, nil
	}
	inj, err := s.beginInjection(t)
	if err != nil {
		return false, err
	}
	inj.escalate(progs)
	for _, other := range t.proc.tasks {
		if other != t {
			nudge(other)
		}
	}
	return true, inj.replay()
}

// nudge has a task leave the call that it waits in and enter it again.
func nudge(t *task) {
	t.nudged = true
	_ = ptrace.Interrupt(t.tid)
}

// nudgeAgain interrupts a nudged task once more that has stopped for something
// else: the kernel forgets the interruption at any stop (kernel/signal.c,
// ptrace_stop), but the call fails with EINTR all the same, which calm hides.
func nudgeAgain(t *task, e event) {
	if e != eventStop && e != eventGroupStop && e != eventEnd {
		nudge(t)
	}
}

// calm hides that a task was nudged. Some calls fail with EINTR then, which a
// program need not expect without a signal: they are entered again like all
// others, unless a handler is about to run.
func calm(t *task) error {
	t.nudged = false
	var r ptrace.Regs
	if err := ptrace.GetRegs(t.tid, &r); err != nil {
		return err
	}
	if int64(r.Orig_rax) < 0 || int32(r.Rax) != eintr {
		return nil
	}
	restart := int64(restartNoHand)
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(restart))
}

// filters gives the filters of the groups that the task's process has not got
// yet, and takes them for installed.
func (s *supervisor) filters(t *task, groups []abi.Lazy) (progs []lazyFilter, err error) {
	for _, lazy := range groups {
		if t.proc.lazy[lazy] {
			continue
		}
		t.proc.lazy[lazy] = true
		prog, err := s.engine.escalate(lazy)
		if err != nil {
			return nil, err
		}
		if prog != nil {
			progs = append(progs, lazyFilter{lazy, prog})
		}
	}
	return progs, nil
}

// A lazyFilter is the filter of a group.
type lazyFilter struct {
	lazy abi.Lazy
	prog []rawInstruction
}

// escalate installs filters. That fails when a program has given up the rights
// of root: without them the kernel takes filters only from one that gives up
// those of setuid programs as well. Then every call stops, which takes time, but
// not for the sake of a text that may be old.
func (inj *injection) escalate(filters []lazyFilter) {
	for _, f := range filters {
		err := inj.install(f.prog)
		switch {
		case err == nil:
		case f.lazy == abi.LazyReread:
			inj.s.once(1, "reread", "%d may see old text when it reads a /proc file again: %v", inj.t.virtual, err)
		default:
			inj.s.once(1, "escalate", "every call of %d stops from now on: %v", inj.t.virtual, err)
			inj.t.proc.filters = filtersListener
		}
	}
}

// install puts one more filter on every thread of the process.
func (inj *injection) install(prog []rawInstruction) error {
	size := uint64(16 + 8*len(prog))
	at, err := inj.mmap(size)
	if err != nil {
		return err
	}
	word := 8
	if inj.arch == abi.I386 {
		word = 4
	}
	blob := stage.Sockfprog(prog, word, func(off int) uint64 { return at + uint64(off) })
	if err := ptrace.Write(inj.t.tid, at, blob); err != nil {
		return err
	}
	const flags = unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	r, err := inj.call(injected().seccomp, unix.SECCOMP_SET_MODE_FILTER, flags|unix.SECCOMP_FILTER_FLAG_TSYNC, at)
	if err == nil && r > 0 {
		// A thread has a filter of its own; at least this one gets ours.
		r, err = inj.call(injected().seccomp, unix.SECCOMP_SET_MODE_FILTER, flags, at)
	}
	if err != nil {
		return err
	}
	if _, e := inj.call(injected().munmap, at, size); e != nil {
		return e
	}
	if r != 0 {
		return fmt.Errorf("seccomp: %w", unix.Errno(-r))
	}
	return nil
}
