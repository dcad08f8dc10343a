package tracer

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A verdict is what a handler decides at the entry of a call.
type verdict struct {
	// answered says that the call is not to run; result is what it returns.
	answered bool
	result   int64
	// taken says that the handler has resumed the task itself.
	taken bool
	// pathsDone says that the handler has seen to the call's paths.
	pathsDone bool
}

var (
	// proceed goes on with what the table says.
	proceed = verdict{}
	// taken leaves the task alone.
	taken = verdict{taken: true}
)

func answer(result int64) verdict { return verdict{answered: true, result: result} }

func refuse(errno unix.Errno) verdict { return answer(-int64(errno)) }

// A handler is the code of a row that data cannot express.
type handler struct {
	// enter runs at the entry stop, before the row's uses.
	enter func(*supervisor, *task) (verdict, error)
	// exit runs at the exit stop, after the row's uses; result is the
	// kernel's, untranslated.
	exit func(s *supervisor, t *task, result int64) error
}

// enter handles a stop that the filter asked for.
func (s *supervisor) enter(t *task) error {
	if t.proc.filters != filtersNone {
		switch foreign, err := foreignStop(t); {
		case err != nil:
			return err
		case foreign:
			return s.untraced(t)
		}
	}
	if t.call.entered {
		return s.resumeToExit(t)
	}
	var ci ptrace.CallInfo
	if err := ptrace.GetCallInfo(t.tid, &ci); err != nil {
		return err
	}
	return s.entry(t, &ci, false)
}

// syscallStop handles an exit stop, or with the stepping engine also an entry.
func (s *supervisor) syscallStop(t *task) error {
	var ci ptrace.CallInfo
	if err := ptrace.GetCallInfo(t.tid, &ci); err != nil {
		return err
	}
	if ci.Op == ptrace.OpEntry {
		return s.entry(t, &ci, true)
	}
	t.call.arch = archOf(ci.Arch) // of a creation that was not seen to begin
	return s.leave(t, ci.Result())
}

// entry handles the entry of a call. With every set, the stop came without a
// filter, so that the table has to say whether the call matters.
func (s *supervisor) entry(t *task, ci *ptrace.CallInfo, every bool) error {
	c := &t.call
	c.slot.release()
	*c = call{arch: archOf(ci.Arch), nr: ci.NR, regs: ci.Args, args: ci.Args, sent: ci.Args, entered: every}
	if len(t.proc.wanted) != 0 {
		if done, err := s.escalateNow(t); done || err != nil {
			return err
		}
	}
	c.attempts = t.request != 0 && createsProcess(c.arch, ci.NR, c.args)
	if c.attempts && s.space.Taken(t.request) {
		// Now, because a child that has to be undone is noticed by others
		// than its creator: there is a signal, and any thread may collect it.
		return s.answer(t, -int64(unix.EEXIST))
	}
	s.counts.call(c.arch, int(int32(ci.NR)))
	if every {
		// Without a filter the table decides here.
		lazy := func(l abi.Lazy) bool { return t.proc.lazy[l] }
		switch abi.Decide(c.arch, uint32(ci.NR), c.args, s.mode, lazy) {
		case abi.Allow:
			return s.resume(t)
		case abi.NoSys:
			return s.answer(t, -int64(unix.ENOSYS))
		}
	}
	row := abi.Lookup(c.arch, int(int32(ci.NR)))
	if row == nil {
		return s.resume(t)
	}
	c.row = row
	if s.cmd.Strict && row.Leaks(c.args) {
		s.fail(&StrictError{Call: row.Name, Note: row.Note})
		return nil
	}
	// A filter of the program's own might not like what fetches pages.
	t.careful = s.serves && t.proc.filters == filtersNone
	v, err := s.prepare(t)
	t.careful = false
	if t.absent != (pageRange{}) {
		if !v.taken && s.injecting == nil && !errors.Is(err, errReplay) && !errors.Is(err, ptrace.ErrGone) {
			return s.fetch(t)
		}
		t.absent = pageRange{}
	}
	t.fetched = nil
	switch {
	case errors.Is(err, errReplay) || v.taken && err == nil:
		return nil
	case errors.Is(err, ptrace.ErrGone):
		return err
	case err != nil && s.injecting != nil:
		return s.injecting.abandon()
	case err != nil:
		// Memory of the program that cannot be read: the kernel will
		// say EFAULT itself, or do what it does with such a call.
		s.log(2, "%s of %d runs untranslated: %v", row.Name, t.virtual, err)
	}
	if v.answered {
		return s.answer(t, v.result)
	}
	if s.tracing() {
		c.exit = true
	}
	if c.exit || c.changed != 0 || c.slot.mem != nil {
		return s.resumeToExit(t)
	}
	c.row = nil
	return s.resume(t)
}

// prepare runs the handler and translates what the table's uses and paths say.
func (s *supervisor) prepare(t *task) (verdict, error) {
	c := &t.call
	h := handlers[c.row.HandlerFor(c.args, s.mode)]
	pathsDone := false
	if h.enter != nil {
		v, err := h.enter(s, t)
		if err != nil || v.answered || v.taken {
			return v, err
		}
		pathsDone = v.pathsDone
	}
	if h.exit != nil {
		c.exit = true
	}
	for i := range c.row.Uses {
		u := &c.row.Uses[i]
		if !u.Applies(c.args) {
			continue
		}
		if err := s.useIn(t, u); err != nil {
			return proceed, err
		}
	}
	if len(c.row.Paths) != 0 && !pathsDone {
		return s.paths(t)
	}
	return proceed, nil
}

// useIn translates one id on its way into the kernel.
func (s *supervisor) useIn(t *task, u *abi.Use) error {
	c := &t.call
	switch u.Loc {
	case abi.InReg:
		v := int32(c.sent[u.Arg])
		r := s.withinGroup(t, s.toReal(u.Kind, v))
		if u.ZeroIsCaller && t.proc.filters != filtersNone && isCaller(t, r) {
			r = 0 // the program's filters may know its virtual id only
		}
		if r != v {
			return s.setArg(t, u.Arg, uint64(int64(r)))
		}
	case abi.InMem:
		if c.args[u.Arg] != 0 {
			return s.copyIn(t, u)
		}
	default:
		c.exit = c.exit || !u.Own || t.renumbered()
	}
	return nil
}

// setArg changes what the kernel gets as an argument. The program's value
// comes back at the exit stop: compilers rely on a call to keep it, and a
// restarted call runs with what the register holds.
func (s *supervisor) setArg(t *task, i int, v uint64) error {
	c := &t.call
	c.changed |= 1 << i
	c.sent[i] = v
	return ptrace.Poke(t.tid, argRegs[c.arch][i], v)
}

// copyIn passes the kernel a translated copy of a structure.
func (s *supervisor) copyIn(t *task, u *abi.Use) error {
	c := &t.call
	size, off := u.Size[c.arch], u.Off[c.arch]
	b := make([]byte, size)
	if err := t.read(c.args[u.Arg], b); err != nil {
		return err
	}
	given := binary.LittleEndian.Uint32(b[off:])
	put := uint32(s.toReal(u.Kind, int32(given)))
	if put == given || c.ncopies == len(c.copies) {
		return nil
	}
	binary.LittleEndian.PutUint32(b[off:], put)
	if err := s.replaceStruct(t, u.Arg, b); err != nil {
		return err
	}
	// The kernel may write there as well (capget(2), the version).
	c.copies[c.ncopies] = structCopy{arg: u.Arg, from: c.args[u.Arg], to: c.sent[u.Arg], size: size, off: off, given: given, put: put}
	c.ncopies++
	return nil
}

// replaceStruct points argument arg at scratch memory that holds b.
func (s *supervisor) replaceStruct(t *task, arg int, b []byte) error {
	at, err := s.scratch(t)
	if err != nil {
		return err
	}
	if err := s.fillScratch(t, at, b); err != nil {
		return err
	}
	return s.setArg(t, arg, at)
}

// answer gives the call's result without running it.
func (s *supervisor) answer(t *task, result int64) error {
	if s.tracing() && t.call.row != nil {
		s.traceCall(t, result, false)
	}
	if t.call.attempts {
		t.request = 0
	}
	row := t.call.row
	if err := restoreArgs(t); err != nil {
		return err
	}
	t.call.slot.release()
	early := t.call.entered || t.proc.filters == filtersListener
	t.call = call{}
	if early {
		// Filters come after this stop and may give a result of their own.
		t.call = call{entered: true, answered: true, result: result}
	}
	if early && t.proc.filters != filtersNone && row != nil && row.Class == abi.Answer {
		// The program's filters know the call, but might not like one
		// without a number.
		return s.resumeToExit(t)
	}
	if err := ptrace.Poke(t.tid, ptrace.OrigRAX, ^uint64(0)); err != nil {
		return err
	}
	if err := ptrace.Poke(t.tid, ptrace.RAX, uint64(result)); err != nil {
		return err
	}
	if early {
		return s.resumeToExit(t)
	}
	return s.resume(t)
}
