package kernel

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// converse answers the messages of the starting program and of the processes
// that it makes, until the user's program runs.
func (l *launch) converse() error {
	closeFD(&l.theirs) // so that the end of the others can be seen
	for {
		l.await()
		msg, err := receive(l.control)
		if errors.Is(err, errEnded) {
			return l.concluded()
		}
		if err != nil {
			return &SetupError{Op: "start a process", Err: err}
		}
		switch msg.tag {
		case tagRoot:
			err = l.born(msg)
		case tagExec:
			err = l.execFailed(msg.errno())
		case tagInit:
			err = l.initMade(msg)
		case tagUser:
			err = l.userMade(msg)
		case tagFork:
			err = l.forked(msg)
		default:
			err = l.refused(msg)
		}
		if err != nil {
			return err
		}
	}
}

// stallCheck is how long, in milliseconds, the starting program may be silent
// before it is looked after.
const stallCheck = 100

// await waits for a message. A stop signal for the whole process group, such
// as that of ^Z, may have stopped a process of the start, and nobody would know
// to continue it.
func (l *launch) await() {
	for {
		fds := []unix.PollFd{{Fd: int32(l.control), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, stallCheck)
		if n > 0 || err != nil && err != unix.EINTR {
			return
		}
		for _, pid := range []int{l.first, l.root, l.init} {
			if pid > 0 && stateOf(pid) == 'T' {
				_ = unix.Kill(pid, unix.SIGCONT)
			}
		}
	}
}

// born checks that the new process is the one that was wanted.
func (l *launch) born(msg received) error {
	l.root = msg.from
	if int(msg.result) != l.cmd.PID || l.cmd.Mechanism != Namespace && l.root != l.cmd.PID {
		return &SetupError{Op: "verify the process", Why: fmt.Sprintf("it says that it is %d and the kernel that it is %d", msg.result, l.root)}
	}
	var err error
	if l.target, err = newTarget(l.root); err != nil {
		return err
	}
	if l.cmd.OnBirth != nil {
		l.cmd.OnBirth(l.root)
	}
	return l.answer(replyGo)
}

// answer replies. Whoever does not get it has ended, which the next message
// will tell.
func (l *launch) answer(n int) error {
	if err := reply(l.control, n); err != nil && err != unix.EPIPE && err != unix.ECONNRESET && err != unix.ENOTCONN {
		return &SetupError{Op: "answer the process", Err: err}
	}
	return nil
}

// execFailed decides what follows a failed execve, as execvp(3) does: the next
// file of PATH, or the shell for what the kernel does not know.
func (l *launch) execFailed(errno unix.Errno) error {
	path := l.cmd.candidates[l.refusals]
	if errno == unix.ENOENT && len(l.cmd.candidates) > 1 {
		path = l.cmd.Path
	}
	if l.refusal == nil || errno == unix.EACCES {
		l.refusal = &ExecError{Path: path, Err: errno}
	}
	switch errno {
	case unix.ENOEXEC:
		if !l.byShell {
			l.byShell = true
			return l.answer(replyShell)
		}
	case unix.ENOENT, unix.ENOTDIR, unix.EACCES:
		if l.refusals++; l.refusals < len(l.cmd.candidates) {
			l.byShell = false
			return l.answer(replyGo)
		}
	}
	return l.refusal
}

// initMade notes the first process of a namespace.
func (l *launch) initMade(msg received) error {
	if msg.result < 0 {
		return l.refused(msg)
	}
	l.init = int(msg.result)
	return nil
}

// userMade maps the user of a new user namespace.
func (l *launch) userMade(msg received) error {
	if msg.result != 0 {
		return l.refused(msg)
	}
	if err := mapUser(l.first); err != nil {
		return err
	}
	return l.answer(replyGo)
}

// forked deals with a fork that did not give the wanted process: it failed, or
// the kernel gave another id. That process ends by itself.
func (l *launch) forked(msg received) error {
	if msg.result <= 0 {
		return l.refused(msg)
	}
	l.collect(int(msg.result), true)
	l.misses++
	// A taken id looks the same as one that another fork has just got, but
	// stays taken.
	if l.misses%4 == 0 || occupied(l.cmd.PID) {
		if h := FindHolder(l.cmd.PID); h.Kind != HolderUnknown {
			return &InUseError{PID: l.cmd.PID, Holder: h}
		}
	}
	if l.misses >= l.cmd.Mechanism.tries() {
		return &SetupError{Op: fmt.Sprintf("get pid %d", l.cmd.PID), Fix: "try again when the machine is less busy",
			Why: fmt.Sprintf("the kernel has given others, %d times; the last one was %d", l.misses, msg.result)}
	}
	return l.answer(replyGo)
}

// refused words the failure of a step.
func (l *launch) refused(msg received) error {
	if l.first > 0 && msg.from != l.first {
		l.init = msg.from // whose birth may not have been told yet
	}
	return l.cmd.Mechanism.explain(l.cmd.PID, msg.tag, msg.errno())
}

// concluded tells, when nobody holds the channel any more, whether the
// program runs.
func (l *launch) concluded() error {
	var ws unix.WaitStatus
	if l.first > 0 {
		ws = l.collect(l.first, false)
	} else if l.target == nil {
		ws = l.collect(l.root, false)
	}
	switch {
	case l.target != nil:
		return l.findReaper()
	case ws.Signaled():
		return &SetupError{Op: "start a process", Err: fmt.Errorf("it was killed by %s", strings.ToLower(unix.SignalName(ws.Signal())))}
	}
	return &SetupError{Op: "start a process", Err: errEnded}
}

// findReaper gets hold of the reaper of a namespace.
func (l *launch) findReaper() (err error) {
	if l.reports >= 0 {
		l.reaper, err = newTarget(l.init)
	}
	return err
}
