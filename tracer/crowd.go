package tracer

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A crowd tells whether the processor that a tree is gathered on is wanted by
// others as well. The kernel would move a program away from those; one that is
// held where it is waits, however idle another processor may be.
//
// It looks at how long the tasks were ready to run and did not, in the kernel's
// own account (proc(5), /proc/PID/schedstat). Tasks of a tree wait for each
// other, too, but for moments only.
type crowd struct {
	since time.Time
	seen  map[int]waiting
}

// waiting is what a task has waited for a processor, and how often it got one.
type waiting struct{ time, turns int64 }

const (
	// crowdWindow is how long the waiting is added up before it says anything.
	crowdWindow = 50 * time.Millisecond
	// handOver is what a task may wait at each turn for another of the tree to
	// go to sleep that has just woken it.
	handOver = 10 * time.Microsecond
	// crowdShare is the part of the time, one in so many, that has to be spent
	// waiting.
	crowdShare = 4
)

// restart begins to add up anew.
func (c *crowd) restart(now time.Time, tids []int) {
	c.since, c.seen = now, accounts(tids)
}

// found tells whether a window has passed, and if so whether the tasks had to
// wait for others in it.
func (c *crowd) found(now time.Time, tids []int) (over, crowded bool) {
	passed := now.Sub(c.since)
	if passed < crowdWindow {
		return false, false
	}
	before := c.seen
	c.restart(now, tids)
	return true, waited(before, c.seen) > passed/crowdShare
}

// waited adds up what tasks have waited for others than those of the tree.
func waited(before, now map[int]waiting) (sum time.Duration) {
	for tid, is := range now {
		was := before[tid] // of a new one nothing
		sum += time.Duration(is.time-was.time) - time.Duration(is.turns-was.turns)*handOver
	}
	return sum
}

// accounts reads how long each task has waited. Kernels without the account
// (CONFIG_SCHED_INFO) leave it empty.
func accounts(tids []int) map[int]waiting {
	all := make(map[int]waiting, len(tids))
	for _, tid := range tids {
		if w, ok := account(tid); ok {
			all[tid] = w
		}
	}
	return all
}

// account reads the three numbers of schedstat: time on a processor, time spent
// waiting for one, both in nanoseconds, and turns.
func account(tid int) (w waiting, ok bool) {
	var buf [96]byte
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/schedstat", tid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return w, false
	}
	n, err := unix.Read(fd, buf[:])
	unix.Close(fd)
	if err != nil {
		return w, false
	}
	f := bytes.Fields(buf[:n])
	if len(f) != 3 {
		return w, false
	}
	if w.time, err = strconv.ParseInt(string(f[1]), 10, 64); err != nil {
		return w, false
	}
	w.turns, err = strconv.ParseInt(string(f[2]), 10, 64)
	return w, err == nil
}
