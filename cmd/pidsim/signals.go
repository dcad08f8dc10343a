package main

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Signals sent to pidsim are meant for the program. The exceptions are those
// that the terminal sends to a whole process group, in which the program is
// as well (it would get them twice), and those about pidsim itself.

// fromTerminal are the signals that a terminal generates for its foreground
// process group.
var fromTerminal = map[syscall.Signal]bool{
	unix.SIGINT:   true,
	unix.SIGQUIT:  true,
	unix.SIGTSTP:  true,
	unix.SIGWINCH: true,
}

// program is what the relay does to the program; *tracer.Cmd implements it.
type program interface {
	Signal(os.Signal) error
	Kill() error
}

// terminal is what the relay asks about pidsim's controlling terminal.
type terminal interface {
	// exists tells whether there is one.
	exists() bool
	// foreground tells whether pidsim is in its foreground process group.
	foreground() bool
}

// relay passes signals to the program and keeps pidsim stopped while the
// program is, so that a shell sees one job.
type relay struct {
	program  program
	tree     *tree
	terminal terminal
	held     func(pid int) bool // whether a stopped process remains so
	stopSelf func()
	// sent tells whether a signal comes from the program, which then has
	// sent it to the group that pidsim is in as well, or tells of pidsim's
	// own limits; nil: never.
	sent func(syscall.Signal) bool
	// active is that of the job.
	active func(*tree) (active, heard bool)

	again   <-chan time.Time // when to look again at who runs, or nil
	ended   bool             // the program has
	stopped bool             // pidsim stopped itself and has not seen the SIGCONT yet
	resumed time.Time        // when pidsim was last continued
}

// run works until done is closed.
func (r *relay) run(caught <-chan syscall.Signal, rootExited, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-rootExited:
			r.ended, rootExited = true, nil
		case sig := <-caught:
			r.signal(sig)
		case <-r.tree.changed:
			r.followStop()
		case <-r.again:
			r.followStop()
		}
	}
}

// signal deals with a signal that pidsim got.
func (r *relay) signal(sig syscall.Signal) {
	switch {
	case sig == unix.SIGCONT && (r.stopped || r.tree.rootStopped() != 0):
		r.resume()
	case sig == unix.SIGTSTP && (r.stopped || r.tree.rootStopped() != 0 || time.Since(r.resumed) < stale):
		// The program is stopped already, or this is what stopped it
		// before pidsim stopped itself. (Signals that wait are
		// handled by number, so SIGCONT may overtake SIGTSTP.)
	case r.ended:
		r.afterEnd(sig)
	case (fromTerminal[sig] || sig == unix.SIGCONT) && r.terminal.foreground():
		// The terminal, or a shell's fg, sent it to the whole group.
	case r.sent != nil && r.sent(sig):
	default:
		_ = r.program.Signal(sig) // fails only when it has just ended
	}
}

// stale is how long after a SIGCONT a SIGTSTP is taken for an older one.
const stale = 500 * time.Millisecond

// afterEnd deals with signals once only leftovers remain.
func (r *relay) afterEnd(sig syscall.Signal) {
	switch {
	case ends[sig]:
		_ = r.program.Kill()
	case sig == unix.SIGTSTP:
		r.stopSelf()
	}
}

// resume follows a SIGCONT to pidsim: the program must run as well, but should
// not get a second SIGCONT. Shells send it to the whole group; then it is on
// its way to the program, and the supervisor will report that soon.
func (r *relay) resume() {
	r.stopped, r.resumed = false, time.Now()
	for r.tree.rootStopped() != 0 {
		switch {
		case !r.held(r.tree.rootID()):
			return // only the supervisor is slow
		case time.Since(r.resumed) > continueGrace:
			_ = r.program.Signal(unix.SIGCONT)
			return
		}
		time.Sleep(settle / 5)
	}
}

// continueGrace is how long the program gets to be continued by the SIGCONT
// that continued pidsim. It matters when nobody sent that to the program, and
// when one of its threads has taken it in and the others have not noticed yet.
const continueGrace = 200 * time.Millisecond

// followStop stops pidsim if the program is stopped and somebody outside the
// tree will have to continue it.
func (r *relay) followStop() {
	r.again = nil
	if !r.mustStop() {
		return
	}
	// Whoever stopped the program may have continued or killed it since,
	// and have ended, while the news of it is still on its way.
	time.Sleep(settle)
	if r.mustStop() && r.held(r.tree.rootID()) {
		r.stopped = true
		r.stopSelf()
	}
}

// settle is how long a change of the program's state gets to show everywhere.
const settle = 10 * time.Millisecond

// mustStop tells whether nobody in the tree can be expected to continue the
// program. While pidsim is stopped the rest of the tree soon is as well. So if
// there is a rest, pidsim goes on: one of those may have stopped the program
// and be about to continue it. At a terminal, though, a shell waits to hear of
// the stop.
func (r *relay) mustStop() bool {
	sig := r.tree.rootStopped()
	if sig == 0 || r.stopped || r.ended {
		return false
	}
	byTerminal := sig == unix.SIGTSTP || sig == unix.SIGTTIN || sig == unix.SIGTTOU
	return byTerminal && r.terminal.exists() || !r.othersRun()
}

// othersRun tells whether a process of the tree runs while the program is
// stopped. If it does and nobody will tell when that changes, it is to be asked
// again.
func (r *relay) othersRun() bool {
	active, heard := r.active(r.tree)
	if active && !heard {
		r.again = time.After(recheck)
	}
	return active
}

// recheck is how often to look for processes that nobody tells about.
const recheck = 200 * time.Millisecond

// stopSelf stops this process. SIGTSTP would not do: the kernel discards it
// in an orphaned process group.
func stopSelf() {
	_ = unix.Kill(unix.Getpid(), unix.SIGSTOP)
}

// controllingTerminal asks the kernel each time: the foreground group changes
// with every command of a shell.
type controllingTerminal struct{}

// open opens the terminal; O_NONBLOCK is for a serial line without carrier.
func (controllingTerminal) open() (int, error) {
	return unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
}

func (t controllingTerminal) exists() bool {
	fd, err := t.open()
	if err != nil {
		return false
	}
	_ = unix.Close(fd)
	return true
}

func (t controllingTerminal) foreground() bool {
	fd, err := t.open()
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
