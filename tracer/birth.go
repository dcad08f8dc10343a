package tracer

import (
	"cmp"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// announce handles the creator's event: the new task gets its ids before
// either of the two runs.
func (s *supervisor) announce(t *task, status uint32) error {
	msg, err := ptrace.EventMessage(t.tid, int(status>>16))
	if err != nil {
		return err
	}
	tid := int(msg)
	a, err := s.creation(t, status)
	if err != nil {
		return err
	}
	if a.flags&unix.CLONE_THREAD == 0 {
		a.want = cmp.Or(a.want, t.request)
		t.request = 0
	}
	child, early := s.tasks[tid], false
	if child == nil {
		child = &task{tid: tid, state: stateAnnounced}
		s.tasks[tid] = child
		early = s.endedEarly(tid)
	}
	if child.proc != nil {
		// It was taken for lost, and runs under the id that it got then.
		t.call.child = child.virtual
		return s.resumeToExit(t)
	}
	switch err := s.settle(t.tid, t.proc, child, a); {
	case errors.Is(err, pidspace.ErrExhausted):
		s.once(1, "exhausted", "fork fails with EAGAIN: all ids up to pid_max are in use")
		return s.abortBirth(t, child, early, a, unix.EAGAIN)
	case errors.Is(err, pidspace.ErrInUse) && a.want != 0:
		return s.abortBirth(t, child, early, a, unix.EEXIST)
	case err != nil:
		s.fail(fmt.Errorf("no id for a new process: %w", err))
		return nil
	}
	// Now, because the creator may choose the new task's processors next.
	s.placement.born(tid, t.tid)
	if s.quiet && a.flags&unix.CLONE_PARENT != 0 && child.renumbered() && child.proc.parent != nil {
		s.escalateLater(child.proc.parent, abi.LazyRenumbered)
	}
	if a.flags&unix.CLONE_PARENT_SETTID != 0 && child.renumbered() {
		// In the creator's memory, and in the thread's, which shares it.
		// If it is gone the new task needs what follows all the same.
		_ = writeWord(t, a.parentTID, uint32(child.virtual))
	}
	if early {
		s.buryEarly(child)
	}
	if child.state == stateHeld {
		s.setState(child, stateRunning)
		if err := s.adopt(child, child.birth); err != nil && !errors.Is(err, ptrace.ErrGone) {
			return err
		}
	}
	if t.call.row == nil && !child.renumbered() {
		t.call = call{}
		return s.resume(t)
	}
	t.call.child = child.virtual
	return s.resumeToExit(t)
}

// buryEarly buries a task that has its ids only now.
func (s *supervisor) buryEarly(t *task) {
	s.setState(t, stateEnded)
	delete(s.tasks, t.tid)
	delete(t.proc.tasks, t.tid)
	s.placement.gone(t.tid)
	s.space.Exit(pidspace.RTID(t.tid))
	if t.leader() {
		s.rememberTask(t)
		s.processEnded(t.proc)
	}
}

// creation finds out how the task that is stopped at a creation event asked
// for the new one.
func (s *supervisor) creation(t *task, status uint32) (cloneArgs, error) {
	var r ptrace.Regs
	if err := ptrace.GetRegs(t.tid, &r); err != nil {
		return cloneArgs{}, err
	}
	if b := &t.call.births; b.number != 0 && b.number == r.Orig_rax {
		return *b, nil // as they were at the entry
	}
	// The numbers of the two interfaces do not overlap here.
	if arch, ok := cloneArch(r.Orig_rax); ok {
		args := [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9}
		if arch == abi.I386 {
			args = [6]uint64{r.Rbx, r.Rcx, r.Rdx, r.Rsi, r.Rdi, r.Rbp}
		}
		return legacyClone(arch, args), nil
	}
	if status>>16 == unix.PTRACE_EVENT_VFORK {
		return cloneArgs{flags: unix.CLONE_VFORK | unix.CLONE_VM}, nil
	}
	return cloneArgs{}, nil
}

var (
	cloneNumbers = lazily("clone", "clone")
	forkNumbers  = lazily("fork", "fork")
	vforkNumbers = lazily("vfork", "vfork")
)

// cloneArch is the interface whose clone has the number.
func cloneArch(nr uint64) (abi.Arch, bool) {
	switch nr {
	case cloneNumbers()[abi.X86_64]:
		return abi.X86_64, true
	case cloneNumbers()[abi.I386]:
		return abi.I386, true
	}
	return 0, false
}

// legacyClone reads the arguments of clone(2), whose order depends on the
// interface. With CLONE_PIDFD the parent word is a file descriptor.
func legacyClone(arch abi.Arch, args [6]uint64) cloneArgs {
	const signal = 0xff // CSIGNAL
	a := cloneArgs{flags: uint64(uint32(args[0])), exitSignal: int(args[0] & signal), parentTID: args[2], childTID: args[3]}
	if arch == abi.I386 {
		a.childTID = args[4]
	}
	if a.flags&unix.CLONE_PIDFD != 0 {
		a.flags &^= unix.CLONE_PARENT_SETTID
		a.pidfd = args[2]
	}
	return a
}

// settle gives a new task its place among processes and its virtual id.
func (s *supervisor) settle(creator int, proc *process, child *task, a cloneArgs) error {
	child.creator = creator
	s.inheritCreds(child, creator)
	child.opts = ptrace.Options
	if s.optsOf(creator) != 0 {
		child.opts = s.optsOf(creator)
	}
	if a.flags&unix.CLONE_THREAD != 0 {
		v, err := s.space.Thread(pidspace.RTID(creator), pidspace.RTID(child.tid), pidspace.VTID(a.want))
		if err != nil {
			return err
		}
		child.virtual, child.proc = int32(v), proc
	} else {
		v, err := s.space.Fork(pidspace.RTID(creator), pidspace.RTGID(child.tid), pidspace.VTGID(a.want))
		if err != nil {
			return err
		}
		mem := proc.mem
		if a.flags&unix.CLONE_VM == 0 {
			mem = mem.fork()
		}
		s.found(child, int32(v), mem, proc.lazy)
		child.proc.filters = proc.filters
		child.proc.netlink = proc.netlink
		child.proc.parent = proc
		if a.flags&unix.CLONE_PARENT != 0 {
			child.proc.parent = proc.parent
			a.exitSignal = s.exitSignals[proc.pid]
		}
		s.noteExitSignal(child.tid, a.exitSignal)
	}
	child.proc.tasks[child.tid] = child
	if a.flags&unix.CLONE_CHILD_SETTID != 0 {
		child.tidWord = a.childTID
	}
	if a.stripped {
		if c := s.tasks[creator]; c != nil {
			child.repair = register{argRegs[c.call.arch][0], c.call.args[0], true}
		}
	}
	s.counts.born(len(s.tasks))
	return nil
}

func (s *supervisor) optsOf(tid int) int {
	if t := s.tasks[tid]; t != nil {
		return t.opts
	}
	return 0
}

// adopt finishes the birth of a task that is stopped for the first time and
// has its ids.
func (s *supervisor) adopt(t *task, status uint32) error {
	if s.dying.Load() {
		_ = unix.Kill(t.tid, unix.SIGKILL)
		return nil
	}
	kind := "thread"
	if t.leader() {
		kind = "fork"
	}
	s.event(Event{Kind: kind}, t)
	s.log(2, "%s: %d is real %d", kind, t.virtual, t.tid)
	if t.tidWord != 0 && t.renumbered() {
		_ = writeWord(t, t.tidWord, uint32(t.virtual))
	}
	if t.repair.set {
		if err := ptrace.Poke(t.tid, t.repair.reg, t.repair.value); err != nil {
			return err
		}
		t.repair = register{}
	}
	if err := s.setOptions(t); err != nil {
		return err
	}
	if classify(status) == eventGroupStop {
		s.setState(t, stateStopped)
		return s.groupStop(t, int(status>>8&0xff))
	}
	return s.resume(t)
}

// setOptions asks for the exit stop exactly where it is needed: the kernel
// compares robust futex words with the real id.
func (s *supervisor) setOptions(t *task) error {
	want := ptrace.Options
	if t.renumbered() {
		want |= ptrace.OptExit
	}
	if want == t.opts {
		return nil
	}
	if err := ptrace.SetOptions(t.tid, want); err != nil {
		return err
	}
	t.opts = want
	return nil
}

// found makes a task the leader of a new process.
func (s *supervisor) found(t *task, virtual int32, mem *memory, lazy lazies) {
	t.virtual = virtual
	t.proc = &process{pid: t.tid, tasks: map[int]*task{t.tid: t}, mem: mem, lazy: lazy}
}

func archOf(audit uint32) abi.Arch {
	if audit == ptrace.AuditI386 {
		return abi.I386
	}
	return abi.X86_64
}
