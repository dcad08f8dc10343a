package tracer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// A run is a command that was started.
type run struct {
	s *supervisor
	// started gives the error of the start, done is closed at the end of
	// the tree, err then holds why the supervisor failed.
	done chan struct{}
	err  error
	// copying are the goroutines that feed and drain pipes.
	copying chan error
	copies  int
	parent  []*os.File // our ends of pipes
	todo    []func()
}

// ErrNotStarted is returned by methods that need a started command.
var ErrNotStarted = errors.New("pidsim: the command was not started")

// Run starts the program and waits for the tree.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Output runs the program and returns what it wrote to standard output.
func (c *Cmd) Output() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("pidsim: Stdout is set already")
	}
	var out bytes.Buffer
	c.Stdout = &out
	err := c.Run()
	return out.Bytes(), err
}

// CombinedOutput is Output with standard error in the same place.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	if c.Stdout != nil || c.Stderr != nil {
		return nil, errors.New("pidsim: Stdout or Stderr is set already")
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.Bytes(), err
}

// Start starts the program. When it returns nil the program's first
// instruction has run or is about to; a program that cannot be executed is an
// error here (an *ExecError), and nothing is left running. Errors of package
// pidspace come from PID, Plan and the other fields that name ids.
func (c *Cmd) Start() error {
	if c.run != nil {
		return errors.New("pidsim: already started")
	}
	s, err := newSupervisor(c)
	if err != nil {
		return err
	}
	r := &run{s: s, done: make(chan struct{})}
	files, child, err := r.openFiles(c)
	if err != nil {
		closeAll(child)
		closeAll(r.parent)
		return err
	}
	started := make(chan error, 1)
	go r.supervise(files, started)
	err = <-started
	closeAll(child)
	if err != nil {
		closeAll(r.parent)
		<-r.done
		return err
	}
	c.run = r
	r.startCopying()
	if c.ctx != nil {
		stop := context.AfterFunc(c.ctx, func() { _ = c.Kill() })
		go func() {
			<-r.done
			stop()
		}()
	}
	return nil
}

// supervise is the goroutine that owns the tree. Its thread is the tracer, and
// ends with it: a thread that has traced is not given back to the runtime.
func (r *run) supervise(files []uintptr, started chan<- error) {
	runtime.LockOSThread()
	quietSIGCHLD()
	if runtime.GOMAXPROCS(0) == 1 {
		// With a single one the scheduler takes it from the blocked
		// tracer and gives it back at every stop.
		runtime.GOMAXPROCS(2)
	}
	defer close(r.done)
	defer r.s.close()
	if err := r.s.start(files); err != nil {
		started <- err
		return
	}
	started <- nil
	r.err = r.s.loop()
	if r.err != nil && !r.s.ended() {
		r.s.killAll()
		close(r.s.rootUp)
	}
}

// close gives back what the run has changed in this process.
func (s *supervisor) close() {
	s.placement.close()
	s.shown.close()
	if s.release != nil {
		s.release()
	}
}

// Wait waits for the root to end, and for the rest of the tree (KillOnExit
// ends that first). Its error is nil for exit code 0, an *ExitError for
// another end of the root, and something else when the supervisor failed.
func (c *Cmd) Wait() error {
	r := c.run
	if r == nil {
		return ErrNotStarted
	}
	<-r.done
	var copyErr error
	for ; r.copies > 0; r.copies-- {
		if err := <-r.copying; err != nil && copyErr == nil {
			copyErr = err
		}
	}
	closeAll(r.parent)
	r.parent = nil
	switch {
	case r.err != nil:
		return r.err
	case r.s.status != Status{}:
		return &ExitError{Status: r.s.status}
	}
	if c.ctx != nil && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	return copyErr
}

// RootExited is closed when the root has ended; Wait may take longer.
func (c *Cmd) RootExited() <-chan struct{} { return c.run.s.rootUp }

// Signal sends a real signal to the root, from this process.
func (c *Cmd) Signal(sig os.Signal) error {
	if c.run == nil {
		return ErrNotStarted
	}
	n, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("pidsim: unknown signal " + sig.String())
	}
	if c.run.s.ended() {
		return os.ErrProcessDone
	}
	return unix.Kill(c.run.s.root.pid, n)
}

// Kill ends every process of the tree.
func (c *Cmd) Kill() error {
	if c.run == nil {
		return ErrNotStarted
	}
	s := c.run.s
	select {
	case <-c.run.done:
		return os.ErrProcessDone
	default:
	}
	s.dying.Store(true)
	for _, p := range s.space.Processes() {
		// What has ended may be a stranger's number by now.
		if s.space.State(pidspace.RTID(p)) == pidspace.Live {
			_ = unix.Kill(int(p), unix.SIGKILL)
		}
	}
	return nil
}

// Root returns the real id of the root process, 0 before Start.
func (c *Cmd) Root() int {
	if c.run == nil {
		return 0
	}
	return c.run.s.root.pid
}

// Status is the root's end; valid once RootExited is closed.
func (c *Cmd) Status() Status { return c.run.s.status }

// Stats reports what the run has cost so far.
func (c *Cmd) Stats() Stats {
	if c.run == nil {
		return Stats{}
	}
	return c.run.s.counts.stats()
}

// ended tells whether the root is gone.
func (s *supervisor) ended() bool {
	select {
	case <-s.rootUp:
		return true
	default:
		return false
	}
}

func closeAll[C io.Closer](list []C) {
	for _, c := range list {
		_ = c.Close()
	}
}
