package tracer

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// reaping counts the runs that need this process as the reaper of orphans
// (prctl(2), PR_SET_CHILD_SUBREAPER). The attribute is the process's, so that
// it also adopts orphans of children that are not pidsim's while such a run
// lasts.
var reaping struct {
	sync.Mutex
	runs int
	// before is the attribute's value without us.
	before bool
}

// becomeReaper makes orphans children of this process, until the function that
// it returns is called.
func becomeReaper() (release func(), err error) {
	reaping.Lock()
	defer reaping.Unlock()
	if reaping.runs == 0 {
		if reaping.before, err = ptrace.Subreaper(); err != nil {
			return nil, err
		}
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return nil, err
		}
	}
	reaping.runs++
	return stopReaping, nil
}

func stopReaping() {
	reaping.Lock()
	defer reaping.Unlock()
	if reaping.runs--; reaping.runs == 0 && !reaping.before {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	}
}

// isReaper tells whether orphans of the tree will become children of this
// process.
func isReaper(c *Cmd) (bool, error) {
	switch {
	case c.Space == pidspace.Private:
		return c.PID != 1, nil
	case os.Getpid() == 1:
		return true, nil
	}
	on, err := ptrace.Subreaper()
	if err != nil {
		return false, fmt.Errorf("ask for the subreaper attribute: %w", err)
	}
	return on, nil
}
