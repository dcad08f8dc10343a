package tracer

import (
	"sync/atomic"
	"time"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// counters are what a run has cost. The tracer adds, anybody reads.
type counters struct {
	calls       [maxCalls]atomic.Uint64 // by call number, two interfaces
	events      [eventCount]atomic.Uint64
	nanoseconds atomic.Int64
	tasks, peak atomic.Int64
}

// maxCalls bounds the numbers that are counted one by one.
const maxCalls = 2 * 512

func (c *counters) call(arch abi.Arch, nr int) {
	if i := nr*2 + int(arch); i >= 0 && i < maxCalls {
		c.calls[i].Add(1)
	}
}

func (c *counters) time(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// born counts a task; now is the number of tasks that live.
func (c *counters) born(now int) {
	c.tasks.Add(1)
	if n := int64(now); n > c.peak.Load() {
		c.peak.Store(n)
	}
}

// stats gives a reading by names.
func (c *counters) stats() Stats {
	s := Stats{Stops: map[string]int{}, SupervisorNS: c.nanoseconds.Load(), Tasks: int(c.tasks.Load()), Peak: int(c.peak.Load())}
	for i := range c.calls {
		if n := c.calls[i].Load(); n != 0 {
			name := "(unknown call)"
			if row := abi.Lookup(abi.Arch(i%2), i/2); row != nil {
				name = row.Name
			}
			s.Stops[name] += int(n)
		}
	}
	for e := range c.events {
		switch e := event(e); e {
		case eventSeccomp, eventSyscall, eventEnd:
			// Counted by call, or no stop.
		default:
			if n := c.events[e].Load(); n != 0 {
				s.Stops["("+e.String()+")"] += int(n)
			}
		}
	}
	return s
}
