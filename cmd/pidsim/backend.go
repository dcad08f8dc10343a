package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"

	"github.com/pidsim/pidsim/kernel"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/runs"
	"github.com/pidsim/pidsim/tracer"
)

// job is a program under pidsim, however its id comes about.
type job interface {
	program
	Start() error
	Wait() error
	RootExited() <-chan struct{}
	Status() tracer.Status
	// watch has f called for what happens, in order. It comes before Start.
	watch(f func(tracer.Event))
	// atBirth has f called with the real id of the process when it has
	// inherited what it inherits, before the program runs in it. It comes
	// between watch and Start.
	atBirth(f func(real int))
	// active tells whether a process of the tree runs: is neither stopped
	// nor at its end. The events that t has noted tell of every change of
	// that only if heard.
	active(t *tree) (active, heard bool)
	// sent tells whether a signal that pidsim got comes from the program,
	// or a process under it, which has sent it to the whole group.
	sent(syscall.Signal) bool
	// table lists the processes that are under pidsim; means says by which
	// backend, and in which space if that one is asked for.
	table() []runs.Process
	means(space string) (backend, shown string)
}

// ptraceJob is a job of the ptrace backend.
type ptraceJob struct {
	*tracer.Cmd
	stats bool
}

func (j ptraceJob) watch(f func(tracer.Event)) { j.OnEvent = f }

func (j ptraceJob) atBirth(f func(int)) {
	watcher := j.OnEvent
	j.OnEvent = func(e tracer.Event) {
		if e.Kind == "start" {
			f(e.Real)
		}
		watcher(e)
	}
}

func (ptraceJob) active(t *tree) (active, heard bool) { return t.running() > 0, true }

// Wait also says what the run cost.
func (j ptraceJob) Wait() error {
	err := j.Cmd.Wait()
	if j.stats {
		_, _ = io.WriteString(os.Stderr, statsText(j.Stats()))
	}
	return err
}

// sent is never true: the emulation leaves pidsim out of the group.
func (ptraceJob) sent(syscall.Signal) bool { return false }

// kernelJob is a job of one of the kernel's own mechanisms.
type kernelJob struct{ *kernel.Cmd }

func (j kernelJob) watch(f func(tracer.Event)) {
	j.OnEvent = func(e kernel.Event) {
		f(tracer.Event{Kind: e.Kind, Virtual: e.PID, Real: e.Real, Root: true, Status: tracer.Status(e.Status), Signal: e.Signal})
	}
}

func (j kernelJob) atBirth(f func(int)) { j.OnBirth = f }

// active looks at all processes: the kernel reports only the program's stops.
func (j kernelJob) active(*tree) (active, heard bool) { return j.Active(), false }

func (j kernelJob) sent(sig syscall.Signal) bool { return j.Sent(sender(sig)) }

func (j kernelJob) Status() tracer.Status { return tracer.Status(j.Cmd.Status()) }

// Wait leaves the way in which the program ended to Status.
func (j kernelJob) Wait() error {
	err := j.Cmd.Wait()
	var exit *kernel.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// choose runs the program by the backend that the flags ask for; emulation is
// the ptrace backend's command.
func (o *options) choose(emulation *tracer.Cmd, report *statusWriter) (tracer.Status, error) {
	emulate := func() (tracer.Status, error) {
		return o.supervise(o.restored.attend(ptraceJob{emulation, o.stats}), report)
	}
	switch o.backend {
	case "ptrace":
		return emulate()
	case "auto":
		if !kernel.Installed() || o.beyond(kernel.SetForkPID) != nil {
			return emulate()
		}
		st, err := o.supervise(o.restored.attend(o.real(kernel.SetForkPID)), report)
		if f := refusal(err); f != nil {
			say("setforkpid cannot give this id: " + f.reason() + "; emulating it instead")
			return emulate()
		}
		return st, err
	}
	m := kernel.Find(o.backend)
	if err := o.beyond(m); err != nil {
		return tracer.Status{}, err
	}
	return o.supervise(o.restored.attend(o.real(m)), report)
}

// real prepares the command of a mechanism.
func (o *options) real(m kernel.Mechanism) kernelJob {
	c := kernel.Command(m, o.pid, o.program[0], o.program[1:]...)
	c.Env = environ(os.Environ(), os.Getpid(), o.pid)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.KillOnExit = o.killOnExit
	c.Log = func(level int, msg string) {
		if level <= o.verbose {
			say(msg)
		}
	}
	o.restored.real(c)
	return kernelJob{c}
}

// emulatedOnly are the flags that the kernel's own mechanisms cannot honour,
// with the reason.
var emulatedOnly = []struct{ flag, why string }{
	{"space", "the kernel shows every process its real id"},
	{"plan", "the kernel chooses the ids of what the program starts"},
	{"ppid", "the kernel tells the program its real parent"},
	{"pgid", "the kernel tells the program its real process group"},
	{"sid", "the kernel tells the program its real session"},
	{"pid-max", "the kernel hands out ids up to its own limit"},
	{"kill-on-exit", "what the program leaves behind is not under pidsim"},
	{"trace", "no system call is translated"},
	{"stats", "the program is not stopped at system calls"},
	{"no-seccomp", "the program is not stopped at system calls"},
	{"strict", "no system call is translated"},
}

// beyond says which of the flags that were given a mechanism cannot honour.
func (o *options) beyond(m kernel.Mechanism) error {
	for _, f := range emulatedOnly {
		if !o.given(f.flag) || m == kernel.Namespace && o.inNamespace(f.flag) {
			continue
		}
		fix := "leave the flag out, or use --backend ptrace"
		if f.flag == "kill-on-exit" {
			fix += " or namespace"
		}
		return failed("--"+f.flag+" with --backend "+m.Name(), f.why, fix)
	}
	return nil
}

// inNamespace tells whether a namespace can honour what a flag asks for: it is
// a private space, and it can be ended.
func (o *options) inNamespace(flag string) bool {
	return flag == "kill-on-exit" || flag == "space" && o.space == pidspace.Private
}

// refusal words why a mechanism cannot give the id, or is nil: an error of the
// program itself is none.
func refusal(err error) *failure {
	var exec *kernel.ExecError
	if f := asKernelFailure(err); f != nil && !errors.As(err, &exec) {
		return f
	}
	return nil
}

// reason is a failure without what to do about it.
func (f *failure) reason() string {
	return (&failure{what: f.what, why: f.why}).Error()
}

// asKernelFailure words the errors of package kernel; nil for others.
func asKernelFailure(err error) *failure {
	var (
		exec       *kernel.ExecError
		inUse      *kernel.InUseError
		out        *kernel.RangeError
		permission *kernel.PermissionError
		absent     *kernel.AbsentError
		setup      *kernel.SetupError
	)
	switch {
	case errors.As(err, &exec):
		return execFailure(&tracer.ExecError{Path: exec.Path, Err: exec.Err})
	case errors.As(err, &inUse):
		return inUseFailure(inUse)
	case errors.As(err, &out):
		return failed(out.Error(), "", "choose another id, or use --backend ptrace, which goes up to "+strconv.Itoa(pidspace.MaxPID))
	case errors.As(err, &permission):
		return failed("not permitted to "+permission.Op, permission.Why, permission.Fix)
	case errors.As(err, &absent):
		return failed("--backend "+absent.Mechanism, absent.Why, absent.Fix)
	case errors.As(err, &setup):
		return setupFailure(&tracer.SetupError{Op: setup.Op, Why: setup.Why, Fix: setup.Fix, Err: setup.Err})
	}
	return nil
}

// inUseFailure words that somebody else has the id.
func inUseFailure(e *kernel.InUseError) *failure {
	fix := "end that process"
	if e.Holder.Kind == kernel.HolderUnknown {
		fix = "try again"
	}
	return failed(e.Error(), "", fix+", choose another id, or use --backend ptrace, for which an id may be in use")
}

// mechanismNames are the backends besides auto and ptrace.
func mechanismNames() (names []string) {
	for _, m := range kernel.Mechanisms() {
		names = append(names, m.Name())
	}
	return names
}
