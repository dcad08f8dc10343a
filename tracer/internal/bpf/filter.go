// Package bpf compiles the table of package abi into seccomp filters.
//
// A filter decides by the system call's number first and by registers second.
// The kernel notices: numbers whose verdict is constant it answers from a
// bitmap, without running the filter (Linux 5.11), and the programs of this
// package are built so that it can see every one of them. Numbers that the
// table does not know, and with them the x32 interface, fail with ENOSYS.
//
// The package promises that a filter and abi.Decide agree on every call.
// It installs nothing.
package bpf

import (
	"fmt"
	"slices"

	"golang.org/x/net/bpf"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// Values of seccomp_data.arch (linux/audit.h).
const (
	AuditArchX86_64 = 0xc000003e
	AuditArchI386   = 0x40000003
)

// What the filters return (linux/seccomp.h).
const (
	retAllow = 0x7fff0000
	retTrace = 0x7ff00000
	retErrno = 0x00050000
)

// Tag is the SECCOMP_RET_DATA of a call that the filters stop, which
// PTRACE_GETEVENTMSG gives at the stop: it tells them from filters of the program.
// Those of Lazy use the same, so that it does not matter which of several wins.
const Tag = 0x7069

// MaxLen is the most instructions that the kernel takes in one filter
// (BPF_MAXINSNS).
const MaxLen = 4096

// Options select what the first filter of a tree looks at.
type Options struct {
	abi.Mode
	// Quiet leaves out what matters only once a process other than the root
	// is renumbered; Lazy(abi.LazyRenumbered) brings it back.
	Quiet bool
}

// Base is the filter that a tree starts under: the whole table but its lazy
// rows.
func Base(opts Options) ([]bpf.RawInstruction, error) {
	if words := compiled(opts); words != nil {
		return unpack(words), nil
	}
	return base(opts)
}

// unpack takes instructions apart that are in one word each.
func unpack(words []uint64) []bpf.RawInstruction {
	prog := make([]bpf.RawInstruction, len(words))
	for i, w := range words {
		prog[i] = bpf.RawInstruction{Op: uint16(w), Jt: uint8(w >> 16), Jf: uint8(w >> 24), K: uint32(w >> 32)}
	}
	return prog
}

// base compiles Base.
func base(opts Options) ([]bpf.RawInstruction, error) {
	return compile(func(arch abi.Arch, nr uint32) rule {
		r := abi.Lookup(arch, int(nr))
		switch {
		case r == nil:
			return rule{ret: retErrno | abi.ENOSYS}
		case r.Lazy != abi.NotLazy && r.Before != nil && r.NR[arch] >= 0:
			return conditional(r.BeforeCond(opts.Mode))
		case r.Lazy != abi.NotLazy:
			return rule{ret: retAllow}
		case opts.Quiet && r.Quiet != nil && r.NR[arch] >= 0:
			return conditional(r.QuietCond(opts.Mode))
		}
		return ruleOf(*r, arch, opts.Mode)
	})
}

// Lazy is a filter to append to Base when the rows of group l begin to
// matter. It allows everything else; the verdicts of Base outrank that.
func Lazy(l abi.Lazy) ([]bpf.RawInstruction, error) {
	if l == abi.NotLazy {
		return nil, fmt.Errorf("lazy filter of rows that are not lazy")
	}
	return compile(func(arch abi.Arch, nr uint32) rule {
		r := abi.Lookup(arch, int(nr))
		if r == nil || r.Lazy != l && (l != abi.LazyRenumbered || r.Quiet == nil) {
			return rule{ret: retAllow}
		}
		return ruleOf(*r, arch, abi.Mode{})
	})
}

// rule is what a filter does with a number: return ret, or, when cond is not
// nil, stop the calls that meet it and return ret for others.
type rule struct {
	ret  uint32
	cond abi.Cond
}

func (r rule) equal(other rule) bool {
	return r.ret == other.ret && slices.EqualFunc(r.cond, other.cond, slices.Equal)
}

func ruleOf(r abi.Row, arch abi.Arch, m abi.Mode) rule {
	c, ok := abi.StopCond(r, arch, m)
	if !ok {
		return rule{ret: retAllow}
	}
	return conditional(c)
}

// conditional stops the calls that meet c.
func conditional(c abi.Cond) rule {
	if c.IsAlways() {
		return rule{ret: trace}
	}
	return rule{ret: retAllow, cond: c}
}

// trace stops a call.
const trace = retTrace | Tag

// compile builds a filter from the rule of each number.
func compile(rules func(abi.Arch, uint32) rule) ([]bpf.RawInstruction, error) {
	a := newAssembler()
	i386 := a.numbers(abi.I386, rules)
	amd64 := a.numbers(abi.X86_64, rules)
	other := a.ret(retErrno | abi.ENOSYS)
	arch := a.branch(bpf.JumpEqual, AuditArchI386, i386, other)
	arch = a.branch(bpf.JumpEqual, AuditArchX86_64, amd64, arch)
	a.load(word{off: offArch}, arch)
	prog, err := a.program()
	if err != nil {
		return nil, fmt.Errorf("assemble filter: %w", err)
	}
	if len(prog) > MaxLen {
		return nil, fmt.Errorf("filter of %d instructions, the kernel takes %d", len(prog), MaxLen)
	}
	return prog, nil
}
