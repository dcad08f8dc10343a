package abi

import (
	"testing"

	"pgregory.net/rapid"
)

func drawCond(t *rapid.T) Cond {
	test := rapid.Custom(func(t *rapid.T) Test {
		return Test{
			Arg: rapid.IntRange(0, 2).Draw(t, "arg"),
			Op:  Op(rapid.IntRange(0, int(BitsSet)).Draw(t, "op")),
			Val: rapid.Uint32Range(0, 4).Draw(t, "val"),
		}
	})
	return rapid.SliceOfN(rapid.SliceOfN(test, 0, 3), 0, 3).Draw(t, "cond")
}

func drawArgs(t *rapid.T) (args [6]uint64) {
	for i := range args {
		args[i] = rapid.Uint64Range(0, 5).Draw(t, "arg")
	}
	return args
}

// TestAlgebra checks that building conditions means what it says.
func TestAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, d, args := drawCond(t), drawCond(t), drawArgs(t)
		either, both := Eval(c, args) || Eval(d, args), Eval(c, args) && Eval(d, args)
		if got := Eval(anyOf(c, d), args); got != either {
			t.Fatalf("anyOf(%v, %v) of %v is %v", c, d, args, got)
		}
		if got := Eval(allOf(c, d), args); got != both {
			t.Fatalf("allOf(%v, %v) of %v is %v", c, d, args, got)
		}
		if c.IsAlways() && !Eval(c, args) {
			t.Fatalf("%v always holds, but not for %v", c, args)
		}
	})
}

func TestEval(t *testing.T) {
	for _, test := range []struct {
		cond Cond
		arg  uint64
		want bool
	}{
		{nil, 0, true},
		{Cond{}, 0, false},
		{Always, 0, true},
		{eq(0, 3, 5), 5, true},
		{eq(0, 3, 5), 4, false},
		{eq(0, 3, 5), garbage | 3, true},
		{ne(0, 3, 5), 4, true},
		{ne(0, 3, 5), 5, false},
		{ge(0, 128), 127, false},
		{ge(0, 128), 0x80000000, true},
		{between(0, 1, 10), 0, false},
		{between(0, 1, 10), 9, true},
		{between(0, 1, 10), 10, false},
		{bits(0, 6), 4, true},
		{bits(0, 6), 9, false},
		{noBits(0, 6), 4, false},
		{noBits(0, 6), 9, true},
		{masked(0, 0x7f, 6), 128 | 6, true},
		{masked(0, 0x7f, 6), 128 | 7, false},
		{pointer(0), 0, false},
		{pointer(0), 1 << 32, true},
		{pointer(0), 1, true},
		{clockOfTask(0), 0x7fffffff, false},
		{clockOfTask(0), 0x80000000, true},
		{clockOfTask(0), 0xfffffff7, false}, // which 3: a descriptor
		{clockOfTask(0), 0xfffffff6, true},
		{clockOfTask(0), 0xfffffff8, false},
	} {
		if got := Eval(test.cond, a(test.arg)); got != test.want {
			t.Errorf("%v of %#x is %v", test.cond, test.arg, got)
		}
	}
}
