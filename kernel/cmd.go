package kernel

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/execpath"
)

// Cmd is a program to be run under a chosen process id. Its fields must not
// be changed after Start. A Cmd cannot be reused.
type Cmd struct {
	// Mechanism is how.
	Mechanism Mechanism
	// PID is the id that the program is to have.
	PID int
	// Path is the program; a name without a slash is looked up in the PATH
	// of the program's environment.
	Path string
	// Args holds the arguments, Args[0] being the program's name.
	Args []string
	// Env is the environment; nil means that of this process.
	Env []string
	// Dir is the working directory; empty means that of this process.
	Dir string
	// Stdin, Stdout and Stderr are the program's first three files; nil
	// means the null device. Of the others it gets those that this process
	// has open without the close-on-exec flag.
	Stdin, Stdout, Stderr *os.File

	// NewSession makes the program the leader of a session without a terminal,
	// NewGroup that of a process group in the same session.
	NewSession, NewGroup bool

	// KillOnExit ends the rest of a namespace when the program has ended.
	// Without it Wait returns after the last process. The other mechanisms
	// do not know what the program leaves behind, and ignore it.
	KillOnExit bool
	// OnBirth, when set, is called with the process's id for this process
	// when it has the id PID and everything that it inherits, before it
	// executes the program.
	OnBirth func(real int)
	// OnEvent, when set, is called in order for what happens to the
	// program; it must return quickly.
	OnEvent func(Event)
	// Log receives one-line messages for people: level 1 life cycle.
	Log func(level int, msg string)

	env        []string
	candidates []string
	extra      *capabilities // those of this process, if some were added
	probe      bool          // end instead of executing a program

	run *run
}

// Event is something that happened to the program.
type Event struct {
	// Kind is "start", "exit", "stop" or "continue" (by job control).
	Kind string
	// PID is the program's id, and Real the one that it has for this
	// process, which in a new namespace is another.
	PID, Real int
	// Status is set for "exit".
	Status Status
	// Signal is the stop signal for "stop".
	Signal int
}

// run is a command that was started.
type run struct {
	root   int     // its id for this process
	target *target // it
	init   *target // the reaper of a namespace, or nil
	// initPID is the first process of a namespace: the reaper or root.
	initPID int
	ended   chan struct{} // closed when the program has ended
	done    chan struct{} // closed when all that Wait waits for has
	status  Status        // valid after ended
	err     error         // why status could not be found; valid after done
}

// Command prepares to run name with args as process pid.
func Command(m Mechanism, pid int, name string, args ...string) *Cmd {
	return &Cmd{Mechanism: m, PID: pid, Path: name, Args: append([]string{name}, args...)}
}

// Run starts the program and waits for it.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Start starts the program. When it returns nil the program has the id and
// runs. Otherwise nothing is left running, and the error says why.
func (c *Cmd) Start() error {
	if c.run != nil {
		return errors.New("kernel: already started")
	}
	if c.env = c.Env; c.env == nil {
		c.env = os.Environ()
	}
	c.candidates = execpath.Candidates(c.Path, c.env)
	started := make(chan error, 1)
	r := &run{ended: make(chan struct{}), done: make(chan struct{})}
	go r.work(c, started)
	if err := <-started; err != nil {
		<-r.done
		return err
	}
	c.run = r
	return nil
}

// Wait waits for the program to end; in a namespace for the rest as well,
// which KillOnExit ends first. Its error is nil for exit code 0, an
// *ExitError for another end.
func (c *Cmd) Wait() error {
	r := c.run
	if r == nil {
		return ErrNotStarted
	}
	<-r.done
	switch {
	case r.err != nil:
		return r.err
	case r.status != Status{}:
		return &ExitError{Status: r.status}
	}
	return nil
}

// RootExited is closed when the program has ended.
func (c *Cmd) RootExited() <-chan struct{} { return c.run.ended }

// Status is the program's end; valid once RootExited is closed.
func (c *Cmd) Status() Status { return c.run.status }

// Root is the program's id for this process, 0 before Start.
func (c *Cmd) Root() int {
	if c.run == nil {
		return 0
	}
	return c.run.root
}

// Signal sends a signal to the program. It cannot reach another process that
// has got the id since.
func (c *Cmd) Signal(sig os.Signal) error {
	s, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("kernel: unsupported signal type")
	}
	if c.run == nil {
		return ErrNotStarted
	}
	return c.run.target.signal(s)
}

// Kill ends the program, and the whole namespace where there is one.
func (c *Cmd) Kill() error {
	switch {
	case c.run == nil:
		return ErrNotStarted
	case c.run.init != nil:
		return c.run.init.signal(unix.SIGKILL)
	}
	return c.run.target.signal(unix.SIGKILL)
}

// log passes a message for people on.
func (c *Cmd) log(level int, msg string) {
	if c.Log != nil {
		c.Log(level, msg)
	}
}

// event tells of something that happened to the program.
func (c *Cmd) event(e Event, real int) {
	if c.OnEvent != nil {
		e.PID, e.Real = c.PID, real
		c.OnEvent(e)
	}
}
