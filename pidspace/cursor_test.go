package pidspace_test

import (
	"errors"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// last checks what the space says was given last.
func (x tree) last(want pidspace.VTID, known bool) {
	x.t.Helper()
	if v, ok := x.Last(); v != want || ok != known {
		x.t.Errorf("Last = %d, %v; want %d, %v", v, ok, want, known)
	}
}

func (x tree) setLast(v pidspace.VTID) {
	x.t.Helper()
	if err := x.SetLast(v); err != nil {
		x.t.Errorf("SetLast(%d): %v", v, err)
	}
}

func TestSetLastPrivate(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, PIDMax: 6000, Plan: plan(t, "5500")}), 10)
	x.last(4242, true)
	x.setLast(5000)
	x.last(5000, true)
	x.fork(10, 11, 5001, 5001) // a wish does not use it up
	x.fork(10, 12, 0, 5002)    // the next free one, before the plan
	x.last(5002, true)
	x.fork(10, 13, 0, 5500)
	x.thread(10, 14, 0, 5003) // the sequence goes on from there
	x.setLast(6000)           // pid_max itself is allowed
	x.thread(10, 15, 0, 300)
	x.setLast(0)
	x.fork(10, 16, 0, 2) // 1 is the supervisor
	x.last(2, true)
	for _, v := range []pidspace.VTID{-1, 6001} {
		if err := x.SetLast(v); !errors.Is(err, pidspace.ErrRange) {
			t.Errorf("SetLast(%d): %v; want ErrRange", v, err)
		}
	}
	x.last(2, true)
}

func TestSetLastHost(t *testing.T) {
	x := plant(t, pidspace.Config{Root: 4242}, 10)
	if v, ok := x.Last(); ok {
		t.Errorf("Last = %d; want unknown", v)
	}
	x.setLast(5000)
	x.last(5000, true)
	x.fork(10, 11, 0, 5001)
	if v, ok := x.Last(); ok {
		t.Errorf("after the fork, Last = %d; want unknown", v)
	}
	x.fork(10, 12, 0, 12) // the kernel's choice again
	x.setLast(11)         // 12 is taken
	x.thread(10, 14, 0, 13)
}
