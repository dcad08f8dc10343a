package tracer

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// timerCreate translates the thread that a timer's signal is for
// (timer_create(2), SIGEV_THREAD_ID).
func timerCreate(s *supervisor, t *task) (verdict, error) {
	const sigev, threadID = 1, 4
	c := &t.call
	if c.args[sigev] == 0 {
		return proceed, nil
	}
	notify, tid, size := 12, 16, 64
	if c.arch == abi.I386 {
		notify, tid = 8, 12
	}
	b := make([]byte, size)
	if err := t.read(c.args[sigev], b); err != nil {
		return proceed, err
	}
	given := le32(b[tid:])
	real := uint32(s.toReal(abi.TID, int32(given)))
	if le32(b[notify:]) != threadID || real == given {
		return proceed, nil
	}
	putLE32(b[tid:], real)
	if err := s.replaceStruct(t, sigev, b); err != nil {
		return taken, err
	}
	return proceed, nil
}

// taskQuery translates the process in union bpf_attr (bpf(2),
// BPF_TASK_FD_QUERY), in which the kernel answers as well.
func taskQuery(s *supervisor, t *task) (verdict, error) {
	const attr, size = 1, 2
	c := &t.call
	b := make([]byte, min(c.args[size], slotSize/2))
	if len(b) < 4 {
		return proceed, nil
	}
	if err := t.read(c.args[attr], b); err != nil {
		return proceed, err
	}
	given := le32(b)
	put := uint32(s.toReal(abi.TID, int32(given)))
	if put == given {
		return s.letGo(t)
	}
	putLE32(b, put)
	if err := s.replaceStruct(t, attr, b); err != nil {
		return taken, err
	}
	c.copies[0] = structCopy{arg: attr, from: c.args[attr], to: c.sent[attr], size: len(b), given: given, put: put}
	c.ncopies = 1
	return proceed, nil
}

// getlkDone translates the holder of a lock. The word is the caller's own when
// there is none (fcntl(2), F_GETLK).
func getlkDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if result != 0 {
		return nil
	}
	at := c.args[2]
	var kind [2]byte
	if err := t.read(at, kind[:]); err != nil {
		return ignoreFault(err)
	}
	if binary.LittleEndian.Uint16(kind[:]) == unix.F_UNLCK {
		return nil
	}
	off := uint64(24)
	if c.arch == abi.I386 {
		off = 12
		if cmd := c.args[1]; cmd == 12 /* F_GETLK64 */ || cmd == 36 /* F_OFD_GETLK */ {
			off = 20
		}
	}
	return ignoreFault(s.translateWord(t, abi.TGID, at+off))
}

// translateWord turns an id that the kernel wrote to memory into a virtual one.
func (s *supervisor) translateWord(t *task, k abi.Kind, at uint64) error {
	w, err := readWord(t, at)
	if err != nil {
		return err
	}
	if v := uint32(s.toVirtual(k, int32(w))); v != w {
		return writeWord(t, at, v)
	}
	return nil
}

// getownDone translates a result whose negative values are process groups. The
// call has no other errno than EBADF (fcntl(2), F_GETOWN).
func getownDone(s *supervisor, t *task, result int64) error {
	if result == -int64(unix.EBADF) && !fdOpen(t, int32(t.call.args[0])) {
		return nil
	}
	if v := int64(s.toVirtual(abi.Owner, int32(result))); v != result {
		return ptrace.Poke(t.tid, ptrace.RAX, uint64(v))
	}
	return nil
}

// ownerKinds are the kinds of f_owner_ex by its type word.
var ownerKinds = [...]abi.Kind{0: abi.TID, 1: abi.TGID, 2: abi.PGID}

const (
	fSetownEx = 15
	fGetownEx = 16
)

func ownExEnter(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	if int32(c.args[1]) != fSetownEx || c.args[2] == 0 {
		c.exit = true
		return proceed, nil
	}
	b := make([]byte, 8)
	if err := t.read(c.args[2], b); err != nil {
		return proceed, err
	}
	given := le32(b[4:])
	kind := le32(b)
	if int(kind) >= len(ownerKinds) {
		return proceed, nil
	}
	real := uint32(s.toReal(ownerKinds[kind], int32(given)))
	if real == given {
		return proceed, nil
	}
	putLE32(b[4:], real)
	if err := s.replaceStruct(t, 2, b); err != nil {
		return taken, err
	}
	return proceed, nil
}

func ownExDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if result != 0 || int32(c.args[1]) != fGetownEx {
		return nil
	}
	kind, err := readWord(t, c.args[2])
	if err != nil || int(kind) >= len(ownerKinds) {
		return ignoreFault(err)
	}
	return ignoreFault(s.translateWord(t, ownerKinds[kind], c.args[2]+4))
}

// dumpable keeps a process's memory readable for an unprivileged supervisor:
// prctl(PR_SET_DUMPABLE, 0) reports success and does nothing.
func dumpable(s *supervisor, t *task) (verdict, error) {
	const prGetDumpable, prSetDumpable = 3, 4
	switch t.call.args[0] {
	case prSetDumpable:
		t.proc.undumpable = t.call.args[1] == 0
		if t.proc.undumpable {
			return answer(0), nil
		}
	case prGetDumpable:
		if t.proc.undumpable {
			return answer(0), nil
		}
	}
	return proceed, nil
}

// pidfdInfoDone translates struct pidfd_info (linux/pidfd.h).
func pidfdInfoDone(s *supervisor, t *task, result int64) error {
	const infoPID = 1
	if result != 0 {
		return nil
	}
	at := t.call.args[2]
	mask, err := readWord(t, at)
	if err != nil || mask&infoPID == 0 {
		return ignoreFault(err)
	}
	for _, f := range []struct {
		off  uint64
		kind abi.Kind
	}{{16, abi.TID}, {20, abi.TGID}, {24, abi.TGID}} {
		if err := s.translateWord(t, f.kind, at+f.off); err != nil {
			return ignoreFault(err)
		}
	}
	return nil
}

// fdOpen tells whether a descriptor of the task is open.
func fdOpen(t *task, fd int32) bool {
	var st unix.Stat_t
	return unix.Lstat(fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd), &st) == nil
}
