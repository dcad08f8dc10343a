package bpf

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/net/bpf"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// data is struct seccomp_data, laid out for the VM of package bpf, which reads
// big-endian words where the kernel reads its own.
func data(audit, nr uint32, args [6]uint64) []byte {
	b := make([]byte, 64)
	binary.BigEndian.PutUint32(b[offNr:], nr)
	binary.BigEndian.PutUint32(b[offArch:], audit)
	for i, v := range args {
		binary.BigEndian.PutUint32(b[lowHalf(i):], uint32(v))
		binary.BigEndian.PutUint32(b[highHalf(i):], uint32(v>>32))
	}
	return b
}

func vm(t *testing.T, prog []bpf.RawInstruction) *bpf.VM {
	t.Helper()
	insns, ok := bpf.Disassemble(prog)
	if !ok {
		t.Fatal("program has instructions that do not disassemble")
	}
	m, err := bpf.NewVM(insns)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func run(t *testing.T, m *bpf.VM, audit, nr uint32, args [6]uint64) uint32 {
	t.Helper()
	got, err := m.Run(data(audit, nr, args))
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got)
}

var audits = [2]uint32{abi.X86_64: AuditArchX86_64, abi.I386: AuditArchI386}

// want is what a filter must return for a verdict.
func want(v abi.Verdict) uint32 {
	switch v {
	case abi.Stop:
		return 0x7ff00000 | 0x7069
	case abi.NoSys:
		return 0x00050000 | 38
	default:
		return 0x7fff0000
	}
}

// numbers are all that a call could have near the table, some x32 ones, and
// some far from any.
func numbers() []uint32 {
	var nrs []uint32
	for nr := uint32(0); nr <= 600; nr++ {
		nrs = append(nrs, nr, nr|abi.X32Bit)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		nrs = append(nrs, r.Uint32()|0x1000)
	}
	return append(nrs, 0x7fffffff, 0x80000000, 0xffffffff)
}

// corners are values for argument registers at which some condition on them
// changes: the constants of the row's own tests and their neighbours, and the
// usual suspects, each with and without garbage in the upper half.
func corners(r *abi.Row) (values [6][]uint64) {
	for i := range values {
		values[i] = []uint64{0, 1, 0xffffffff, 0x80000000, 0x7fffffff}
	}
	add := func(c abi.Cond) {
		for _, tests := range c {
			for _, t := range tests {
				values[t.Arg] = append(values[t.Arg], uint64(t.Val-1), uint64(t.Val), uint64(t.Val+1),
					uint64(t.Val|^t.Mask), uint64(t.Val^0x80))
			}
		}
	}
	if r != nil {
		for arch := range abi.Arch(2) {
			c, _ := abi.StopCond(*r, arch, abi.Mode{Strict: true, Creds: true})
			add(c)
		}
	}
	for i, vs := range values {
		for _, v := range vs {
			values[i] = append(values[i], v&0xffffffff|0xdeadbeef<<32)
		}
		slices.Sort(values[i])
		values[i] = slices.Compact(values[i])
	}
	return values
}

// vectors are argument registers to try on a row: every pair of corners of the
// arguments that its conditions read, one after the other against a background
// of zeros and of garbage.
func vectors(r *abi.Row) [][6]uint64 {
	values := corners(r)
	var out [][6]uint64
	for _, background := range []uint64{0, 0xabcdef0123456789} {
		base := [6]uint64{background, background, background, background, background, background}
		out = append(out, base)
		for i := range base {
			for _, v := range values[i] {
				args := base
				args[i] = v
				out = append(out, args)
			}
		}
	}
	for i := range 6 {
		for j := i + 1; j < 6; j++ {
			if len(values[i]) <= 10 && len(values[j]) <= 10 {
				continue // nothing here but the usual suspects
			}
			for _, v := range values[i] {
				for _, w := range values[j] {
					var args [6]uint64
					args[i], args[j] = v, w
					out = append(out, args)
				}
			}
		}
	}
	return out
}

// modes are those that differ most.
var modes = []abi.Mode{{}, {Strict: true}, {Strict: true, Creds: true}}

// TestBase compares the compiled filter with the table's own verdict.
func TestBase(t *testing.T) {
	for _, m := range modes {
		prog, err := Base(Options{Mode: m})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v: %d instructions", m, len(prog))
		notLazy := func(abi.Lazy) bool { return false }
		compare(t, prog, func(arch abi.Arch, nr uint32, args [6]uint64) abi.Verdict {
			return abi.Decide(arch, nr, args, m, notLazy)
		})
	}
}

// TestQuiet compares the filter of a tree in which only the root is
// renumbered: the rows with a Quiet condition stop when it holds, and the
// appended filter makes them stop as always.
func TestQuiet(t *testing.T) {
	prog, err := Base(Options{Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	lifted, err := Lazy(abi.LazyRenumbered)
	if err != nil {
		t.Fatal(err)
	}
	notLazy := func(abi.Lazy) bool { return false }
	compare(t, prog, func(arch abi.Arch, nr uint32, args [6]uint64) abi.Verdict {
		if r := abi.Lookup(arch, int(nr)); r != nil && r.Quiet != nil {
			if abi.Eval(r.Quiet, args) {
				return abi.Stop
			}
			return abi.Allow
		}
		return abi.Decide(arch, nr, args, abi.Mode{}, notLazy)
	})
	compare(t, lifted, func(arch abi.Arch, nr uint32, args [6]uint64) abi.Verdict {
		if r := abi.Lookup(arch, int(nr)); r == nil || r.Quiet == nil {
			return abi.Allow
		}
		return abi.Decide(arch, nr, args, abi.Mode{}, notLazy)
	})
}

// TestLazy compares the filters to be appended with the table.
func TestLazy(t *testing.T) {
	prog, err := Lazy(abi.LazyRecords)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d instructions", len(prog))
	lazy := func(abi.Lazy) bool { return true }
	compare(t, prog, func(arch abi.Arch, nr uint32, args [6]uint64) abi.Verdict {
		r := abi.Lookup(arch, int(nr))
		if r == nil || r.Lazy != abi.LazyRecords {
			return abi.Allow
		}
		return abi.Decide(arch, nr, args, abi.Mode{}, lazy)
	})
	if _, err := Lazy(abi.NotLazy); err == nil {
		t.Error("Lazy(NotLazy) gave a filter")
	}
}

func compare(t *testing.T, prog []bpf.RawInstruction, verdict func(abi.Arch, uint32, [6]uint64) abi.Verdict) {
	t.Helper()
	m := vm(t, prog)
	calls, stops := 0, 0
	for arch, audit := range audits {
		for _, nr := range numbers() {
			for _, args := range vectors(abi.Lookup(abi.Arch(arch), int(nr))) {
				v := verdict(abi.Arch(arch), nr, args)
				calls++
				if v == abi.Stop {
					stops++
				}
				if got := run(t, m, audit, nr, args); got != want(v) {
					t.Fatalf("%v call %d %s args %#x: filter returns %#x, table says %#x",
						abi.Arch(arch), nr, name(abi.Arch(arch), nr), args, got, want(v))
				}
			}
		}
	}
	t.Logf("%d calls, %d stop", calls, stops)
}

func name(arch abi.Arch, nr uint32) string {
	if r := abi.Lookup(arch, int(nr)); r != nil {
		return r.Name
	}
	return "(none)"
}

// TestForeign runs calls of interfaces that an x86-64 kernel does not have.
func TestForeign(t *testing.T) {
	prog, err := Base(Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := vm(t, prog)
	for _, audit := range []uint32{0, 0xc00000b7, 0x40000028, 0xffffffff} {
		for _, nr := range []uint32{0, 39, 62, 0xffffffff} {
			if got := run(t, m, audit, nr, [6]uint64{}); got != want(abi.NoSys) {
				t.Errorf("arch %#x call %d: %#x, want ENOSYS", audit, nr, got)
			}
		}
	}
}

// TestBitmap does what the kernel does when a filter is installed
// (seccomp_is_const_allow in kernel/seccomp.c): it runs the program with
// nothing but the number and the architecture, and gives up at any other load.
// Every number that the table allows or stops without a look at the registers
// must come to its verdict, and every other one must not be answered early.
func TestBitmap(t *testing.T) {
	for _, m := range modes {
		prog, err := Base(Options{Mode: m})
		if err != nil {
			t.Fatal(err)
		}
		allowed := 0
		for arch, audit := range audits {
			for _, nr := range numbers() {
				got, constant := constantVerdict(t, prog, audit, nr)
				wantVerdict, wantConstant := tableConstant(abi.Arch(arch), nr, m)
				if constant != wantConstant || constant && got != want(wantVerdict) {
					t.Errorf("%v call %d %s: constant %v (%#x), want %v (%#x)", abi.Arch(arch), nr,
						name(abi.Arch(arch), nr), constant, got, wantConstant, want(wantVerdict))
				}
				if constant && got == retAllow {
					allowed++
				}
			}
		}
		t.Logf("%+v: %d numbers in the allow bitmaps", m, allowed)
		if allowed < 400 {
			t.Errorf("only %d numbers are answered from the bitmap", allowed)
		}
	}
}

// tableConstant is the verdict that the table has on a number alone.
func tableConstant(arch abi.Arch, nr uint32, m abi.Mode) (abi.Verdict, bool) {
	r := abi.Lookup(arch, int(nr))
	if r == nil {
		return abi.NoSys, true
	}
	c, ok := abi.StopCond(*r, arch, m)
	if r.Before != nil {
		return abi.Stop, false
	}
	if !ok || r.Lazy != abi.NotLazy {
		return abi.Allow, true
	}
	return abi.Stop, c.IsAlways()
}

func constantVerdict(t *testing.T, prog []bpf.RawInstruction, audit, nr uint32) (uint32, bool) {
	t.Helper()
	var acc uint32
	for pc := 0; pc < len(prog); pc++ {
		ins := prog[pc]
		taken := false
		switch ins.Op {
		case 0x20: // BPF_LD | BPF_W | BPF_ABS
			switch ins.K {
			case offNr:
				acc = nr
			case offArch:
				acc = audit
			default:
				return 0, false
			}
			continue
		case 0x06: // BPF_RET | BPF_K
			return ins.K, true
		case 0x05: // BPF_JMP | BPF_JA
			pc += int(ins.K)
			continue
		case 0x54: // BPF_ALU | BPF_AND | BPF_K
			acc &= ins.K
			continue
		case 0x15: // BPF_JMP | BPF_JEQ | BPF_K
			taken = acc == ins.K
		case 0x35: // BPF_JMP | BPF_JGE | BPF_K
			taken = acc >= ins.K
		case 0x25: // BPF_JMP | BPF_JGT | BPF_K
			taken = acc > ins.K
		case 0x45: // BPF_JMP | BPF_JSET | BPF_K
			taken = acc&ins.K != 0
		default:
			t.Fatalf("instruction %d: the kernel does not emulate opcode %#x", pc, ins.Op)
		}
		if taken {
			pc += int(ins.Jt)
		} else {
			pc += int(ins.Jf)
		}
	}
	t.Fatal("program ended without a return")
	return 0, false
}

// TestFarJumps builds conditions whose branches are further apart than a
// conditional jump reaches, and compares each against abi.Eval.
func TestFarJumps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for size := 1; size <= 400; size = size*2 + r.IntN(5) {
		cond := randomCond(r, size)
		a := newAssembler()
		yes, no := a.ret(1), a.ret(2)
		// Push the outcomes out of reach.
		for range 300 {
			a.ret(uint32(3 + r.IntN(1<<20)))
		}
		start := a.cond(cond, yes, no)
		a.jump(start.cold)
		prog, err := a.program()
		if err != nil {
			t.Fatal(err)
		}
		m := vm(t, prog)
		for range 2000 {
			var args [6]uint64
			for i := range args {
				args[i] = uint64(r.IntN(6)) | uint64(r.IntN(2))<<32
			}
			wantRet := uint32(2)
			if abi.Eval(cond, args) {
				wantRet = 1
			}
			if got := run(t, m, 0, 0, args); got != wantRet {
				t.Fatalf("condition of %d alternatives, args %v: got %d, want %d\n%v", size, args, got, wantRet, cond)
			}
		}
	}
}

func randomCond(r *rand.Rand, alternatives int) abi.Cond {
	cond := make(abi.Cond, alternatives)
	for i := range cond {
		for range 1 + r.IntN(4) {
			t := abi.Test{Arg: r.IntN(6), Op: abi.Op(r.IntN(5)), Val: uint32(r.IntN(7))}
			if r.IntN(3) == 0 {
				t.Mask = uint32(r.IntN(8))
			}
			if r.IntN(5) == 0 {
				t = abi.Test{Arg: r.IntN(6), Op: abi.Op(r.IntN(2)), Wide: true}
			}
			cond[i] = append(cond[i], t)
		}
	}
	return cond
}

// BenchmarkBase is part of every start of pidsim.
func BenchmarkBase(b *testing.B) {
	for b.Loop() {
		if _, err := Base(Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
