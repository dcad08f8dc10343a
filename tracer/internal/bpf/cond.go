package bpf

import (
	"slices"

	"golang.org/x/net/bpf"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// Offsets in struct seccomp_data (linux/seccomp.h).
const (
	offNr   = 0
	offArch = 4
	offArgs = 16
)

// word is what the accumulator holds while registers are tested: a half of an
// argument, under a mask.
type word struct {
	off  uint32
	mask uint32 // 0 means all bits
}

func lowHalf(arg int) uint32  { return uint32(offArgs + 8*arg) }
func highHalf(arg int) uint32 { return lowHalf(arg) + 4 }

// wordOf is the word that t begins with.
func wordOf(t abi.Test) word {
	if t.Op == abi.BitsSet || t.Wide {
		return word{off: lowHalf(t.Arg)}
	}
	return word{off: lowHalf(t.Arg), mask: t.Mask}
}

// entry is where code that tests words begins. Whoever already has its first
// word in the accumulator enters at loaded.
type entry struct {
	cold   label
	first  word
	loaded label
}

// from is where to enter e with have in the accumulator.
func (e entry) from(have word) label {
	if e.loaded != 0 && e.first == have {
		return e.loaded
	}
	return e.cold
}

// constant is an entry that looks at nothing.
func constant(l label) entry { return entry{cold: l} }

// cond continues at yes if the registers meet c, else at no.
func (a *assembler) cond(c abi.Cond, yes, no label) entry {
	next := constant(no)
	for _, tests := range slices.Backward(c) {
		next = a.all(tests, constant(yes), next)
	}
	return next
}

// all continues at yes if the registers pass every test, else at no.
func (a *assembler) all(tests []abi.Test, yes, no entry) entry {
	next := yes
	for _, t := range slices.Backward(tests) {
		next = a.test(t, next, no)
	}
	return next
}

// test continues at yes if the registers pass t, else at no.
func (a *assembler) test(t abi.Test, yes, no entry) entry {
	if t.Wide {
		return a.wide(t, yes, no)
	}
	w := wordOf(t)
	hit, miss := yes.from(w), no.from(w)
	var first label
	switch t.Op {
	case abi.EQ:
		first = a.branch(bpf.JumpEqual, t.Val, hit, miss)
	case abi.NE:
		first = a.branch(bpf.JumpEqual, t.Val, miss, hit)
	case abi.GE:
		first = a.branch(bpf.JumpGreaterOrEqual, t.Val, hit, miss)
	case abi.LT:
		first = a.branch(bpf.JumpGreaterOrEqual, t.Val, miss, hit)
	case abi.BitsSet:
		val := t.Val
		if t.Mask != 0 {
			val &= t.Mask
		}
		first = a.branch(bpf.JumpBitsSet, val, hit, miss)
	}
	return entry{cold: a.load(w, first), first: w, loaded: first}
}

// wide is test for all 64 bits of a pointer, compared with zero.
func (a *assembler) wide(t abi.Test, yes, no entry) entry {
	zero, nonzero := yes, no
	if t.Op == abi.NE {
		zero, nonzero = no, yes
	}
	low, high := word{off: lowHalf(t.Arg)}, word{off: highHalf(t.Arg)}
	isHigh := a.branch(bpf.JumpEqual, 0, zero.from(high), nonzero.from(high))
	isHigh = a.load(high, isHigh)
	isLow := a.branch(bpf.JumpEqual, 0, isHigh, nonzero.from(low))
	return entry{cold: a.load(low, isLow), first: low, loaded: isLow}
}

// load fetches w and continues at l.
func (a *assembler) load(w word, l label) label {
	if w.mask != 0 {
		l = a.then(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: w.mask}, l)
	}
	return a.then(bpf.LoadAbsolute{Off: w.off, Size: 4}, l)
}
