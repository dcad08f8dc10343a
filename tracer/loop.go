package tracer

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/cred"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A supervisor runs one tree. Except where noted its methods belong to the
// thread that seized the root.
type supervisor struct {
	cmd       *Cmd
	engine    engine
	space     *pidspace.Space
	placement *placement
	mode      abi.Mode
	self      int // real id of this process
	tasks     map[int]*task
	root      *process
	// pending are wait statuses that were collected out of turn.
	pending []pendingStatus
	// dying says that every task is to be killed, also those that are born
	// from now on.
	dying atomic.Bool
	early earlyEnds
	// serves says that pages of the tree's memory may be served by a process of
	// the tree.
	serves bool
	// held counts tasks whose creator's event has not been seen, inquired
	// those of them that may have lost it; abrupt is when a task has last ended
	// that may have been such a creator.
	held, inquired int
	abrupt         time.Time
	said           map[string]bool
	// noNewPrivs says that the filter took away setuid rights.
	noNewPrivs bool
	// failure is what ended the run, if not the tree itself.
	failure error
	// ownGroup is the group of this process, which the root inherits.
	ownGroup pidspace.RPGID
	pathBuf  [unix.PathMax]byte
	// reaper says that orphans become children of this process.
	reaper bool
	// passcred says that a process of the tree has set SO_PASSCRED.
	passcred bool
	// filtersSeen is the most that any process has had of filters.
	filtersSeen filters
	// quiet says that the filter leaves out what matters only once a process
	// other than the root is renumbered (abi.Row.Quiet).
	quiet bool
	// stops are the processes that job control has stopped.
	stops jobStops
	// taskstats is the number of that family of generic netlink.
	taskstats struct {
		asked  bool
		family uint16
	}
	// shown are the files that stand for others.
	shown shownFiles
	// injecting is the injection that has begun and not ended, if any.
	injecting *injection
	// release gives up what the run holds of this process; it may be nil.
	release func()

	// firstCred are the credentials that are emulated for the root, nil if
	// none are; departed remembers those of processes that have ended.
	firstCred *cred.Cred
	departed  recent[int, departed]

	// exitSignals are the signals that announce the end of processes, by
	// their real ids, where it is not SIGCHLD.
	exitSignals map[int]int

	counts counters
	rootUp chan struct{}
	status Status
	// rebooted is the signal that the root has ended of if a program has
	// rebooted the private space, or 0.
	rebooted int
}

type pendingStatus struct {
	tid    int
	status uint32
}

// loop handles events until the tree is gone.
func (s *supervisor) loop() error {
	for len(s.tasks) > 0 {
		tid, status, err := s.wait()
		if errors.Is(err, unix.ECHILD) {
			return fmt.Errorf("%d tasks vanished from supervision", len(s.tasks))
		}
		if err != nil {
			return err
		}
		start := time.Now()
		s.placement.stopped(start)
		err = s.handle(tid, status)
		s.counts.time(time.Since(start))
		if err != nil && !errors.Is(err, ptrace.ErrGone) {
			return err
		}
	}
	return s.failure
}

// wait gives the next wait status.
func (s *supervisor) wait() (int, uint32, error) {
	if n := len(s.pending); n > 0 {
		p := s.pending[0]
		s.pending = append(s.pending[:0], s.pending[1:]...)
		return p.tid, p.status, nil
	}
	return ptrace.Wait(-1, 0)
}

// handle moves one task by one event.
func (s *supervisor) handle(tid int, status uint32) error {
	s.injecting = nil
	t := s.tasks[tid]
	e := classify(status)
	if t == nil {
		if e == eventEnd {
			// A new task that was killed before its first stop, and
			// before its creator's event was seen.
			s.early.add(tid)
			return nil
		}
		s.early.drop(tid)
		t = &task{tid: tid}
		s.tasks[tid] = t
	}
	if t.fetching != nil {
		if handled, err := s.fetching(t, status); handled {
			return err
		}
	}
	was := t.state
	st, act := next(was, e)
	s.setState(t, st)
	s.counts.events[e].Add(1)
	if t.nudged {
		nudgeAgain(t, e)
	}
	err := s.act(t, was, act, status)
	if s.inquired != 0 {
		s.heardOf(tid)
	}
	return err
}

// setState changes a task's state and keeps count of those that are held.
func (s *supervisor) setState(t *task, st state) {
	if t.state == stateHeld {
		s.held--
	}
	if st == stateHeld {
		s.held++
	} else if t.suspects != nil {
		t.suspects = nil
		s.inquired--
	}
	t.state = st
}

func (s *supervisor) act(t *task, was state, act action, status uint32) error {
	switch act {
	case actHold:
		t.birth = status
		s.inquire(t)
		return nil
	case actAdopt:
		return s.adopt(t, status)
	case actEnter:
		return s.enter(t)
	case actLeave:
		return s.syscallStop(t)
	case actAnnounce:
		return s.announce(t, status)
	case actExec:
		return s.exec(t)
	case actDepart:
		return s.depart(t)
	case actDeliver:
		return s.deliver(t, int(status>>8&0xff))
	case actListen:
		return s.groupStop(t, int(status>>8&0xff))
	case actBury:
		return s.bury(t, status)
	}
	if was == stateStopped {
		s.continued(t)
	}
	if t.nudged {
		if err := calm(t); err != nil {
			return err
		}
	}
	return s.resume(t)
}

// resume lets a task run to its next event.
func (s *supervisor) resume(t *task) error {
	return ptrace.Resume(s.request(t), t.tid, 0)
}

// request is how a task is resumed that need not stop at the exit of the call
// it is in.
func (s *supervisor) request(t *task) ptrace.Request {
	if t.request != 0 {
		// Of a creation that fails there is no event.
		return ptrace.Syscall
	}
	if t.call.entered {
		// Its exit forgets it. Else the next call would be taken for this one.
		return ptrace.Syscall
	}
	if t.proc != nil && (t.proc.filters == filtersListener || len(t.proc.wanted) != 0) {
		return ptrace.Syscall
	}
	return s.engine.run()
}

// resumeToExit lets a task run through the call that it has entered.
func (s *supervisor) resumeToExit(t *task) error {
	return ptrace.Resume(ptrace.Syscall, t.tid, 0)
}

// groupStop leaves a task stopped, as job control wants it.
func (s *supervisor) groupStop(t *task, sig int) error {
	if t.leader() && !t.proc.stopped {
		t.proc.stopped = true
		s.stops.add(t.tid)
		s.event(Event{Kind: "stop", Signal: sig}, t)
	}
	return ptrace.Resume(ptrace.Listen, t.tid, 0)
}

// continued notes the end of a group stop.
func (s *supervisor) continued(t *task) {
	if t.leader() && t.proc.stopped {
		t.proc.stopped = false
		s.stops.remove(t.tid)
		s.event(Event{Kind: "continue"}, t)
	}
}

// event reports to the user of the package.
func (s *supervisor) event(e Event, t *task) {
	e.Virtual, e.Real = int(t.virtual), t.tid
	e.Root = t.proc != nil && t.proc.root && t.leader()
	if s.cmd.OnEvent != nil {
		s.cmd.OnEvent(e)
	}
}

// log writes a message for people.
func (s *supervisor) log(level int, format string, args ...any) {
	if s.cmd.Log != nil {
		s.cmd.Log(level, fmt.Sprintf(format, args...))
	}
}

// once logs a message the first time that it is asked to.
func (s *supervisor) once(level int, key, format string, args ...any) {
	if !s.said[key] {
		s.said[key] = true
		s.log(level, format, args...)
	}
}

// fail ends the run with err: every task is killed.
func (s *supervisor) fail(err error) {
	if s.failure == nil {
		s.failure = err
	}
	s.killAll()
}

// killAll ends every process of the tree.
func (s *supervisor) killAll() {
	s.dying.Store(true)
	for _, t := range s.tasks {
		_ = unix.Kill(t.tid, unix.SIGKILL)
	}
}
