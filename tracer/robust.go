package tracer

import (
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

const (
	// futexTIDMask is FUTEX_TID_MASK: the owner in a futex word.
	futexTIDMask = 0x3fffffff
	// robustLimit is the kernel's ROBUST_LIST_LIMIT.
	robustLimit = 2048
)

// robustToReal writes the task's real id over its virtual one in every robust
// futex that it holds, so that the kernel marks them OWNER_DIED when it ends
// (set_robust_list(2), Documentation/locking/robust-futexes.rst).
func (s *supervisor) robustToReal(t *task) { s.rewriteRobust(t, uint32(t.virtual), uint32(t.tid)) }

// robustToVirtual is the way back, after an exec that failed.
func (s *supervisor) robustToVirtual(t *task) { s.rewriteRobust(t, uint32(t.tid), uint32(t.virtual)) }

// rewriteRobust replaces the owner in the words of the task's robust lists, of
// which each interface has one.
func (s *supervisor) rewriteRobust(t *task, from, to uint32) {
	if head, err := ptrace.RobustList(t.tid); err == nil && head != 0 {
		rewriteList(t, head, 8, from, to)
	}
	if t.robust32 != 0 {
		rewriteList(t, t.robust32, 4, from, to)
	}
}

// rewriteList walks one list, whose pointers have word bytes. Errors end the
// walk, as they do in the kernel's.
func rewriteList(t *task, head uint64, word int, from, to uint32) {
	pointer := func(b []byte) uint64 {
		if word == 4 {
			return uint64(le32(b))
		}
		return le64(b)
	}
	// struct robust_list_head: next, futex_offset, list_op_pending.
	h := make([]byte, 3*word)
	if t.read(head, h) != nil {
		return
	}
	entry, pending := pointer(h), pointer(h[2*word:])&^1
	offset := int64(pointer(h[word:]))
	if word == 4 {
		offset = int64(int32(offset))
	}
	fix := func(entry uint64) {
		addr := entry + uint64(offset)
		w, err := readWord(t, addr)
		if err == nil && w&futexTIDMask == from {
			_ = writeWord(t, addr, w&^futexTIDMask|to)
		}
	}
	next := make([]byte, word)
	for n := 0; entry&^1 != head && n < robustLimit; n++ {
		entry &^= 1 // the low bit marks a PI futex
		if t.read(entry, next) != nil {
			break
		}
		if entry != pending {
			fix(entry)
		}
		entry = pointer(next)
	}
	if pending != 0 {
		fix(pending)
	}
}

// robustListDone notes the list of an i386 task.
func robustListDone(_ *supervisor, t *task, result int64) error {
	if result == 0 {
		t.robust32 = t.call.args[0]
	}
	return nil
}

// depart looks at a task that is about to end, while its memory is there.
func (s *supervisor) depart(t *task) error {
	if t.proc != nil && t.renumbered() {
		s.robustToReal(t)
	}
	s.dumped(t)
	return ptrace.Resume(ptrace.Cont, t.tid, 0)
}
