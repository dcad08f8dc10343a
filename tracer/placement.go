package tracer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A placement decides on which processors the tree and the supervisor run.
//
// A stop costs two switches between the tracee and the supervisor. On one
// processor that is a few microseconds; on two, each switch wakes an idle
// processor, which costs ten times as much on a virtual machine. So as long
// as mostly one task of the tree wants to run, all are gathered with the
// supervisor on one processor; when two want to, they are scattered over those
// that they had. (A shell that starts one program after the other has two busy
// tasks only while one makes the other: see company.) So they are when they
// have to wait for processes of others there (crowd), for the kernel to choose
// again. Programs never see it: sched_getaffinity and /proc show what was there
// before. A task that sets its own affinity keeps it.
//
// The tracer thread calls the methods; the watch goroutine scatters, because
// two busy tasks may never stop.
type placement struct {
	mu       sync.Mutex
	home     unix.CPUSet // what this process may use
	at       unix.CPUSet // where everything is gathered
	gathered atomic.Bool
	tracer   int // thread id of the tracer
	// tasks tells of each task whether it has an affinity of its own, which
	// is left alone.
	tasks   map[int]bool
	crowd   crowd
	company company
	// patience is how many looks in a row have to find no company before all are
	// gathered.
	patience int
	// nap is what the watch sleeps; dozing says that it is to be ended when the
	// second task is born.
	nap    nap
	dozing bool
	done   bool
	// attend starts the watch, once: for a second task, or for a first that
	// still stops after a while. One that does not is gone soon, in most cases,
	// and a thread costs it much.
	attend func()
	begin  time.Time
	// stops counts events while scattered, calm how many looks were so. The
	// tracer's own.
	stops, calm int
	// off says that there is no choice of processors.
	off bool
}

const (
	// watchMin is the time from one look at the tasks to the next, as long as
	// they find two that are busy. Then it doubles up to watchMax.
	watchMin = 2 * time.Millisecond
	watchMax = 32 * time.Millisecond
	// attendAfter is what a tree of one task has to live for to be watched, and
	// dozeMin and dozeMax bound how often it is.
	attendAfter = 10 * time.Millisecond

	dozeMin = 2 * crowdWindow
	dozeMax = 16 * dozeMin
	// lookEvery is the number of stops between looks while scattered, and
	// minPatience and maxPatience bound how many of them it takes to gather.
	lookEvery   = 256
	minPatience = 4
	maxPatience = 256
	// lookLimit is how many tasks a look examines.
	lookLimit = 32
)

// newPlacement gathers the calling thread, which is the tracer. Without
// another processor to choose it does nothing.
func newPlacement(tracer int) *placement {
	p := &placement{tracer: tracer, tasks: map[int]bool{}, patience: minPatience, begin: time.Now()}
	p.attend = sync.OnceFunc(func() { go p.watch() })
	if unix.SchedGetaffinity(0, &p.home) != nil || p.home.Count() < 2 {
		p.off = true
		return p
	}
	p.gather()
	p.crowd.since = p.begin
	return p
}

// close gives the tracer thread its processors back.
func (p *placement) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	p.rouse()
	if !p.off {
		_ = unix.SchedSetaffinity(p.tracer, &p.home)
	}
}

// gather moves everything to the processor that the tracer is on.
func (p *placement) gather() {
	cpu, err := currentCPU()
	if err != nil || !p.home.IsSet(cpu) {
		return
	}
	p.at.Zero()
	p.at.Set(cpu)
	p.gathered.Store(true)
	p.apply(&p.at)
}

func (p *placement) scatter() {
	p.gathered.Store(false)
	p.apply(&p.home)
}

func (p *placement) apply(set *unix.CPUSet) {
	_ = unix.SchedSetaffinity(p.tracer, set)
	for tid, own := range p.tasks {
		if !own {
			_ = unix.SchedSetaffinity(tid, set)
		}
	}
}

// born takes in a new task, which has its creator's affinity. The kernel
// copied that before the supervisor heard of the birth, so it is set again if
// the placement has changed since.
func (p *placement) born(tid, creator int) {
	if p.off {
		return
	}
	p.mu.Lock()
	own := p.tasks[creator]
	p.tasks[tid] = own
	if len(p.tasks) == 2 {
		p.attend()
		p.rouse()
	}
	var now unix.CPUSet
	want := &p.home
	if p.gathered.Load() {
		want = &p.at
	}
	if !own && unix.SchedGetaffinity(tid, &now) == nil && now != *want {
		_ = unix.SchedSetaffinity(tid, want)
	}
	p.mu.Unlock()
}

// gone forgets a task.
func (p *placement) gone(tid int) {
	if p.off {
		return
	}
	p.mu.Lock()
	delete(p.tasks, tid)
	p.mu.Unlock()
}

// setOwn says whether a task has an affinity that its program has chosen, and
// tells what was the case before. It is said before the kernel changes the
// affinity, so that no scattering undoes it.
func (p *placement) setOwn(tid int, own bool) (before bool) {
	if p.off {
		return own
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before, ok := p.tasks[tid]
	if ok {
		p.tasks[tid] = own
	}
	return before
}

// free lets a task run where it would without the placement, for good. Tasks of
// others are not touched.
func (p *placement) free(tid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own, ok := p.tasks[tid]; ok && !own {
		p.tasks[tid] = true
		_ = unix.SchedSetaffinity(tid, &p.home)
	}
}

// ownOf tells whether a task has an affinity that its program has chosen.
func (p *placement) ownOf(tid int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tasks[tid]
}

// shown is the affinity that a program is to see in the place of set, which
// the kernel has given for a task.
func (p *placement) shown(tid int, set unix.CPUSet) unix.CPUSet {
	if p.off {
		return set
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if own, ok := p.tasks[tid]; ok && !own && set == p.at {
		return p.home
	}
	return set
}

// follows tells whether a task is where the placement puts it.
func (p *placement) follows(tid int) bool {
	if p.off {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	own, ok := p.tasks[tid]
	return ok && !own
}

// homeField is a line of the status file (proc(5)) of a thread of this process
// that is not placed.
func (p *placement) homeField(name string) string {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, e := range threads {
		if tid := e.Name(); tid != strconv.Itoa(p.tracer) {
			return fieldOf("/proc/self/task/"+tid+"/status", name)
		}
	}
	return ""
}

// stopped is called at every stop: while scattered it looks now and then
// whether the tree has become quiet.
func (p *placement) stopped(now time.Time) {
	if p.off {
		return
	}
	if p.gathered.Load() {
		if now.Sub(p.begin) > attendAfter {
			p.attend()
		}
		return
	}
	p.stops++
	if p.stops < lookEvery {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stops = 0
	p.company.look(p.busy() > 1)
	if p.company >= alone {
		p.calm = 0
	} else if p.calm++; p.calm >= p.patience {
		p.calm = 0
		p.gather()
		p.crowd.restart(now, p.some())
	}
}

// watch scatters the tree when two tasks want to run at the same time, or when
// others want to run where it is.
func (p *placement) watch() {
	pause, doze := watchMin, dozeMin
	for {
		p.mu.Lock()
		if p.done {
			p.mu.Unlock()
			return
		}
		if p.gathered.Load() && len(p.tasks) > 0 {
			pause, doze = min(2*pause, watchMax), min(2*doze, dozeMax)
			n := p.busy()
			switch n {
			case 0:
			case 1:
				doze = dozeMin
			default:
				pause = watchMin
			}
			p.company.look(n > 1)
			if p.crowded() || p.company > together {
				p.scatter()
			}
		}
		length := pause
		if p.dozing = len(p.tasks) < 2; p.dozing {
			length = doze
		}
		ends := p.nap.ends.Load()
		p.mu.Unlock()
		p.nap.take(ends, length)
	}
}

// rouse ends the watch's doze. The caller holds mu.
func (p *placement) rouse() {
	if p.dozing {
		p.dozing = false
		p.nap.end()
	}
}

// crowded tells whether others want to run where the tree is gathered. The more
// often they do, the longer it takes until it is gathered again. The caller holds
// mu.
func (p *placement) crowded() bool {
	over, crowded := p.crowd.found(time.Now(), p.some())
	switch {
	case crowded:
		p.patience = min(2*p.patience, maxPatience)
	case over:
		p.patience = minPatience
	}
	return crowded
}

// some are the tracer and as many tasks that are placed as a look examines.
func (p *placement) some() []int {
	tids := []int{p.tracer}
	for tid, own := range p.tasks {
		if len(tids) > lookLimit {
			break
		}
		if !own {
			tids = append(tids, tid)
		}
	}
	return tids
}

// busy counts tasks that run or would like to. The caller holds mu.
func (p *placement) busy() int {
	n, looked := 0, 0
	for tid := range p.tasks {
		if looked++; looked > lookLimit || n > 1 {
			break
		}
		if wantsToRun(tid) {
			n++
		}
	}
	return n
}

// wantsToRun reads a task's state letter. A ptrace stop is short, so a task in
// one counts as well.
func wantsToRun(tid int) bool {
	var buf [256]byte
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/stat", tid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	n, err := unix.Read(fd, buf[:])
	unix.Close(fd)
	if err != nil {
		return false
	}
	i := bytes.LastIndexByte(buf[:n], ')')
	return i >= 0 && i+2 < n && (buf[i+2] == 'R' || buf[i+2] == 't')
}
