package pidspace_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

var kinds = []pidspace.Kind{pidspace.Host, pidspace.Private}

// TestTranslationsDoNotAllocate, for the supervisor does several at each stop.
func TestTranslationsDoNotAllocate(t *testing.T) {
	for _, kind := range kinds {
		x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242}), 10)
		x.Setpgid(10, 10)
		n := testing.AllocsPerRun(100, func() {
			v, _ := pidspace.ToVirtual(x.Space, pidspace.RTID(10))
			g, _ := pidspace.ToVirtual(x.Space, x.Pgid(10))
			s, _ := pidspace.ToVirtual(x.Space, x.Sid(10))
			p, _ := pidspace.ToVirtual(x.Space, pidspace.RTGID(supervisor))
			pidspace.ToReal(x.Space, v)
			pidspace.ToReal(x.Space, g)
			pidspace.ToReal(x.Space, s)
			pidspace.ToReal(x.Space, p)
			x.State(10)
			x.Busy(4243)
		})
		if n != 0 {
			t.Errorf("%v: %v allocations", kind, n)
		}
	}
}

// TestMemory: an empty space of all numbers costs nothing, and what many short
// processes leave behind is bounded.
func TestMemory(t *testing.T) {
	for _, kind := range kinds {
		before := heap()
		x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242}), 10)
		if used := heap() - before; used > 64<<10 {
			t.Errorf("%v: a space with one task takes %d bytes", kind, used)
		}
		for r := pidspace.RTGID(100000); r < 180000; r++ {
			if _, err := x.Fork(10, r, 0); err != nil {
				t.Fatal(err)
			}
			x.end(r)
		}
		if used := heap() - before; used > 4<<20 {
			t.Errorf("%v: %d bytes are left of 80000 short processes", kind, used)
		}
		runtime.KeepAlive(x)
	}
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestConcurrentReaders runs readers beside the one that changes the space;
// the race detector is the judge, and the root's number, which must not move.
func TestConcurrentReaders(t *testing.T) {
	for _, kind := range kinds {
		x := plant(t, outside(pidspace.Config{Kind: kind, Root: 4242, Policy: pidspace.Reuse()}), 10)
		done := make(chan struct{})
		var readers sync.WaitGroup
		for range 3 {
			readers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					v, ok := pidspace.ToVirtual(x.Space, pidspace.RTGID(10))
					if r, back := pidspace.ToReal(x.Space, v); v != 4242 || r != 10 || !ok || !back {
						t.Errorf("the root is %d, and that is %d", v, r)
						return
					}
					for _, p := range x.Processes() {
						x.Threads(p)
						x.Members(x.Pgid(pidspace.RTID(p)))
						x.State(pidspace.RTID(p))
					}
					x.Busy(4243)
					x.Len()
				}
			})
		}
		for i := range pidspace.RTGID(2000) {
			r := 1000 + i
			if _, err := x.Fork(10, r, 0); err != nil {
				t.Error(err)
				break
			}
			if _, err := x.Thread(pidspace.RTID(r), pidspace.RTID(r+100000), 0); err != nil {
				t.Error(err)
				break
			}
			x.Setsid(r)
			x.Exec(r, pidspace.RTID(r+100000))
			if i >= 5 {
				x.end(r - 5)
			}
		}
		close(done)
		readers.Wait()
	}
}

func BenchmarkForkExitReap(b *testing.B) {
	for _, kind := range kinds {
		for _, others := range []int{0, 10000} {
			b.Run(fmt.Sprintf("%v/beside=%d", kind, others), func(b *testing.B) {
				s, err := pidspace.New(outside(pidspace.Config{Kind: kind, Root: 4242}))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Root(10); err != nil {
					b.Fatal(err)
				}
				fork := func(r pidspace.RTGID) {
					if _, err := s.Fork(10, r, 0); err != nil {
						b.Fatal(err)
					}
				}
				for i := range others {
					fork(pidspace.RTGID(3000000 + i))
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					r := pidspace.RTGID(10000 + i%2000000)
					fork(r)
					s.Exit(pidspace.RTID(r))
					s.Reap(r)
				}
			})
		}
	}
}

func BenchmarkTranslate(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind.String(), func(b *testing.B) {
			s, err := pidspace.New(outside(pidspace.Config{Kind: kind, Root: 4242}))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Root(10); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				v, _ := pidspace.ToVirtual(s, pidspace.RTID(10))
				pidspace.ToReal(s, v)
			}
		})
	}
}
