package tracer

import (
	"context"
	"io"
	"syscall"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// SpaceKind selects what ids the tree sees; see package pidspace.
type SpaceKind = pidspace.Kind

// Cmd is a program to be run under a chosen process id. Its fields must not
// be changed after Start. A Cmd cannot be reused.
type Cmd struct {
	// PID is the id that the program is to have, 1 to pidspace.MaxPID.
	PID int
	// Path is the program; Command resolves it through PATH.
	Path string
	// Args holds the arguments, Args[0] being the program's name.
	Args []string
	// Env is the environment; nil means that of this process.
	Env []string
	// Dir is the working directory; empty means that of this process.
	Dir string

	// Stdin, Stdout and Stderr are the program's first three files, as in
	// os/exec: nil means the null device; an *os.File is passed as it is;
	// anything else is copied through a pipe.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Space is pidspace.Host (the default) or pidspace.Private.
	Space SpaceKind
	// Plan gives the ids of the next processes in the order of creation.
	Plan pidspace.Plan
	// Family, when set, gives ids by who creates whom, to threads as well;
	// Reserved are given to nobody that does not ask for one. See
	// pidspace.Config.
	Family   *pidspace.Family
	Reserved []pidspace.VTID
	// PPID, PGID and SID are what the root sees as its parent, group and
	// session; 0 leaves what is really there.
	PPID, PGID, SID int
	// PIDMax is one more than the largest id to hand out; 0 means the
	// kernel's largest, 4194304.
	PIDMax int

	// Credentials, when set, are the users, groups and capabilities that the
	// tree is told it has, without the privilege to have them. The calls that
	// ask for and change credentials act on these, by the kernel's rules, and
	// so do /proc/PID/status, the auxiliary vector, and what the tree's
	// signals, sockets and messages say of their senders. What is really
	// allowed does not change: permissions are those of the real user, and
	// files show their real owners. A file does not give users, groups or
	// capabilities when it is executed. NoNewPrivs is left out.
	Credentials *image.Credentials

	// KillOnExit ends the rest of the tree when the root has ended.
	// Without it Wait returns after the last process of the tree.
	KillOnExit bool
	// NoSeccomp stops the tree at every system call instead of only at
	// those that carry ids: slow, for machines that refuse seccomp filters
	// and for comparisons.
	NoSeccomp bool
	// Strict ends the run with ErrStrict when the tree uses a surface that
	// is not translated.
	Strict bool

	// Trace receives a strace-like line for every translated call.
	Trace io.Writer
	// OnEvent, when set, is called in order from the supervisor for
	// life-cycle events; it must return quickly.
	OnEvent func(Event)
	// Log receives one-line messages for people: level 0 what they must
	// know, 1 life cycle (-v), 2 every translated call (-vv).
	Log func(level int, msg string)

	// SysProcAttr holds attributes of the root as in os/exec; the field
	// Pdeathsig is the supervisor's.
	SysProcAttr *syscall.SysProcAttr
	// Policy hands out the numbers of new tasks; nil means that of the
	// space (see package pidspace).
	Policy pidspace.Policy

	ctx context.Context
	run *run
}

// Event is something that happened in the tree.
type Event struct {
	// Kind is "start" (the root runs), "fork", "thread", "exec", "exit",
	// "stop" or "continue" (of a process by job control).
	Kind string
	// Virtual and Real are the id of the task, in both spaces.
	Virtual, Real int
	// Root tells whether it is the root process.
	Root bool
	// Status is set for "exit" of a process.
	Status Status
	// Signal is the stop signal for "stop".
	Signal int
}

// Status is how a process ended.
type Status struct {
	// Code is the exit code when Signal is 0.
	Code int
	// Signal is the signal that ended the process, or 0.
	Signal int
	// Core tells whether the kernel wrote a core file.
	Core bool
}

// Stats counts what a run cost; see [Cmd.Stats].
type Stats struct {
	// Stops counts the stops of each system call by name; other stops are
	// under the name of their event in brackets, as "(new task)" or
	// "(signal)".
	Stops map[string]int
	// SupervisorNS is the time in nanoseconds between a stop being
	// reported and its tracee being resumed, summed.
	SupervisorNS int64
	// Tasks is the number of processes and threads ever seen; Peak the
	// most at one time.
	Tasks, Peak int
}

// Command prepares to run name with args as process pid. A name without a
// slash is looked up in the PATH of the program's environment.
func Command(pid int, name string, args ...string) *Cmd {
	return &Cmd{PID: pid, Path: name, Args: append([]string{name}, args...)}
}

// CommandContext is Command, but kills the tree when ctx ends.
func CommandContext(ctx context.Context, pid int, name string, args ...string) *Cmd {
	c := Command(pid, name, args...)
	c.ctx = ctx
	return c
}
