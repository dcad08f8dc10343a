package abi

import "slices"

// The builders below read like the conditions of a manual page:
//
//	allOf(eq(1, SOL_SOCKET), eq(2, SO_PEERCRED))

// eq holds when argument arg is one of vals.
func eq(arg int, vals ...uint32) Cond { return masked(arg, 0, vals...) }

// masked holds when argument arg under mask is one of vals.
func masked(arg int, mask uint32, vals ...uint32) Cond {
	c := make(Cond, len(vals))
	for i, v := range vals {
		c[i] = []Test{{Arg: arg, Mask: mask, Op: EQ, Val: v}}
	}
	return c
}

// ne holds when argument arg is none of vals.
func ne(arg int, vals ...uint32) Cond {
	var all []Test
	for _, v := range vals {
		all = append(all, Test{Arg: arg, Op: NE, Val: v})
	}
	return Cond{all}
}

// ge holds when argument arg is at least val, unsigned.
func ge(arg int, val uint32) Cond { return Cond{{{Arg: arg, Op: GE, Val: val}}} }

// between holds when lo <= arg < hi, unsigned.
func between(arg int, lo, hi uint32) Cond {
	return Cond{{{Arg: arg, Op: GE, Val: lo}, {Arg: arg, Op: LT, Val: hi}}}
}

// bits holds when argument arg has any bit of val set.
func bits(arg int, val uint32) Cond { return Cond{{{Arg: arg, Op: BitsSet, Val: val}}} }

// noBits holds when argument arg has no bit of val set.
func noBits(arg int, val uint32) Cond { return masked(arg, val, 0) }

// pointer holds when argument arg is not NULL.
func pointer(arg int) Cond { return Cond{{{Arg: arg, Op: NE, Wide: true}}} }

// A clock of another process or thread is the complement of its id above three
// bits, of which 3 in the low two means a clock made from a file descriptor
// instead (include/linux/posix-timers.h). The complement of id 0, the caller,
// begins at ownClocks.
const (
	taskClocks = 0x80000000
	ownClocks  = 0xfffffff8
	clockWhich = 3
	clockOfFD  = 3
)

func isClockOfTask(id uint32) bool {
	return id >= taskClocks && id < ownClocks && id&clockWhich != clockOfFD
}

// clockOfTask holds when isClockOfTask does for argument arg.
func clockOfTask(arg int) Cond {
	return Cond{{
		{Arg: arg, Op: GE, Val: taskClocks},
		{Arg: arg, Op: LT, Val: ownClocks},
		{Arg: arg, Mask: clockWhich, Op: NE, Val: clockOfFD},
	}}
}

// anyOf holds when one of conds does.
func anyOf(conds ...Cond) Cond {
	alternatives := Cond{}
	for _, c := range conds {
		if c == nil {
			return Always
		}
		alternatives = append(alternatives, c...)
	}
	return alternatives.simplify()
}

// allOf holds when all of conds do.
func allOf(conds ...Cond) Cond {
	all := Always
	for _, c := range conds {
		if c == nil {
			continue
		}
		var next Cond
		for _, left := range all {
			for _, right := range c {
				next = append(next, slices.Concat(left, right))
			}
		}
		all = next
	}
	return all.simplify()
}

// simplify drops repeated alternatives, and every other one beside one that
// always holds.
func (c Cond) simplify() Cond {
	out := Cond{}
	for _, tests := range c {
		if len(tests) == 0 {
			return Always
		}
		same := func(other []Test) bool { return slices.Equal(tests, other) }
		if !slices.ContainsFunc(out, same) {
			out = append(out, tests)
		}
	}
	return out
}

// IsAlways tells whether c holds for every call without looking at registers.
func (c Cond) IsAlways() bool {
	return c == nil || slices.ContainsFunc(c, func(t []Test) bool { return len(t) == 0 })
}

// Eval tells whether args meet c.
func Eval(c Cond, args [6]uint64) bool {
	if c == nil {
		return true
	}
	for _, tests := range c {
		if evalAll(tests, args) {
			return true
		}
	}
	return false
}

func evalAll(tests []Test, args [6]uint64) bool {
	for _, t := range tests {
		if !t.eval(args[t.Arg]) {
			return false
		}
	}
	return true
}

func (t Test) eval(arg uint64) bool {
	if t.Wide {
		return (arg == 0) == (t.Op == EQ)
	}
	v := uint32(arg)
	if t.Mask != 0 {
		v &= t.Mask
	}
	switch t.Op {
	case EQ:
		return v == t.Val
	case NE:
		return v != t.Val
	case GE:
		return v >= t.Val
	case LT:
		return v < t.Val
	default: // BitsSet
		return v&t.Val != 0
	}
}
