package script

import (
	"encoding/binary"
	"fmt"
)

// Where the parts of the program are. They are far enough from each other for
// every table and for as many arguments as execve(2) takes.
const (
	codeBase = 0x400000
	stepBase = 0x1000000
	dataBase = 0x10000000
)

// A Script is a program of system calls.
type Script struct {
	steps []*Step
	data  []byte
}

// A Step is one system call and what follows it.
type Step struct {
	at   uint64 // its own address
	nr   uint64
	args [6]uint64
	keep uint64 // where the result goes; 0: nowhere
	next *Step
	fail *Step // after a negative result; nil: next
	when [2]branch
}

// branch is a step that follows one result.
type branch struct {
	result int64
	step   *Step
}

// Layout of a step in memory. The code knows it.
const (
	offArgs  = 8
	stepSize = 14 * 8
)

// Call makes a step of system call nr, as yet without a successor.
func (s *Script) Call(nr uintptr, args ...uint64) *Step {
	st := &Step{at: stepBase + uint64(len(s.steps))*stepSize, nr: uint64(nr)}
	if copy(st.args[:], args) < len(args) {
		panic("script: a system call has six arguments")
	}
	s.steps = append(s.steps, st)
	return st
}

// Chain makes each step the successor of the one before it, and returns the
// first.
func Chain(steps ...*Step) *Step {
	for i, st := range steps[:len(steps)-1] {
		st.Next(steps[i+1])
	}
	return steps[0]
}

// Next sets what follows if nothing else applies.
func (st *Step) Next(n *Step) *Step {
	st.next = n
	return st
}

// Fail sets what follows a negative result, an errno.
func (st *Step) Fail(n *Step) *Step {
	st.fail = n
	return st
}

// When sets what follows one result; it goes before Fail. A step has room for
// two.
func (st *Step) When(result int64, n *Step) *Step {
	for i := range st.when {
		if st.when[i].step == nil {
			st.when[i] = branch{result, n}
			return st
		}
	}
	panic("script: a step distinguishes two results")
}

// Keep has the result stored at an address, one for each step.
func (st *Step) Keep(at uint64) *Step {
	if st.keep != 0 {
		panic("script: a step keeps its result once")
	}
	st.keep = at
	return st
}

// Arg is the address of argument i, in which another step can keep its result.
func (st *Step) Arg(i int) uint64 {
	return st.at + offArgs + uint64(i)*8
}

// Bytes puts b into the program's memory, aligned for any type, and returns
// its address.
func (s *Script) Bytes(b []byte) uint64 {
	for len(s.data)%8 != 0 {
		s.data = append(s.data, 0)
	}
	at := dataBase + uint64(len(s.data))
	s.data = append(s.data, b...)
	return at
}

// Words puts numbers of 64 bits there.
func (s *Script) Words(words ...uint64) uint64 {
	b := make([]byte, 0, len(words)*8)
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return s.Bytes(b)
}

// String puts a string with a final zero byte there.
func (s *Script) String(str string) uint64 {
	return s.Bytes(append([]byte(str), 0))
}

// Strings puts an array of pointers to strings there, as for execve(2).
func (s *Script) Strings(list []string) uint64 {
	return s.Words(append(s.pointers(list), 0)...)
}

func (s *Script) pointers(list []string) []uint64 {
	at := make([]uint64, len(list), len(list)+1)
	for i, str := range list {
		at[i] = s.String(str)
	}
	return at
}

// encode lays the steps out. Results that nobody keeps go to scratch.
func (s *Script) encode(scratch uint64) ([]byte, error) {
	b := make([]byte, 0, len(s.steps)*stepSize)
	word := func(w uint64) { b = binary.LittleEndian.AppendUint64(b, w) }
	for i, st := range s.steps {
		if st.next == nil {
			return nil, fmt.Errorf("step %d (system call %d) has no successor", i, st.nr)
		}
		word(st.nr)
		for _, a := range st.args {
			word(a)
		}
		word(or(st.keep, scratch))
		word(st.next.at)
		word(or(st.fail, st.next).at)
		for _, w := range st.when {
			if w.step == nil { // both ways lead where an errno or a value does
				w = branch{never, st.next}
			}
			word(uint64(w.result))
			word(w.step.at)
		}
	}
	return b, nil
}

// never is a result that no system call has.
const never = -1 << 63

// or is a, or b where a is not set.
func or[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}
