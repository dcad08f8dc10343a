package main

import (
	"errors"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer"
)

// Exit statuses of pidsim's own, as env(1), timeout(1) and nohup(1) use them.
const (
	exitFailed        = 125 // pidsim or its usage
	exitNotExecutable = 126
	exitNotFound      = 127
)

// failure is an error of pidsim's own: what failed, why, and what to do. It
// is one line, and its texts are stable.
type failure struct {
	what, why, fix string
	code           int
}

// Error gives the line without pidsim's name.
func (f *failure) Error() string {
	s := f.what
	if f.why != "" {
		s += ": " + f.why
	}
	if f.fix != "" {
		s += "; " + f.fix
	}
	return strings.ReplaceAll(s, "\n", " ")
}

// failed builds the failure with status 125, the usual one.
func failed(what, why, fix string) *failure {
	return &failure{what: what, why: why, fix: fix, code: exitFailed}
}

// asFailure turns any error into the line and the status that users get.
func asFailure(err error) *failure {
	var (
		f      *failure
		exec   *tracer.ExecError
		setup  *tracer.SetupError
		strict *tracer.StrictError
		config *pidspace.ConfigError
		plan   *pidspace.PlanError
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &exec):
		return execFailure(exec)
	case errors.As(err, &setup):
		return setupFailure(setup)
	case errors.As(err, &strict):
		return failed("--strict", strict.Call+": "+strict.Note, "without --strict the program goes on with real ids there")
	case errors.As(err, &config):
		return failed(flagOf(config.Field)+" "+strconv.Itoa(config.Value), config.Reason, hint(config.Hint))
	case errors.As(err, &plan):
		return failed("--plan", planReason(plan), hint(plan.Hint))
	}
	if f := asKernelFailure(err); f != nil {
		return f
	}
	fix := ""
	if errors.Is(err, syscall.EMFILE) {
		fix = "raise the limit of open files (ulimit -n)"
	}
	return failed(err.Error(), "", fix)
}

// setupFailure says why this machine does not let pidsim work.
func setupFailure(e *tracer.SetupError) *failure {
	why := e.Why
	if e.Err != nil {
		_, cause := reason(e.Err)
		if why == "" {
			why = cause
		} else {
			why += " (" + cause + ")"
		}
	}
	return failed("cannot "+e.Op, why, e.Fix)
}

// hint puts flags in the place of fields of [pidspace.Config].
func hint(s string) string { return strings.ReplaceAll(s, "PIDMax", flagOf("PIDMax")) }

// flagOf names the flag that sets a field of [pidspace.Config].
func flagOf(field string) string {
	switch field {
	case "Root":
		return "-pid"
	case "PIDMax":
		return "--pid-max"
	}
	return "--" + strings.ToLower(field) // PPID, PGID, SID, Plan
}

// execFailure explains why a program could not be executed.
func execFailure(x *tracer.ExecError) *failure {
	f := &failure{what: word(x.Path), code: exitNotExecutable}
	errno, why := reason(x.Err)
	f.why = why
	switch {
	case errors.Is(x.Err, exec.ErrNotFound), errno == syscall.ENOENT, errors.Is(x.Err, fs.ErrNotExist):
		f.code = exitNotFound
		f.why, f.fix = missing(x.Path)
	case errors.Is(x.Err, exec.ErrDot):
		f.why = "found only in the current directory"
		f.fix = "write ./" + x.Path + " if that is the program meant"
	case errno == syscall.ENOEXEC:
		f.fix = "a script needs a first line such as #!/bin/sh, a binary one must be for this machine"
	case errno == syscall.EACCES:
		f.fix = "the file needs execute permission, and must not be a directory or on a noexec mount"
	default:
		f.fix = "the program was not started"
	}
	return f
}

// missing explains a program that does not exist.
func missing(path string) (why, fix string) {
	switch {
	case strings.ContainsAny(path, " \t\n;|&") && !exists(path):
		return "no such program", "write each argument as a word of its own, or use sh -c"
	case !strings.Contains(path, "/"):
		return "no such program in PATH", "give its path, or correct PATH"
	case exists(path):
		return "the file exists, but its interpreter does not", "check its first line, or its dynamic loader"
	}
	return "no such file", "check the path"
}

// exists tells whether something is at path.
func exists(path string) bool {
	return syscall.Access(path, 0) == nil
}

// reason gives the innermost cause of err: system call errors without the
// operations and paths around them.
func reason(err error) (syscall.Errno, string) {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno, errno.Error()
	}
	return 0, err.Error()
}

// word makes a user's word fit for a message of one line.
func word(s string) string {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) || r == ' ' || r == unicode.ReplacementChar }
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}
