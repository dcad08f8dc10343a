package tracer

import (
	"encoding/binary"

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

// rewriteRobust replaces the owner in the words of the task's robust list.
// Errors end the walk, as they do in the kernel's.
func (s *supervisor) rewriteRobust(t *task, from, to uint32) {
	head, err := ptrace.RobustList(t.tid)
	if err != nil || head == 0 {
		return
	}
	// struct robust_list_head: next, futex_offset, list_op_pending.
	var h [24]byte
	if ptrace.Read(t.tid, head, h[:]) != nil {
		return
	}
	entry := binary.LittleEndian.Uint64(h[0:])
	offset := binary.LittleEndian.Uint64(h[8:])
	pending := binary.LittleEndian.Uint64(h[16:]) &^ 1
	fix := func(entry uint64) {
		addr := entry + offset
		w, err := readWord(t, addr)
		if err == nil && w&futexTIDMask == from {
			_ = writeWord(t, addr, w&^futexTIDMask|to)
		}
	}
	for n := 0; entry&^1 != head && n < robustLimit; n++ {
		entry &^= 1 // the low bit marks a PI futex
		var b [8]byte
		if ptrace.Read(t.tid, entry, b[:]) != nil {
			break
		}
		if entry != pending {
			fix(entry)
		}
		entry = binary.LittleEndian.Uint64(b[:])
	}
	if pending != 0 {
		fix(pending)
	}
}

// depart looks at a task that is about to end, while its memory is there.
func (s *supervisor) depart(t *task) error {
	if t.proc != nil && t.renumbered() {
		s.robustToReal(t)
	}
	return ptrace.Resume(ptrace.Cont, t.tid, 0)
}
