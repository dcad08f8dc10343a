package procfs

import (
	"bytes"
	"iter"
	"strconv"

	"github.com/pidsim/pidsim/tracer/internal/cred"
)

// IDs presents real ids as the reader of a file sees them. An id that is not
// known (false) is printed as 0, as the kernel does for a task outside of the
// reader's pid namespace. Numbers that are no ids, 0 and -1, are never looked
// up.
type IDs interface {
	VirtualTID(real int32) (int32, bool)
	VirtualTGID(real int32) (int32, bool)
	VirtualPGID(real int32) (int32, bool)
	VirtualSID(real int32) (int32, bool)

	// RunState is the letter of proc(5) for the state that the task would
	// be in without the supervisor. It is asked only when the kernel shows
	// a tracing stop, 't'.
	RunState(realTID int32) byte
	// HideFilters tells how many of the task's seccomp filters are the
	// supervisor's, and whether no_new_privs was set only by it.
	HideFilters(realTID int32) (filters int, noNewPrivs bool)
	// Credentials are those that the task is told it has; nil if those that
	// the kernel shows are.
	Credentials(realTID int32) *cred.Cred
	// CallArgs gives the arguments of the system call that a task is in as
	// the program passed them; false when the kernel shows the same.
	CallArgs(realTID int32) (args [6]uint64, ok bool)
	// NetlinkPort is the port of a netlink socket, which may be virtual.
	NetlinkPort(port int32) int32
	// LastID is the id that was given last, and real what the kernel says
	// about that; IDMax is one more than the largest.
	LastID(real int32) int32
	IDMax() int32
}

// present gives the number to print for an id.
func present(real int32, virtual func(int32) (int32, bool)) int32 {
	if real < 0 {
		return real
	}
	v, ok := virtual(real)
	if !ok {
		return 0
	}
	return v
}

// parseID reads a whole field as a decimal number, with or without a sign.
func parseID(field []byte) (int32, bool) {
	if len(field) == 0 || len(field) > len("-2147483648") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(field), 10, 32)
	return int32(n), err == nil
}

// edit collects replacements in a text, made from its front to its back. It
// copies nothing before the first one that differs.
type edit struct {
	text []byte
	out  []byte
	done int // text[:done] is in out
}

// replace puts s in the place of text[from:to].
func (e *edit) replace(from, to int, s string) {
	if string(e.text[from:to]) == s {
		return
	}
	if e.out == nil {
		e.out = make([]byte, 0, len(e.text)+16)
	}
	e.out = append(e.out, e.text[e.done:from]...)
	e.out = append(e.out, s...)
	e.done = to
}

// id replaces the number at text[from:to] by what present gives for it.
func (e *edit) id(from, to int, virtual func(int32) (int32, bool)) {
	real, ok := parseID(e.text[from:to])
	if !ok {
		return
	}
	if v := present(real, virtual); v != real {
		e.replace(from, to, strconv.Itoa(int(v)))
	}
}

// result is the edited text, and whether it is another one.
func (e *edit) result() ([]byte, bool) {
	if e.out == nil {
		return e.text, false
	}
	return append(e.out, e.text[e.done:]...), true
}

// lines gives the bounds of the lines of a text, with their newlines.
func lines(text []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := 0; from < len(text); {
			to := len(text)
			if n := bytes.IndexByte(text[from:], '\n'); n >= 0 {
				to = from + n + 1
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}
