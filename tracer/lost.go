package tracer

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A creator can be killed after the birth and before its event (kernel/fork.c,
// kernel_clone): by SIGKILL, or by an exec or the exit of another thread. Then
// the newborn, which is held, has lost it.
//
// The kernel does not tell who created a process: its parent may be another, by
// CLONE_PARENT or because it was orphaned. So the others are asked. Between a
// birth and its event the creator cannot sleep, and the event is the first that
// is heard of it then. Whoever sleeps, or is heard of for another reason, is
// not the creator; when nobody is left, the newborn is lost.

// lostFor is how long after an abrupt end newborns are looked into. They have
// long come to their first stop then.
const lostFor = 5 * time.Second

// abruptEnd notes that a task has ended that may have been about to report a
// birth.
func (s *supervisor) abruptEnd() {
	s.abrupt = time.Now()
	if s.held == 0 {
		return
	}
	for _, t := range s.tasks {
		if t.state == stateHeld {
			s.inquire(t)
		}
	}
}

// inquire asks who may have created a newborn that is held, if it may have lost
// its creator. It is not repeated: tasks that are created meanwhile come after
// it.
func (s *supervisor) inquire(t *task) {
	if t.suspects != nil || time.Since(s.abrupt) > lostFor {
		return
	}
	t.suspects = map[int]bool{}
	s.inquired++
	for tid, other := range s.tasks {
		if other.state != stateRunning {
			continue
		}
		switch runState(tid) {
		case 'R':
			nudge(other) // something will be heard of it
			t.suspects[tid] = true
		case 't': // something will, too
			t.suspects[tid] = true
		}
	}
	if len(t.suspects) == 0 {
		s.adoptLost(t)
	}
}

// heardOf clears a task of having created the newborns that are still held.
func (s *supervisor) heardOf(tid int) {
	for _, t := range s.tasks {
		if t.suspects == nil {
			continue
		}
		for suspect := range t.suspects {
			if suspect == tid || s.tasks[suspect] == nil {
				delete(t.suspects, suspect)
			}
		}
		if len(t.suspects) == 0 {
			s.adoptLost(t)
		}
	}
}

// adoptLost gives ids to a process that has lost its creator, and lets it run.
// A thread ends as its creator does.
func (s *supervisor) adoptLost(t *task) {
	tgid, parent := identity(t.tid)
	if tgid != t.tid {
		return
	}
	switch err := s.settleOrphan(t, s.tasks[parent]); {
	case errors.Is(err, pidspace.ErrExhausted):
		_ = unix.Kill(t.tid, unix.SIGKILL)
		return
	case err != nil:
		s.fail(fmt.Errorf("no id for a new process: %w", err))
		return
	}
	if t.proc == nil {
		return // it is gone as well; its end will be reported
	}
	s.setState(t, stateRunning)
	s.placement.born(t.tid, 0)
	_ = s.adopt(t, t.birth)
}

// settleOrphan gives ids to a process whose creator is unknown; its parent may
// be outside of the tree, and is nil then.
func (s *supervisor) settleOrphan(t, parent *task) error {
	group, err := groupOf(t.tid)
	if err != nil {
		return nil
	}
	session, err := sessionOf(t.tid)
	if err != nil {
		return nil
	}
	v, err := s.space.Adopt(pidspace.RTGID(t.tid), group, session, 0)
	if err != nil {
		return err
	}
	s.inheritCreds(t, 0)
	s.found(t, int32(v), &memory{}, s.orphanLazies())
	t.proc.filters = s.filtersSeen
	if parent != nil {
		t.proc.parent = parent.proc
	}
	return nil
}

// orphanLazies are the groups of a process whose creator is unknown. The filters
// that it has got make calls stop whatever is noted here; what is not noted is
// appended when it matters. Without filters all groups count.
func (s *supervisor) orphanLazies() (l lazies) {
	for i := range l {
		l[i] = s.engine.run() == ptrace.Syscall || s.filtersSeen == filtersListener
	}
	return l
}

// identity reads a task's thread group and parent from the kernel.
func identity(tid int) (tgid, ppid int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSpace(value))
		switch name {
		case "Tgid":
			tgid = n
		case "PPid":
			return tgid, n
		}
	}
	return tgid, ppid
}

// An earlyEnds remembers tasks whose end was reported before anything else was
// known of them: killed before their first stop, and before the event of their
// creators, which still comes unless those were killed as well. Numbers whose
// event does not come stay, the oldest are dropped, and a number may be another
// task's by the time that its event comes.
type earlyEnds struct{ tids []int }

// maxEarlyEnds bounds what is remembered. Of those that matter there are no more
// than tasks that are creating one.
const maxEarlyEnds = 256

func (e *earlyEnds) add(tid int) {
	e.drop(tid)
	if len(e.tids) == maxEarlyEnds {
		e.tids = slices.Delete(e.tids, 0, 1)
	}
	e.tids = append(e.tids, tid)
}

// drop forgets a number, and tells whether it was remembered.
func (e *earlyEnds) drop(tid int) bool {
	i := slices.Index(e.tids, tid)
	if i < 0 {
		return false
	}
	e.tids = slices.Delete(e.tids, i, i+1)
	return true
}

// endedEarly tells whether the end of a task that is announced has been reported
// already. If it has, it is not traced any longer.
func (s *supervisor) endedEarly(tid int) bool {
	if !s.early.drop(tid) {
		return false
	}
	tracer := fieldOf(fmt.Sprintf("/proc/%d/status", tid), "TracerPid")
	return tracer != strconv.Itoa(s.placement.tracer)
}
