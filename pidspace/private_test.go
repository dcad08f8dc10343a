package pidspace_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

func private(c pidspace.Config) pidspace.Config {
	c.Kind = pidspace.Private
	return outside(c)
}

func TestPrivateSequence(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 900, 0, 4243)
	x.thread(900, 33, 0, 4244)
	x.end(900)
	x.fork(10, 901, 0, 4245) // freed numbers wait for the next round
	x.fork(10, 902, 7, 7)    // a wish does not move the sequence
	x.fork(902, 903, 0, 4246)
	// Only the tree exists.
	appears(x, pidspace.RTGID(4242), 0)
	means(x, pidspace.VTGID(901), 0)
	means(x, pidspace.VTGID(0), 0)
}

// TestPrivateWrap follows kernel/pid.c: below 300 a round ends at pid_max and
// the next one starts at 300.
func TestPrivateWrap(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 303, PIDMax: 306}), 10)
	for i, v := range []pidspace.VTGID{304, 305, 300, 301, 302} {
		x.fork(10, pidspace.RTGID(20+i), 0, v)
	}
	if v, err := x.Fork(10, 30, 0); !errors.Is(err, pidspace.ErrExhausted) {
		t.Errorf("Fork in a full space = %d, %v; want ErrExhausted", v, err)
	}
	x.states(map[pidspace.RTID]pidspace.TaskState{30: pidspace.Unknown})
	x.Exit(22) // a zombie's number is busy still
	if v, err := x.Fork(10, 30, 0); !errors.Is(err, pidspace.ErrExhausted) {
		t.Errorf("Fork with a zombie in the way = %d, %v; want ErrExhausted", v, err)
	}
	x.Reap(22)
	x.fork(10, 30, 0, 300)
	// Below 300 nothing is given by itself, but for the asking.
	x.fork(10, 31, 299-2, 297)
}

// TestPrivateFixedNumbers checks where parent, group and session appear.
func TestPrivateFixedNumbers(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		config               pidspace.Config
		parent, group, sesid int32
	}{
		{"default", pidspace.Config{Root: 4242}, 1, 299, 298},
		{"root below", pidspace.Config{Root: 149}, 1, 299, 298},
		{"root near", pidspace.Config{Root: 150}, 1, 3, 2},
		{"root at", pidspace.Config{Root: 299}, 1, 3, 2},
		{"root above", pidspace.Config{Root: 300}, 1, 299, 298},
		{"init", pidspace.Config{Root: 1}, 0, 299, 298},
		{"init with parent", pidspace.Config{Root: 1, PPID: 9}, 9, 299, 298},
		{"chosen", pidspace.Config{Root: 50, PPID: 40, PGID: 41, SID: 42}, 40, 41, 42},
		{"leader", pidspace.Config{Root: 50, PGID: 50, SID: 50}, 1, 50, 50},
		{"planned", pidspace.Config{Root: 1, Plan: plan(t, "299,2-5,298")}, 0, 6, 7},
		{"planned low", pidspace.Config{Root: 200, Plan: plan(t, "3")}, 1, 4, 2},
		{"chosen as the default", pidspace.Config{Root: 5, SID: 299, PPID: 4}, 4, 6, 299},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := plant(t, private(tt.config), 10)
			appears(x, pidspace.RTGID(supervisor), pidspace.VTGID(tt.parent))
			appears(x, pidspace.RPGID(shellGroup), pidspace.VPGID(tt.group))
			appears(x, pidspace.RSID(shellSID), pidspace.VSID(tt.sesid))
			means(x, pidspace.VPGID(tt.group), pidspace.RPGID(shellGroup))
			means(x, pidspace.VSID(tt.sesid), pidspace.RSID(shellSID))
			for _, v := range []int32{tt.parent, tt.group, tt.sesid} {
				if v == 0 {
					continue
				}
				if !x.Busy(v) {
					t.Errorf("%d is not busy", v)
				}
				if got, err := x.Fork(10, 11, pidspace.VTGID(v)); !errors.Is(err, pidspace.ErrInUse) {
					t.Errorf("Fork wanting %d = %d, %v; want ErrInUse", v, got, err)
				}
			}
		})
	}
}

// TestPrivateKinds: one real number that is parent, group and session at once
// is presented differently as each.
func TestPrivateKinds(t *testing.T) {
	x := plant(t, pidspace.Config{Kind: pidspace.Private, Root: 4242,
		Supervisor: 700, InheritedPGID: 700, InheritedSID: 700}, 10)
	appears(x, pidspace.RTID(700), 1)
	appears(x, pidspace.RTGID(700), 1)
	appears(x, pidspace.RPGID(700), 299)
	appears(x, pidspace.RSID(700), 298)
	means(x, pidspace.VTGID(1), 700)
	means(x, pidspace.VPGID(299), 700)
	means(x, pidspace.VSID(298), 700)
	// And not otherwise: there is no group 1 and no process 299.
	means(x, pidspace.VPGID(1), 0)
	means(x, pidspace.VSID(299), 0)
	means(x, pidspace.VTGID(299), 0)
	// A group or session of the tree's own is what its leader is.
	x.Setsid(10)
	appears(x, x.Pgid(10), 4242)
	appears(x, x.Sid(10), 4242)
	means(x, pidspace.VPGID(4242), 10)
}

// TestPrivateRootLeadsLater: the root appears to lead a group and then does.
// Who stayed in the inherited group sees the same number as before.
func TestPrivateRootLeadsLater(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, PGID: 4242, SID: 4242}), 10)
	x.fork(10, 11, 0, 4243)
	means(x, pidspace.VPGID(4242), shellGroup)
	x.Setsid(10)
	appears(x, x.Pgid(10), 4242)
	appears(x, x.Pgid(11), 4242)
	appears(x, x.Sid(11), 4242)
	means(x, pidspace.VPGID(4242), 10)
	means(x, pidspace.VSID(4242), 10)
}

// TestPrivateGroupIssuedAgain: when the kernel issues the number of the
// inherited group, that group is history.
func TestPrivateGroupIssuedAgain(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.Setsid(10)
	x.fork(10, shellGroup, 0, 4243)
	appears(x, pidspace.RPGID(shellGroup), 4243)
	means(x, pidspace.VPGID(299), 0)
	x.fork(10, shellSID, 0, 4244)
	appears(x, pidspace.RSID(shellSID), 4244)
	means(x, pidspace.VSID(298), 0)
	if !x.Busy(299) || !x.Busy(298) {
		t.Error("the fixed numbers came free, by chance of real numbers")
	}
}

// TestPrivateTwoRuns gives the same history two sets of real numbers.
func TestPrivateTwoRuns(t *testing.T) {
	run := func(real func(i int) pidspace.RTGID) []pidspace.VTGID {
		x := plant(t, pidspace.Config{Kind: pidspace.Private, Root: 295, PIDMax: 340,
			Supervisor: real(1000), InheritedPGID: pidspace.RPGID(real(1001)),
			InheritedSID: pidspace.RSID(real(1001))}, real(0))
		seen := []pidspace.VTGID{295}
		for i := 1; i < 200; i++ {
			v, err := x.Fork(pidspace.RTID(real(0)), real(i), 0)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, v)
			if i%3 == 0 {
				x.Setpgid(real(i), pidspace.RPGID(real(i-1)))
			}
			if i > 20 {
				x.end(real(i - 20))
			}
		}
		return seen
	}
	up := run(func(i int) pidspace.RTGID { return pidspace.RTGID(5000 + i) })
	down := run(func(i int) pidspace.RTGID { return pidspace.RTGID(4000000 - 7*i) })
	if !slices.Equal(up, down) {
		t.Errorf("numbers differ between runs:\n%v\n%v", up, down)
	}
}

// TestPrivateTombstones: what is gone can still be named from inside the
// kernel, but not from outside.
func TestPrivateTombstones(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 0, 4243)
	x.end(11)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
	appears(x, pidspace.RTGID(11), 4243)
	appears(x, pidspace.RPGID(11), 4243)
	means(x, pidspace.VTGID(4243), 0)
	if x.Busy(4243) {
		t.Error("a released number is busy")
	}
	// The number goes to another process; the stale name stays what it was.
	x.fork(10, 12, 4243, 4243)
	appears(x, pidspace.RTGID(11), 4243)
	means(x, pidspace.VTGID(4243), 12)
	// Real reuse in the tree ends it.
	x.fork(10, 11, 0, 4244)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Live})
}

func TestPrivateTombstonesAreBounded(t *testing.T) {
	const limit = 32768
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	const first = 100000
	for r := pidspace.RTGID(first); r <= first+limit; r++ {
		if _, err := x.Fork(10, r, 0); err != nil {
			t.Fatal(err)
		}
		x.end(r)
	}
	x.states(map[pidspace.RTID]pidspace.TaskState{
		first: pidspace.Unknown, first + 1: pidspace.Tombstone, first + limit: pidspace.Tombstone})
	appears(x, pidspace.RTGID(first), 0)
	appears(x, pidspace.RTGID(first+limit), 4243+limit)
}

func TestPrivatePlan(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, Plan: plan(t, "5000,4244-4246,9")}), 10)
	x.thread(10, 20, 0, 4243) // threads do not use the plan up
	x.thread(10, 21, 0, 4247) // and what is planned is not given away
	x.fork(10, 11, 0, 5000)
	x.fork(10, 12, 0, 4244)
	x.fork(10, 13, 4246, 4246) // whoever asks takes it out of the plan
	x.fork(10, 14, 0, 4245)
	x.fork(10, 15, 0, 9)
	x.fork(10, 16, 0, 4248)
}

func TestPrivateWant(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242, PIDMax: 5000}), 10)
	x.fork(10, 11, 0, 4243)
	for _, tt := range []struct {
		want pidspace.VTGID
		err  error
	}{
		{4242, pidspace.ErrInUse}, {4243, pidspace.ErrInUse}, {1, pidspace.ErrInUse},
		{5000, pidspace.ErrRange}, {-1, pidspace.ErrRange}, {pidspace.Limit, pidspace.ErrRange},
	} {
		if v, err := x.Fork(10, 12, tt.want); !errors.Is(err, tt.err) || v != 0 {
			t.Errorf("Fork wanting %d = %d, %v; want %v", tt.want, v, err, tt.err)
		}
		if v, err := x.Thread(10, 12, pidspace.VTID(tt.want)); !errors.Is(err, tt.err) || v != 0 {
			t.Errorf("Thread wanting %d = %d, %v; want %v", tt.want, v, err, tt.err)
		}
	}
	if x.Len() != 2 || x.State(12) != pidspace.Unknown {
		t.Errorf("refused births left %d tasks, and %v", x.Len(), x.State(12))
	}
	x.fork(10, 12, 4999, 4999)
}
