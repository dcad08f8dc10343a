package bpf

import "golang.org/x/net/bpf"

// label is a place in a program that is built from its end: the number of
// instructions that follow the one it names, plus one.
type label int

// assembler builds a program backwards. Classic BPF jumps only forwards, so
// that every target exists, and its distance is known, when the jump to it is
// written; a conditional jump that cannot reach gets a longer one behind it.
//
// The kernel takes a fifth of a microsecond for each instruction when a filter
// is installed, so what is there already is not written again.
type assembler struct {
	reversed []bpf.Instruction
	rets     map[uint32]label   // the nearest return of each value
	jumps    map[label]label    // the nearest jump to a label
	steps    map[step]label     // the nearest of each
	branches map[decision]label // the nearest of each
	bodies   []body
}

// step is an instruction and what runs after it.
type step struct {
	ins  bpf.Instruction
	next label
}

// decision is a conditional jump.
type decision struct {
	cond    bpf.JumpTest
	val     uint32
	yes, no label
}

// maxSkip is how far a conditional jump reaches.
const maxSkip = 255

func newAssembler() *assembler {
	return &assembler{
		rets: make(map[uint32]label), jumps: make(map[label]label),
		steps: make(map[step]label), branches: make(map[decision]label),
	}
}

// program is what has been built, first instruction first.
func (a *assembler) program() ([]bpf.RawInstruction, error) {
	forward := make([]bpf.Instruction, len(a.reversed))
	for i, ins := range a.reversed {
		forward[len(forward)-1-i] = ins
	}
	return bpf.Assemble(forward)
}

// emit puts ins before everything else. Unless it jumps or returns, what was
// first until now runs after it.
func (a *assembler) emit(ins bpf.Instruction) label {
	a.reversed = append(a.reversed, ins)
	return label(len(a.reversed))
}

// skip is the distance that a jump written next has to l.
func (a *assembler) skip(l label) int { return len(a.reversed) - int(l) }

// ret is a place that returns value: the nearest, if a jump reaches it, or a
// new one.
func (a *assembler) ret(value uint32) label {
	if l, ok := a.rets[value]; ok && a.skip(l) <= maxSkip {
		return l
	}
	l := a.emit(bpf.RetConstant{Val: value})
	a.rets[value] = l
	return l
}

// jump continues at l: nothing, if l is what follows anyway.
func (a *assembler) jump(l label) label {
	if a.skip(l) == 0 {
		return l
	}
	return a.emit(bpf.Jump{Skip: uint32(a.skip(l))})
}

// near is l, or a jump to l that is no further than most.
func (a *assembler) near(l label, most int) label {
	if a.skip(l) <= most {
		return l
	}
	if j, ok := a.jumps[l]; ok && a.skip(j) <= most {
		return j
	}
	j := a.emit(bpf.Jump{Skip: uint32(a.skip(l))})
	a.jumps[l] = j
	return j
}

// branch continues at yes if the accumulator passes the test, else at no.
func (a *assembler) branch(cond bpf.JumpTest, val uint32, yes, no label) label {
	d := decision{cond, val, yes, no}
	if l, ok := a.branches[d]; ok && a.skip(l) < maxSkip {
		return l
	}
	// The two jumps that may be needed are written before either distance
	// is final.
	yes = a.near(yes, maxSkip-1)
	no = a.near(no, maxSkip)
	l := a.emit(bpf.JumpIf{
		Cond: cond, Val: val,
		SkipTrue: uint8(a.skip(yes)), SkipFalse: uint8(a.skip(no)),
	})
	a.branches[d] = l
	return l
}

// then runs ins and continues at l.
func (a *assembler) then(ins bpf.Instruction, l label) label {
	s := step{ins, l}
	if at, ok := a.steps[s]; ok && a.skip(at) < maxSkip {
		return at
	}
	a.jump(l)
	at := a.emit(ins)
	a.steps[s] = at
	return at
}
