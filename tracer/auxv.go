package tracer

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// Entries of the auxiliary vector (linux/auxvec.h).
const (
	atNull   = 0
	atUID    = 11
	atEUID   = 12
	atGID    = 13
	atEGID   = 14
	atSecure = 23
)

// maxStack bounds the walk over arguments and environment: execve(2) allows
// less than this many pointers.
const maxStack = 1 << 20

// eachAux calls f for the entries of the auxiliary vector of a task that is
// stopped right after an exec, with the address of each value. Before it on the
// stack are the number of arguments, these, a null pointer, the environment,
// and another one.
func eachAux(tid int, f func(kind, at uint64) error) error {
	var r ptrace.Regs
	if err := ptrace.GetRegs(tid, &r); err != nil {
		return err
	}
	const code32 = 0x23 // __USER32_CS
	size := uint64(8)
	if r.Cs == code32 {
		size = 4
	}
	w := words{tid: tid, at: r.Rsp, size: size}
	arguments, err := w.next()
	if err != nil || arguments > maxStack {
		return errors.Join(err, unix.E2BIG)
	}
	if err := w.skip(int(arguments) + 1); err != nil {
		return err
	}
	for n := 0; ; n++ {
		v, err := w.next()
		if err != nil || n == maxStack {
			return errors.Join(err, unix.E2BIG)
		}
		if v == 0 {
			break
		}
	}
	for range maxStack {
		kind, err := w.next()
		if err != nil || kind == atNull {
			return err
		}
		at := w.at
		if _, err := w.next(); err != nil {
			return err
		}
		if err := f(kind, at); err != nil {
			return err
		}
	}
	return unix.E2BIG
}

// words reads one word after the other.
type words struct {
	tid  int
	at   uint64
	size uint64
	have []byte
}

// skip passes over n words.
func (w *words) skip(n int) error {
	for range n {
		if _, err := w.next(); err != nil {
			return err
		}
	}
	return nil
}

func (w *words) next() (uint64, error) {
	if len(w.have) == 0 {
		const page = 4096
		w.have = make([]byte, page-w.at%page)
		if err := ptrace.Read(w.tid, w.at, w.have); err != nil {
			return 0, err
		}
	}
	if uint64(len(w.have)) < w.size {
		return 0, unix.EFAULT
	}
	b := w.have[:w.size]
	w.have, w.at = w.have[w.size:], w.at+w.size
	if w.size == 4 {
		return uint64(le32(b)), nil
	}
	return le64(b), nil
}
