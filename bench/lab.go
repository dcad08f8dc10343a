package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/runs"
)

// A Lab makes measurements. Its fields must not be changed after Open.
type Lab struct {
	// Pidsim is the pidsim that is measured.
	Pidsim string
	// Length is for how long a small operation is repeated in a round.
	Length time.Duration
	// Scale multiplies the size of larger work; 0 means 1.
	Scale float64
	// ProcessorTime has the processor time of all processes counted
	// instead of time on the clock. Other load on the machine disturbs it
	// less, and it does not see what waiting costs.
	ProcessorTime bool

	// dir has the probe, and what rows put there.
	dir, probe string
	ctx        context.Context
	// idle holds what a probe costs that does nothing, by mechanism.
	idle map[string]outcome
	// natively is what the user's command took without a mechanism.
	natively time.Duration
	// before has the children that this process had before Open, as one that
	// a shell has made by exec can have.
	before   map[int]bool
	adopting bool // whether this process adopted orphans before
	killed   bool // whether a pidsim may have been
}

// Limits for a single run.
const (
	trialLimit   = 10 * time.Second
	probeLimit   = time.Minute
	commandLimit = 10 * time.Minute
)

// Open makes what the measurements need. The calling goroutine must make all of
// them and then call Close: it is tied to its thread, which is the parent of
// everything that is started. ctx cuts measurements short.
func (l *Lab) Open(ctx context.Context) (err error) {
	l.ctx, l.idle, l.before = ctx, make(map[string]outcome), make(map[int]bool)
	for _, child := range children() {
		l.before[child] = true
	}
	if l.dir, err = os.MkdirTemp("", "pidsim-bench-"); err != nil {
		return err
	}
	// Everybody may execute the probe: under a mechanism it may be run by
	// another user.
	l.probe = filepath.Join(l.dir, "probe")
	err = errors.Join(os.Chmod(l.dir, 0o755), writeProbe(l.probe))
	if err == nil {
		runtime.LockOSThread()
		l.adopting, err = adopt(true)
		if err == nil {
			err = l.tryProbe()
		}
	}
	if err != nil {
		l.Close()
	}
	return err
}

// tryProbe finds out whether programs can be run from the directory.
func (l *Lab) tryProbe() error {
	_, err := l.whole(nil, Free, trialLimit, l.probe, opExit)
	if err != nil && l.ctx.Err() == nil {
		return fmt.Errorf("the program that is to be measured does not run in %s (TMPDIR chooses another directory): %w", filepath.Dir(l.dir), err)
	}
	return err
}

// Close removes what Open made.
func (l *Lab) Close() {
	if l.killed {
		runs.List() // removes the sockets of supervisors that are no more
	}
	_, _ = adopt(l.adopting)
	runtime.UnlockOSThread()
	_ = os.RemoveAll(l.dir)
}

// Context is that of Open.
func (l *Lab) Context() context.Context { return l.ctx }

// Dir is a directory for the files of rows, which Close removes.
func (l *Lab) Dir() string { return l.dir }

// ProbeIdle is a command line that holds n processes, writes when they are
// there, and ends with its input.
func (l *Lab) ProbeIdle(n int) []string { return []string{l.probe, opIdle, fmt.Sprint(n), "0"} }

// scale is Scale, or 1.
func (l *Lab) scale() float64 {
	if l.Scale == 0 {
		return 1
	}
	return l.Scale
}

// adopt makes this process the parent of orphans among its descendants, or
// not, and tells what was so before.
func adopt(on bool) (before bool, err error) {
	var was int32
	if err := getSubreaper(&was); err != nil {
		return false, fmt.Errorf("prctl: %w", err)
	}
	set := uintptr(0)
	if on {
		set = 1
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, set, 0, 0, 0); err != nil {
		return false, fmt.Errorf("prctl: %w", err)
	}
	return was != 0, nil
}
