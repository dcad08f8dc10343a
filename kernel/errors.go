package kernel

import (
	"errors"
	"fmt"
	"syscall"
)

// What the errors of a start are about. Each has a type with the details.
var (
	ErrPIDInUse   = errors.New("the pid is in use")
	ErrRange      = errors.New("the pid is out of range")
	ErrPermission = errors.New("no permission to choose a pid")
	ErrAbsent     = errors.New("the mechanism does not exist here")
)

// ErrNotStarted is returned by methods that need a started command.
var ErrNotStarted = errors.New("kernel: the command was not started")

// InUseError says that another process holds the id.
type InUseError struct {
	PID    int
	Holder Holder
}

func (e *InUseError) Error() string { return fmt.Sprintf("pid %d is in use %s", e.PID, e.Holder) }

// Is makes it an ErrPIDInUse.
func (e *InUseError) Is(target error) bool { return target == ErrPIDInUse }

// RangeError says that this machine has no such ids.
type RangeError struct {
	PID int
	// Max is kernel.pid_max, one more than the largest id; 0 if unknown.
	Max int
}

func (e *RangeError) Error() string {
	if e.Max == 0 || e.PID < e.Max {
		return fmt.Sprintf("the kernel has no pid %d", e.PID)
	}
	return fmt.Sprintf("pid %d is above the largest of this machine, %d (kernel.pid_max is %d)", e.PID, e.Max-1, e.Max)
}

// Is makes it an ErrRange.
func (e *RangeError) Is(target error) bool { return target == ErrRange }

// PermissionError says that the kernel lets others do this, but not us.
type PermissionError struct {
	// Op is what is not permitted; Why what was measured; Fix what a user
	// can do.
	Op, Why, Fix string
	Err          error
}

func (e *PermissionError) Error() string { return message("not permitted to "+e.Op, e.Why, e.Fix) }

// Is makes it an ErrPermission.
func (e *PermissionError) Is(target error) bool { return target == ErrPermission }

// Unwrap gives the errno.
func (e *PermissionError) Unwrap() error { return e.Err }

// AbsentError says that this kernel does not have the mechanism.
type AbsentError struct {
	Mechanism string
	Why, Fix  string
	Err       error
}

func (e *AbsentError) Error() string { return message("no "+e.Mechanism+" here", e.Why, e.Fix) }

// Is makes it an ErrAbsent.
func (e *AbsentError) Is(target error) bool { return target == ErrAbsent }

// Unwrap gives the errno, if one said so.
func (e *AbsentError) Unwrap() error { return e.Err }

// SetupError is any other failure to start.
type SetupError struct {
	Op, Why, Fix string
	Err          error
}

func (e *SetupError) Error() string {
	s := "cannot " + e.Op
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return message(s, e.Why, e.Fix)
}

// Unwrap gives the cause.
func (e *SetupError) Unwrap() error { return e.Err }

// message joins what happened, why, and what to do.
func message(what, why, fix string) string {
	if why != "" {
		what += ": " + why
	}
	if fix != "" {
		what += "; " + fix
	}
	return what
}

// ExecError says that the program could not be executed.
type ExecError struct {
	Path string
	// Err is the errno of execve(2).
	Err error
}

func (e *ExecError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap gives the errno.
func (e *ExecError) Unwrap() error { return e.Err }

// Status is how a process ended.
type Status struct {
	// Code is the exit code when Signal is 0.
	Code int
	// Signal is the signal that ended the process, or 0.
	Signal int
	// Core tells whether the kernel wrote a core file.
	Core bool
}

// ExitError says that the program did not end with exit code 0.
type ExitError struct{ Status Status }

func (e *ExitError) Error() string {
	if e.Status.Signal != 0 {
		return "signal: " + syscall.Signal(e.Status.Signal).String()
	}
	return fmt.Sprintf("exit status %d", e.Status.Code)
}
