package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// work starts the program and follows it to its end. Its thread is the
// program's parent, which getppid and a death signal can tell, so it must not
// end before.
func (r *run) work(c *Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(r.done)
	l, err := start(c)
	if err != nil {
		started <- err
		return
	}
	r.root, r.target, r.init = l.root, l.target, l.reaper
	if r.initPID = l.init; r.initPID == 0 {
		r.initPID = l.root
	}
	c.event(Event{Kind: "start"}, r.root)
	if r.root != c.PID {
		c.log(1, fmt.Sprintf("process %d is real process %d", c.PID, r.root))
	}
	started <- nil
	if l.reports >= 0 {
		r.followReports(c, l)
	} else {
		r.follow(c)
	}
	r.target.close()
}

// follow waits for a program that is our child.
func (r *run) follow(c *Cmd) {
	for {
		var ws unix.WaitStatus
		if _, err := wait4(r.root, &ws, unix.WUNTRACED|unix.WCONTINUED|unix.WALL); err != nil {
			r.fail(fmt.Errorf("wait for the program: %w", err))
			return
		}
		if r.changed(c, ws) {
			return
		}
	}
}

// changed tells what a wait status says, and whether it is the end.
func (r *run) changed(c *Cmd, ws unix.WaitStatus) (ended bool) {
	switch {
	case ws.Stopped():
		c.event(Event{Kind: "stop", Signal: int(ws.StopSignal())}, r.root)
	case ws.Continued():
		c.event(Event{Kind: "continue"}, r.root)
	default:
		r.status = statusOf(ws)
		c.event(Event{Kind: "exit", Status: r.status}, r.root)
		c.log(1, fmt.Sprintf("process %d has ended", c.PID))
		close(r.ended)
		return true
	}
	return false
}

// fail ends the run without a status.
func (r *run) fail(err error) {
	r.err = err
	close(r.ended)
}

// statusOf converts the end of a process.
func statusOf(ws unix.WaitStatus) Status {
	if ws.Signaled() {
		return Status{Signal: int(ws.Signal()), Core: ws.CoreDump()}
	}
	return Status{Code: ws.ExitStatus()}
}

// followReports listens to the reaper, and collects it in the end.
func (r *run) followReports(c *Cmd, l *launch) {
	ended := false
	for {
		pid, ws, err := report(l.reports)
		if err != nil {
			break
		}
		if ended || pid != c.PID {
			continue // an orphan
		}
		if ended = r.changed(c, ws); ended && c.KillOnExit {
			_ = r.init.signal(unix.SIGKILL)
		}
	}
	closeFD(&l.reports)
	r.init.close()
	ws := l.collect(l.init, true)
	if !ended { // somebody killed the reaper, and so the namespace
		if ws.Signaled() {
			r.changed(c, ws)
		} else {
			r.fail(errors.New("the first process of the namespace ended before the program"))
		}
	}
}

// report reads one report of the reaper.
func report(fd int) (pid int, ws unix.WaitStatus, err error) {
	var buf [messageSize]byte
	n, err := unix.Read(fd, buf[:])
	for err == unix.EINTR {
		n, err = unix.Read(fd, buf[:])
	}
	if err != nil || n != messageSize { // the end
		return 0, 0, errEnded
	}
	le := binary.LittleEndian
	return int(le.Uint64(buf[:])), unix.WaitStatus(le.Uint32(buf[8:])), nil
}
