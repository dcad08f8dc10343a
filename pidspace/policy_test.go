package pidspace_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// view is that of a space in which only some numbers are free.
type view struct {
	root, max int32
	busy      map[int32]bool
}

func (v view) Free(n int32) bool { return n >= 1 && n < v.max && !v.busy[n] }
func (v view) PIDMax() int32     { return v.max }
func (v view) Root() int32       { return v.root }

// TestSequential walks the numbers as idr_alloc_cyclic in lib/idr.c does.
func TestSequential(t *testing.T) {
	for _, tt := range []struct {
		name  string
		view  view
		wants []int32 // 0 for ErrExhausted
	}{
		{"from the root on", view{root: 5, max: 400}, []int32{6, 7, 8}},
		{"over busy ones", view{root: 5, max: 400, busy: set(7, 8)}, []int32{6, 9}},
		{"new round at 300", view{root: 303, max: 305}, []int32{304, 300, 301}},
		{"new round at 1", view{root: 299, max: 301, busy: set(300)}, []int32{1, 2}},
		{"300 begins a higher round", view{root: 299, max: 301}, []int32{300, 0}},
		{"root at the end", view{root: 304, max: 305}, []int32{300, 301}},
		{"full", view{root: 303, max: 305, busy: set(300, 301, 302, 303, 304)}, []int32{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pidspace.Sequential()
			if tt.view.busy == nil {
				tt.view.busy = set()
			}
			for _, want := range tt.wants {
				got, err := p.Next(tt.view)
				if got != want || errors.Is(err, pidspace.ErrExhausted) != (want == 0) {
					t.Fatalf("Next = %d, %v; want %d", got, err, want)
				}
				tt.view.busy[got] = true
				p.Freed(tt.view.root) // of no consequence
			}
		})
	}
}

func set(ns ...int32) map[int32]bool {
	m := map[int32]bool{}
	for _, n := range ns {
		m[n] = true
	}
	return m
}

func TestReuse(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, Policy: pidspace.Reuse()}), 10)
	x.fork(10, 11, 0, 4243)
	x.fork(10, 12, 0, 4244)
	x.thread(12, 13, 0, 4245)
	x.end(11)
	x.fork(10, 14, 0, 4243)
	x.end(12) // its thread first
	x.thread(10, 15, 0, 4244)
	x.fork(10, 16, 4245, 4245)
	x.fork(10, 17, 0, 4246) // nothing freed is left
	x.end(17)
	x.fork(10, 17, 0, 4246)
}

// TestReuseForgets: the policy remembers a bounded number.
func TestReuseForgets(t *testing.T) {
	p := pidspace.Reuse()
	const n = 200000
	for v := int32(1); v <= n; v++ {
		p.Freed(v)
	}
	last := view{max: pidspace.Limit}
	remembered := 0
	for want := int32(n); ; want-- {
		v, err := p.Next(last)
		if err != nil {
			t.Fatal(err)
		}
		if v == 0 {
			break
		}
		if v != want {
			t.Fatalf("Next = %d, want %d", v, want)
		}
		remembered++
	}
	if remembered < 32768 || remembered > 65536 {
		t.Errorf("%d numbers remembered", remembered)
	}
}

func TestOrdered(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, Plan: plan(t, "70"),
		Policy: pidspace.Ordered(9, 9, 4242, 70, 299, 5000000, 8)}), 10)
	x.thread(10, 11, 0, 9)
	x.fork(10, 12, 0, 70) // the plan goes first
	x.fork(10, 13, 0, 8)  // the others in between are not free
	x.fork(10, 14, 0, 4243)
}

// shared stands for an allocator elsewhere, which may fail.
type shared struct {
	next int32
	err  error
}

func (s *shared) Next(pidspace.Numbers) (int32, error) { return s.next, s.err }
func (s *shared) Freed(int32)                          {}

// TestPolicyMisbehaves: the space believes no policy.
func TestPolicyMisbehaves(t *testing.T) {
	down := errors.New("allocator is down")
	for _, tt := range []struct {
		policy shared
		err    error
	}{
		{shared{next: 4242}, pidspace.ErrInUse},
		{shared{next: 299}, pidspace.ErrInUse},
		{shared{next: -1}, pidspace.ErrRange},
		{shared{next: pidspace.Limit}, pidspace.ErrRange},
		{shared{err: down}, down},
		{shared{err: fmt.Errorf("lease: %w", pidspace.ErrExhausted)}, pidspace.ErrExhausted},
	} {
		x := plant(t, private(pidspace.Config{Root: 4242, Policy: &tt.policy}), 10)
		if v, err := x.Fork(10, 11, 0); !errors.Is(err, tt.err) || v != 0 {
			t.Errorf("policy %+v: Fork = %d, %v; want %v", tt.policy, v, err, tt.err)
		}
		x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Unknown})
	}
}
