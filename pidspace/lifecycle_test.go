package pidspace_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// TestInheritance: a child begins in the group and session of its parent.
func TestInheritance(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	place := func(r pidspace.RTID, group pidspace.RPGID, session pidspace.RSID) {
		t.Helper()
		if x.Pgid(r) != group || x.Sid(r) != session {
			t.Errorf("%d is in group %d of session %d; want %d, %d", r, x.Pgid(r), x.Sid(r), group, session)
		}
	}
	place(10, shellGroup, shellSID)
	x.fork(10, 11, 0, 4243)
	place(11, shellGroup, shellSID)
	x.Setpgid(11, 11)
	place(11, 11, shellSID)
	x.thread(11, 12, 0, 4244)
	place(12, 11, shellSID)
	x.fork(12, 13, 0, 4245)
	place(13, 11, shellSID)
	x.Setsid(13)
	place(13, 13, 13)
	x.fork(13, 14, 0, 4246)
	place(14, 13, 13)
	x.Setpgid(14, 0) // as in setpgid(2)
	place(14, 14, 13)
	x.Setpgid(10, 11)
	if got := x.Members(11); !slices.Equal(got, []pidspace.RTGID{11, 10}) {
		t.Errorf("members of 11: %v", got)
	}
	if got := x.Members(shellGroup); len(got) != 0 {
		t.Errorf("members of the inherited group: %v", got)
	}
	if got := x.Processes(); !slices.Equal(got, []pidspace.RTGID{10, 11, 13, 14}) {
		t.Errorf("processes: %v", got)
	}
	if x.Tgid(12) != 11 || x.Tgid(99) != 0 || x.Pgid(99) != 0 || x.Sid(99) != 0 {
		t.Errorf("Tgid(12) = %d; of strangers %d, %d, %d", x.Tgid(12), x.Tgid(99), x.Pgid(99), x.Sid(99))
	}
	if x.Len() != 5 {
		t.Errorf("Len = %d, want 5", x.Len())
	}
}

// TestNumberOutlivesItsTask: a group or session keeps the number busy, and it
// can be named by those that are left.
func TestNumberOutlivesItsTask(t *testing.T) {
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		t.Run(kind.String(), func(t *testing.T) {
			x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242}), 10)
			x.fork(10, 11, 5000, 5000)
			x.Setsid(11)
			x.fork(11, 12, 5001, 5001)
			x.fork(11, 13, 5002, 5002)
			x.Setpgid(13, 13)
			x.end(11)
			x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
			refused := func() {
				t.Helper()
				if v, err := x.Fork(10, 14, 5000); !errors.Is(err, pidspace.ErrInUse) {
					t.Errorf("Fork wanting 5000 = %d, %v; want ErrInUse", v, err)
				}
			}
			refused() // a group and a session
			appears(x, x.Pgid(12), 5000)
			means(x, pidspace.VPGID(5000), 11)
			x.Setpgid(12, 13)
			refused() // a session only
			appears(x, x.Sid(13), 5000)
			means(x, pidspace.VSID(5000), 11)
			x.end(12)
			x.Exit(13)
			refused() // of a zombie only
			x.Reap(13)
			if x.Busy(5000) {
				t.Error("5000 is busy without members")
			}
			x.fork(10, 14, 5000, 5000)
		})
	}
}

// TestZombie: a zombie has its number, group and session until it is reaped.
func TestZombie(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 0, 4243)
	x.Setpgid(11, 11)
	x.Exit(11)
	x.Exit(11)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Zombie})
	x.is(11, 4243)
	if x.Pgid(11) != 11 || !slices.Equal(x.Members(11), []pidspace.RTGID{11}) || x.Len() != 2 {
		t.Errorf("zombie: group %d, members %v, Len %d", x.Pgid(11), x.Members(11), x.Len())
	}
	x.fork(11, 12, 0, 4244) // reported late
	if x.Pgid(12) != 11 {
		t.Errorf("child of a zombie is in group %d", x.Pgid(12))
	}
	x.Reap(11)
	x.Reap(11)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
	if x.Len() != 2 || x.Pgid(11) != 0 {
		t.Errorf("after Reap: Len %d, group %d", x.Len(), x.Pgid(11))
	}
}

func TestThreads(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.thread(10, 20, 0, 4243)
	x.thread(20, 21, 0, 4244)
	x.thread(10, 22, 99, 99)
	x.Exit(20)
	x.states(map[pidspace.RTID]pidspace.TaskState{20: pidspace.Tombstone})
	if x.Busy(4243) {
		t.Error("the number of an ended thread is busy")
	}
	// The leader ends first: the process goes on.
	x.Exit(10)
	x.states(map[pidspace.RTID]pidspace.TaskState{10: pidspace.Zombie, 21: pidspace.Live})
	if got := x.Threads(10); !slices.Equal(got, []pidspace.RTID{10, 21, 22}) {
		t.Errorf("threads: %v", got)
	}
	if x.Threads(21) != nil {
		t.Errorf("threads of a thread: %v", x.Threads(21))
	}
	x.thread(21, 23, 0, 4245)
	x.Reap(10)
	if x.Len() != 0 || len(x.Processes()) != 0 {
		t.Errorf("after Reap: %d tasks, processes %v", x.Len(), x.Processes())
	}
	x.states(map[pidspace.RTID]pidspace.TaskState{
		10: pidspace.Tombstone, 21: pidspace.Tombstone, 23: pidspace.Tombstone})
}

// TestExec follows de_thread in fs/exec.c.
func TestExec(t *testing.T) {
	setup := func(t *testing.T) tree {
		x := plant(t, private(pidspace.Config{Root: 4242}), 10)
		x.thread(10, 20, 0, 4243)
		x.thread(10, 21, 0, 4244)
		x.fork(20, 30, 0, 4245)
		x.Setsid(10)
		return x
	}
	check := func(t *testing.T, x tree) {
		t.Helper()
		x.is(10, 4242)
		x.states(map[pidspace.RTID]pidspace.TaskState{10: pidspace.Live,
			20: pidspace.Tombstone, 21: pidspace.Tombstone, 30: pidspace.Live})
		means(x, pidspace.VTID(4243), 0)
		means(x, pidspace.VTID(4244), 0)
		if got := x.Threads(10); !slices.Equal(got, []pidspace.RTID{10}) {
			t.Errorf("threads: %v", got)
		}
		if x.Sid(10) != 10 || x.Pgid(10) != 10 || x.Len() != 2 {
			t.Errorf("session %d, group %d, Len %d", x.Sid(10), x.Pgid(10), x.Len())
		}
	}
	t.Run("leader", func(t *testing.T) {
		x := setup(t)
		x.Exec(10, 10)
		check(t, x)
	})
	t.Run("thread", func(t *testing.T) {
		x := setup(t)
		x.Exec(10, 20)
		check(t, x)
	})
	t.Run("thread, leader seen to end", func(t *testing.T) {
		x := setup(t)
		x.Exit(10)
		x.Exec(10, 21)
		check(t, x)
	})
	t.Run("thread, never seen", func(t *testing.T) {
		x := setup(t)
		x.Exit(10)
		x.Exec(10, 99)
		check(t, x)
	})
}

// TestBornAgain: the kernel has the last word on which numbers are free.
func TestBornAgain(t *testing.T) {
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		for _, state := range []string{"zombie", "live", "thread"} {
			t.Run(kind.String()+" "+state, func(t *testing.T) {
				x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242}), 10)
				x.fork(10, 11, 5000, 5000)
				x.thread(11, 12, 5001, 5001)
				r := pidspace.RTGID(11)
				switch state {
				case "zombie":
					x.Exit(12)
					x.Exit(11)
				case "thread":
					r = 12
				}
				v, err := x.Fork(10, r, 6000)
				if err != nil || v != 6000 {
					t.Fatalf("Fork = %d, %v", v, err)
				}
				x.is(pidspace.RTID(r), 6000)
				if old := int32(r) - 11 + 5000; x.Busy(old) {
					t.Errorf("%d is busy still", old)
				}
			})
		}
	}
}

// TestGroupIssuedAgain: a number that is recorded as a group is issued as a
// task, which proves that the group is empty.
func TestGroupIssuedAgain(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 0, 4243)
	x.Setpgid(11, 11)
	x.fork(11, 12, 0, 4244)
	x.fork(11, 13, 0, 4245)
	x.end(11)
	x.Exit(12) // and its end in the parent's wait is not seen
	x.fork(10, 11, 0, 4246)
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Live, 12: pidspace.Tombstone, 13: pidspace.Live})
	if x.Pgid(13) != 0 || x.Pgid(11) != shellGroup {
		t.Errorf("groups: 13 in %d, 11 in %d", x.Pgid(13), x.Pgid(11))
	}
	if x.Busy(4243) || x.Busy(4244) {
		t.Error("a number of the former group is busy")
	}
}

// TestGroupComesBack: a process joins a group that was taken to be empty.
func TestGroupComesBack(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.fork(10, 11, 0, 4243)
	x.fork(10, 12, 0, 4244)
	x.end(11)
	x.Setpgid(12, 11)
	appears(x, x.Pgid(12), 4243)
	means(x, pidspace.VPGID(4243), 11)
	if !x.Busy(4243) {
		t.Error("a group with a member is not busy")
	}
	x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
}

// TestGone: zombies whose collection was not seen do not keep their numbers.
func TestGone(t *testing.T) {
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		t.Run(kind.String(), func(t *testing.T) {
			released := map[pidspace.RTID]bool{}
			x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242,
				Gone: func(r pidspace.RTID) bool { return released[r] }}), 10)
			x.fork(10, 11, 5000, 5000)
			x.Setpgid(11, 11)
			x.fork(11, 12, 5001, 5001)
			released[11], released[12] = true, true
			refused := func(why string) {
				t.Helper()
				if v, err := x.Fork(10, 13, 5000); !errors.Is(err, pidspace.ErrInUse) {
					t.Errorf("%s: Fork wanting 5000 = %d, %v; want ErrInUse", why, v, err)
				}
			}
			refused("a live task is not asked about")
			x.Exit(11)
			refused("its group has a live member")
			x.states(map[pidspace.RTID]pidspace.TaskState{11: pidspace.Tombstone})
			x.Exit(12)
			released[12] = false
			refused("its group has a zombie")
			released[12] = true
			x.fork(10, 13, 5000, 5000)
			x.states(map[pidspace.RTID]pidspace.TaskState{12: pidspace.Tombstone})
		})
	}
}

// TestSweep: without any collection seen, records follow the zombies there are.
func TestSweep(t *testing.T) {
	released := func(r pidspace.RTID) bool { return r != 11 }
	x := plant(t, private(pidspace.Config{Root: 4242, Gone: released}), 10)
	x.fork(10, 11, 0, 4243)
	x.Exit(11)
	most := 0
	for r := pidspace.RTGID(1000); r < 6000; r++ {
		if _, err := x.Fork(10, r, 0); err != nil {
			t.Fatal(err)
		}
		x.Exit(pidspace.RTID(r))
		most = max(most, x.Len())
	}
	if most > 300 {
		t.Errorf("up to %d tasks recorded for 3 that there were", most)
	}
	x.states(map[pidspace.RTID]pidspace.TaskState{10: pidspace.Live, 11: pidspace.Zombie})
}

// TestStrangers: events of what is not in the tree change nothing.
func TestStrangers(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.thread(10, 11, 0, 4243)
	for _, r := range []int32{99, 0, -1, supervisor, shellGroup} {
		x.Exit(pidspace.RTID(r))
		x.Reap(pidspace.RTGID(r))
		x.Exec(pidspace.RTGID(r), 10)
		x.Setsid(pidspace.RTGID(r))
		x.Setpgid(pidspace.RTGID(r), 10)
		x.Setpgid(10, pidspace.RPGID(min(r, -1)))
	}
	x.Reap(11) // a thread is not reaped, nor does it lead anything
	x.Setsid(11)
	x.Setpgid(11, 11)
	x.Exec(11, 11)
	if x.Len() != 2 || x.Pgid(10) != shellGroup || x.Sid(11) != shellSID {
		t.Errorf("Len %d, group %d, session %d", x.Len(), x.Pgid(10), x.Sid(11))
	}
	for _, r := range []pidspace.RTID{99, 0, supervisor, 50} {
		if v, err := x.Fork(r, 50, 0); !errors.Is(err, pidspace.ErrUnknown) {
			t.Errorf("Fork by %d = %d, %v; want ErrUnknown", r, v, err)
		}
		if v, err := x.Thread(r, 50, 0); !errors.Is(err, pidspace.ErrUnknown) {
			t.Errorf("Thread of %d = %d, %v; want ErrUnknown", r, v, err)
		}
	}
	if v, err := x.Thread(11, 10, 0); !errors.Is(err, pidspace.ErrUnknown) {
		t.Errorf("a leader as a thread of its own: %d, %v; want ErrUnknown", v, err)
	}
}

func TestBirthErrors(t *testing.T) {
	s, err := pidspace.New(private(pidspace.Config{Root: 4242}))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Adopt(11, 0, 0, 0); !errors.Is(err, pidspace.ErrUnknown) {
		t.Errorf("Adopt before Root = %d, %v; want ErrUnknown", v, err)
	}
	for r, want := range map[pidspace.RTGID]error{
		0: pidspace.ErrRange, -3: pidspace.ErrRange, pidspace.Limit: pidspace.ErrRange,
		supervisor: pidspace.ErrInUse,
	} {
		if v, err := s.Root(r); !errors.Is(err, want) {
			t.Errorf("Root(%d) = %d, %v; want %v", r, v, err, want)
		}
	}
	if _, err := s.Root(10); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Root(11); !errors.Is(err, pidspace.ErrInUse) {
		t.Errorf("second Root = %d, %v; want ErrInUse", v, err)
	}
	if v, err := s.Fork(10, supervisor, 0); !errors.Is(err, pidspace.ErrInUse) {
		t.Errorf("the supervisor's birth = %d, %v; want ErrInUse", v, err)
	}
	if v, err := s.Adopt(0, 0, 0, 0); !errors.Is(err, pidspace.ErrRange) {
		t.Errorf("Adopt(0) = %d, %v; want ErrRange", v, err)
	}
}

// TestAdopt: a process whose parent could not tell is placed as the kernel says.
func TestAdopt(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 4242}), 10)
	x.Setsid(10)
	v, err := x.Adopt(11, 10, 10, 0)
	if err != nil || v != 4243 {
		t.Fatalf("Adopt = %d, %v; want 4243", v, err)
	}
	if x.Pgid(11) != 10 || x.Sid(11) != 10 {
		t.Errorf("11 is in group %d, session %d", x.Pgid(11), x.Sid(11))
	}
	if v, err := x.Adopt(12, 0, 0, 5000); err != nil || v != 5000 {
		t.Fatalf("Adopt = %d, %v; want 5000", v, err)
	}
	if x.Pgid(12) != 0 || x.Sid(12) != 0 {
		t.Errorf("12 is in group %d, session %d", x.Pgid(12), x.Sid(12))
	}
	x.Setsid(12)
	appears(x, x.Sid(12), 5000)
}
