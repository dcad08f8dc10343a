package tracer

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/memexec"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
	"github.com/pidsim/pidsim/tracer/internal/stage"
)

// ErrStrict is what a [StrictError] is.
var ErrStrict = errors.New("the program used an id that is not translated")

// StrictError ends a run with Strict set.
type StrictError struct {
	// Call is the system call, and Note what is not translated there.
	Call, Note string
}

func (e *StrictError) Error() string {
	return fmt.Sprintf("strict: %s: %s", e.Call, e.Note)
}

// Is makes it an ErrStrict.
func (e *StrictError) Is(target error) bool { return target == ErrStrict }

// ExitError reports that the root did not end with exit code 0.
type ExitError struct{ Status Status }

func (e *ExitError) Error() string {
	if e.Status.Signal != 0 {
		return "signal: " + syscall.Signal(e.Status.Signal).String()
	}
	return fmt.Sprintf("exit status %d", e.Status.Code)
}

// ExecError reports that the program could not be executed.
type ExecError struct {
	Path string
	// Err is the errno of execve(2).
	Err error
}

func (e *ExecError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap gives the errno.
func (e *ExecError) Unwrap() error { return e.Err }

// SetupError reports that this machine, or the way this process runs, does not
// allow the supervisor to work.
type SetupError struct {
	// Op failed; Why is what was measured, Fix what a user can do.
	Op, Why, Fix string
	Err          error
}

func (e *SetupError) Error() string {
	msg := "cannot " + e.Op
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	if e.Why != "" {
		msg += ": " + e.Why
	}
	if e.Fix != "" {
		msg += "; " + e.Fix
	}
	return msg
}

// Unwrap gives the cause.
func (e *SetupError) Unwrap() error { return e.Err }

// explain turns an error of the start into one that says what to do.
func explain(err error) error {
	var seize *stage.SeizeError
	if errors.As(err, &seize) {
		why, fix := whyNoPtrace()
		return &SetupError{Op: "trace a program (ptrace)", Why: why, Fix: fix, Err: seize.Err}
	}
	var step *stage.StepError
	if errors.As(err, &step) {
		why, fix := whyNot(step.Err)
		return &SetupError{Op: step.Op, Why: why, Fix: fix, Err: step.Err}
	}
	return &SetupError{Op: "set up the program", Err: err}
}

// whyNot says what may forbid a step of the start, and what to do.
func whyNot(err error) (why, fix string) {
	switch {
	case errors.Is(err, memexec.ErrNoProc):
		return "", "mount it: mount -t proc proc /proc"
	case errors.Is(err, unix.EAGAIN):
		return "the user, the control group or the machine has as many as it may have", "see ulimit -u and pids.max"
	case errors.Is(err, unix.EMFILE):
		return "", "raise the limit of open files (ulimit -n)"
	case errors.Is(err, unix.EFBIG):
		return "", "raise the limit of the size of files (ulimit -f)"
	case (errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS)) && statusField("Seccomp") == "2":
		return "a seccomp filter on pidsim may forbid it", "in a container, allow it"
	}
	return "", ""
}

// explainFilter does so for the seccomp filter.
func explainFilter(err error) error {
	var step *stage.StepError
	if errors.As(err, &step) {
		return explain(err)
	}
	return &SetupError{
		Op: "install a seccomp filter", Err: err,
		Why: "the kernel lacks seccomp filters or a sandbox forbids more of them",
		Fix: "use --no-seccomp, which needs none and is slower",
	}
}

// whyNoPtrace measures what may forbid ptrace.
func whyNoPtrace() (why, fix string) {
	if scope := readLine("/proc/sys/kernel/yama/ptrace_scope"); scope == "3" || scope == "2" && !hasCapability(unix.CAP_SYS_PTRACE) {
		return "kernel.yama.ptrace_scope is " + scope, "run as root (scope 2) or ask the administrator for scope 1"
	}
	if tracer := statusField("TracerPid"); tracer != "" && tracer != "0" {
		return "pidsim itself is traced by process " + tracer, "run it outside of that tracer"
	}
	if mode := statusField("Seccomp"); mode == "0" && ptrace.Shut() {
		return "this is under pidsim already, and a process has one tracer",
			"run it outside; --backend setforkpid works in here, for an id that is free"
	} else if mode == "2" {
		return "a seccomp filter on pidsim may forbid ptrace", "in a container, allow it (docker: --cap-add SYS_PTRACE or a newer default profile)"
	}
	return "a security policy of this machine forbids it", "look at the kernel log for denials"
}

func hasCapability(c int) bool {
	var set uint64
	if _, err := fmt.Sscanf(statusField("CapEff"), "%x", &set); err != nil {
		return false
	}
	return set&(1<<c) != 0
}

func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func statusField(name string) string { return fieldOf("/proc/self/status", name) }

// fieldOf is a field of a status file (proc(5)), empty when it has none.
func fieldOf(path, name string) string {
	for line := range strings.Lines(readLine(path)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
