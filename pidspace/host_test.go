package pidspace_test

import (
	"errors"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// gone is a Gone for which no real number exists but these.
func gone(exist ...pidspace.RTID) func(pidspace.RTID) bool {
	return func(r pidspace.RTID) bool {
		for _, e := range exist {
			if r == e {
				return false
			}
		}
		return true
	}
}

func TestHostRoot(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242}), 10)
	x.is(10, 4242)
	// A host process that is 4242 appears as 10, as every kind of id.
	x.is(4242, 10)
	appears(x, pidspace.RPGID(4242), 10)
	means(x, pidspace.VSID(10), 4242)
	// Everybody else is who they are.
	x.is(1, 1)
	x.is(supervisor, supervisor)
	appears(x, pidspace.RPGID(shellGroup), shellGroup)
	appears(x, pidspace.RSID(shellSID), shellSID)
	x.is(pidspace.MaxPID, pidspace.MaxPID)
}

// TestHostNoIDs: numbers that cannot be ids pass through for the kernel to judge.
func TestHostNoIDs(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242}), 10)
	for _, n := range []int32{0, -1, -4242, pidspace.Limit, 0x7fffffff} {
		if r, ok := pidspace.ToReal(x.Space, pidspace.VPGID(n)); int32(r) != n || !ok {
			t.Errorf("ToReal(%d) = %d, %v", n, r, ok)
		}
		if v, ok := pidspace.ToVirtual(x.Space, pidspace.RTID(n)); int32(v) != n || !ok {
			t.Errorf("ToVirtual(%d) = %d, %v", n, v, ok)
		}
	}
}

// TestHostRootIsItself: a root that really has the number leaves no trace.
func TestHostRootIsItself(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242}), 4242)
	x.is(4242, 4242)
	x.fork(4242, 4243, 0, 4243)
}

// TestHostRootTakesTheSupervisorsNumber: which number the supervisor has is
// chance, so it must not matter.
func TestHostRootTakesTheSupervisorsNumber(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: supervisor}), 10)
	x.is(10, supervisor)
	x.is(supervisor, 10)
}

func TestHostRootTakesItsGroupsNumber(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: shellGroup}), 10)
	x.is(10, shellGroup)
	appears(x, x.Pgid(10), 10)
	means(x, pidspace.VPGID(10), shellGroup)
	means(x, pidspace.VPGID(shellGroup), 10)
}

func TestHostChildren(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 0, 11)
	x.thread(11, 12, 0, 12)
	x.fork(12, 13, 999999, 999999) // above what the host would ever issue
	x.fork(13, 14, 15, 15)
	x.is(15, 14)
	// The kernel issues 15, which a task of the tree presents: the child is
	// what the permutation has for it.
	x.fork(13, 15, 0, 14)
	// The same for the root's number.
	x.fork(10, 4242, 0, 10)
	for _, v := range []pidspace.VTGID{4242, 11, 999999, 15, 14, 10} {
		if got, err := x.Fork(10, 99, v); !errors.Is(err, pidspace.ErrInUse) {
			t.Errorf("Fork wanting %d = %d, %v; want ErrInUse", v, got, err)
		}
	}
	x.fork(10, 99, 13, 13)
}

// TestHostPairs: what was exchanged for the sake of a task that is gone is
// exchanged back when a number of the pair is born again, if nobody minds.
func TestHostPairs(t *testing.T) {
	setup := func(t *testing.T, g func(pidspace.RTID) bool) tree {
		x := plant(t, outside(pidspace.Config{Root: 4242, Gone: g}), 10)
		x.fork(10, 11, 5000, 5000)
		return x
	}
	t.Run("number born again", func(t *testing.T) {
		x := setup(t, nil)
		x.end(11)
		x.fork(10, 5000, 0, 5000)
		x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Unknown})
	})
	t.Run("task born again", func(t *testing.T) {
		x := setup(t, gone())
		x.end(11)
		x.fork(10, 11, 0, 11)
		x.is(5000, 5000)
	})
	t.Run("task born again, not known to be safe", func(t *testing.T) {
		x := setup(t, nil)
		x.end(11)
		x.fork(10, 11, 0, 5000)
	})
	t.Run("outsider has the number", func(t *testing.T) {
		x := setup(t, gone(5000))
		x.end(11)
		x.fork(10, 11, 0, 5000)
		x.is(5000, 11)
	})
	t.Run("outsider has the task's number", func(t *testing.T) {
		x := setup(t, gone(11))
		x.end(11)
		x.fork(10, 5000, 0, 11)
		x.is(11, 5000)
	})
	t.Run("zombie", func(t *testing.T) {
		x := setup(t, gone(11))
		x.Exit(11)
		x.fork(10, 5000, 0, 11)
		x.is(11, 5000)
	})
}

// TestHostTombstones: the map itself remembers, until the number is needed.
func TestHostTombstones(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 5000, 5000)
	x.fork(10, 12, 0, 12)
	x.end(11)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
	x.is(11, 5000)
	x.fork(10, 13, 5000, 5000)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Unknown})
	x.is(11, 13)
}

func TestHostPresented(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242, PPID: 77, PGID: 88, SID: 88}), 10)
	x.is(supervisor, 77)
	x.is(77, supervisor)
	// The group 600 appears as 88, and a group that is 88 as 600, but the
	// processes of these numbers are themselves.
	appears(x, pidspace.RPGID(shellGroup), 88)
	means(x, pidspace.VPGID(88), shellGroup)
	appears(x, pidspace.RPGID(88), shellGroup)
	means(x, pidspace.VPGID(shellGroup), 88)
	x.is(shellGroup, shellGroup)
	x.is(88, 88)
	appears(x, pidspace.RSID(shellSID), 88)
	means(x, pidspace.VSID(shellSID), 88)
	for _, v := range []pidspace.VTGID{77, 88} {
		if got, err := x.Fork(10, 11, v); !errors.Is(err, pidspace.ErrInUse) {
			t.Errorf("Fork wanting %d = %d, %v; want ErrInUse", v, got, err)
		}
	}
	// A child that really is 88 would, as a group leader, be mistaken for
	// the inherited group.
	v, err := x.Fork(10, 88, 0)
	if err != nil || v == 88 {
		t.Errorf("child 88 = %d, %v; want another number", v, err)
	}
}

// TestHostRootLeadsLater is TestPrivateRootLeadsLater in the host space.
func TestHostRootLeadsLater(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242, PGID: 4242, SID: 4242}), 10)
	appears(x, x.Pgid(10), 4242)
	means(x, pidspace.VPGID(4242), shellGroup)
	appears(x, pidspace.RPGID(10), shellGroup)
	x.fork(10, 11, 0, 11)
	x.Setsid(10)
	appears(x, x.Pgid(10), 4242)
	appears(x, x.Pgid(11), 4242)
	means(x, pidspace.VPGID(4242), 10)
	means(x, pidspace.VPGID(shellGroup), shellGroup)
}

// TestHostPlan: a plan does not fail because by chance the supervisor, the
// shell or a thread has a number of it.
func TestHostPlan(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242, Plan: plan(t, "700,600,500,30-32")}), 10)
	for _, r := range []pidspace.RTGID{supervisor, shellGroup, shellSID} {
		if v, ok := pidspace.ToVirtual(x.Space, r); int32(v) == int32(r) || !ok {
			t.Errorf("%d appears as %d, which is planned", r, v)
		}
	}
	parent, _ := pidspace.ToVirtual(x.Space, pidspace.RTGID(supervisor))
	if v, err := x.Thread(10, 31, 0); err != nil || v == 31 {
		t.Errorf("thread 31 = %d, %v; want another number", v, err)
	}
	x.fork(10, 11, 0, 700)
	x.fork(10, 12, 0, 600)
	x.fork(10, 13, 0, 500)
	x.fork(10, 14, 0, 30)
	x.fork(10, 32, 0, 31)
	x.fork(10, 33, 0, 32)
	x.fork(10, 34, 0, 34)
	if again, _ := pidspace.ToVirtual(x.Space, pidspace.RTGID(supervisor)); again != parent {
		t.Errorf("the parent was %d and is %d", parent, again)
	}
}

// TestHostEvadesBesideTheRoot: the first substitute would be the largest
// number, which the root has.
func TestHostEvadesBesideTheRoot(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: pidspace.MaxPID, Plan: plan(t, "700")}), 10)
	x.is(10, pidspace.MaxPID)
	x.is(supervisor, pidspace.MaxPID-1)
}

// TestHostNoSubstitute: a plan that takes every number leaves none for a thread
// whose own number is planned.
func TestHostNoSubstitute(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 1, PIDMax: 301, Plan: plan(t, "2-300")}), 10)
	if v, err := x.Thread(10, 50, 0); !errors.Is(err, pidspace.ErrExhausted) {
		t.Errorf("Thread = %d, %v; want ErrExhausted", v, err)
	}
	x.thread(10, 301, 0, 301) // beyond PIDMax, but really its own
	x.fork(10, 50, 0, 2)
}

// TestHostPolicy: a policy may decide in the host space, too, and leaves the
// parent its number.
func TestHostPolicy(t *testing.T) {
	c := pidspace.Config{Root: 698, Policy: pidspace.Sequential()}
	x := plant(t, outside(c), 10)
	x.fork(10, 11, 0, 699)
	x.fork(10, 12, 0, 701)
	x.is(supervisor, supervisor)
}

// TestHostMapIsBounded: a number chosen for each of many tasks does not stay
// in the map for ever.
func TestHostMapIsBounded(t *testing.T) {
	x := plant(t, outside(pidspace.Config{Root: 4242, Gone: gone(), Policy: pidspace.Sequential()}), 10)
	const n = 40000
	for i := pidspace.RTGID(0); i < n; i++ {
		r := 3000000 + i
		if _, err := x.Fork(10, r, 0); err != nil {
			t.Fatal(err)
		}
		x.end(r)
	}
	x.is(3000000, 3000000)
	x.is(4243, 4243)
	appears(x, pidspace.RTGID(3000000+n-1), 4242+n)
}
