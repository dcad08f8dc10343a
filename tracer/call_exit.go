package tracer

import (
	"encoding/binary"
	"errors"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// leave handles the exit of a call.
func (s *supervisor) leave(t *task, result int64) error {
	c := &t.call
	if c.foreign {
		return s.leaveForeign(t)
	}
	if c.answered {
		result = c.result
		if err := ptrace.Poke(t.tid, ptrace.RAX, uint64(result)); err != nil {
			return err
		}
	}
	if c.arch == abi.I386 {
		result = int64(int32(result))
	}
	if c.attempts && failed(result) && result != -restartNoIntr {
		t.request = 0
	}
	if c.became && restarts(result) {
		if err := ptrace.Poke(t.tid, ptrace.OrigRAX, c.nr); err != nil {
			return err
		}
	}
	err := s.translateOut(t, result)
	if errors.Is(err, ptrace.ErrGone) {
		return err
	}
	if err := restoreArgs(t); err != nil {
		return err
	}
	if err := s.exitHandler(t, result); err != nil {
		switch {
		case errors.Is(err, errReplay):
			return nil
		case errors.Is(err, ptrace.ErrGone):
			return err
		case s.injecting != nil:
			return s.injecting.abandon()
		}
		s.log(2, "%s of %d: %v", c.row.Name, t.virtual, err)
	}
	c.slot.release()
	*c = call{}
	return s.resume(t)
}

// leaveForeign handles the exit of a call that a listener has answered.
func (s *supervisor) leaveForeign(t *task) error {
	if err := restoreArgs(t); err != nil {
		return err
	}
	if o := t.call.opening; o != nil {
		s.drop(o)
	}
	t.call.slot.release()
	t.call = call{}
	return s.resume(t)
}

// restoreArgs puts the argument registers back that were changed.
func restoreArgs(t *task) error {
	c := &t.call
	for i := range c.regs {
		if c.changed&(1<<i) == 0 {
			continue
		}
		if err := ptrace.Poke(t.tid, argRegs[c.arch][i], c.regs[i]); err != nil {
			return err
		}
	}
	return nil
}

// exitHandler runs what data cannot say about the exit of the call. It returns
// errReplay when the task runs already.
func (s *supervisor) exitHandler(t *task, result int64) error {
	c := &t.call
	if c.failure != 0 {
		return s.failCreation(t)
	}
	if c.child != 0 && s.quiet && !t.proc.lazy[abi.LazyRenumbered] {
		// A child whose number the kernel would get wrong.
		return s.escalate(t, abi.LazyRenumbered)
	}
	if c.row == nil {
		return nil
	}
	if h := handlers[c.row.HandlerFor(c.args, s.mode)]; h.exit != nil {
		return h.exit(s, t, result)
	}
	return nil
}

// translateOut turns what the kernel gave back into virtual ids.
func (s *supervisor) translateOut(t *task, result int64) error {
	c := &t.call
	shown := result
	if c.child != 0 && result > 0 {
		shown = int64(c.child)
	}
	if c.row != nil {
		for i := range c.row.Uses {
			u := &c.row.Uses[i]
			if failed(result) || !u.Applies(c.args) {
				continue
			}
			switch u.Loc {
			case abi.Result:
				shown = int64(s.toVirtual(u.Kind, int32(result)))
			case abi.OutMem:
				if err := s.useOut(t, u); errors.Is(err, ptrace.ErrGone) {
					return err
				}
			}
		}
	}
	for i := range c.ncopies {
		if err := s.copyBack(t, &c.copies[i]); errors.Is(err, ptrace.ErrGone) {
			return err
		}
	}
	if s.tracing() && c.row != nil {
		s.traceCall(t, shown, true)
	}
	if shown != result {
		return ptrace.Poke(t.tid, ptrace.RAX, uint64(shown))
	}
	return nil
}

// useOut translates an id that the kernel wrote to the program's memory.
func (s *supervisor) useOut(t *task, u *abi.Use) error {
	c := &t.call
	if c.args[u.Arg] == 0 {
		return nil
	}
	at := c.args[u.Arg] + uint64(u.Off[c.arch])
	w, err := readWord(t, at)
	if err != nil {
		return err
	}
	if v := uint32(s.toVirtual(u.Kind, int32(w))); v != w {
		return writeWord(t, at, v)
	}
	return nil
}

// copyBack brings what the kernel wrote into a copied structure to the
// program's own.
func (s *supervisor) copyBack(t *task, k *structCopy) error {
	var now, was [128]byte
	n := min(k.size, len(now))
	if err := t.read(k.to, now[:n]); err != nil {
		return err
	}
	if err := t.read(k.from, was[:n]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(now[k.off:]) == k.put {
		binary.LittleEndian.PutUint32(now[k.off:], k.given)
	}
	if now == was {
		return nil
	}
	return t.write(k.from, now[:n])
}

// restartNoIntr is ERESTARTNOINTR: the call is entered again in any case.
const restartNoIntr = 513

// restarts tells whether a call will be entered again, unless a handler runs
// first (include/linux/errno.h, ERESTARTSYS and so on).
func restarts(result int64) bool { return result <= -512 && result >= -516 }

// failed tells whether a result register holds an errno.
func failed(result int64) bool { return result < 0 && result > -4096 }
