package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Sentinels; every [Error] wraps one of them, or what the system said.
var (
	// ErrGone means that there is no such process, or not any longer.
	ErrGone = errors.New("no such process")
	// ErrThread means that an id belongs to a thread that is not the first.
	ErrThread = errors.New("not a process but a thread")
	// ErrKernelThread means a thread of the kernel, which has no identity
	// of its own that a program could be given.
	ErrKernelThread = errors.New("a thread of the kernel, not a program")
	// ErrZombie means a process that has ended already.
	ErrZombie = errors.New("it has ended, and its parent has not collected it")
	// ErrPermission means that the system does not let this process look.
	ErrPermission = errors.New("permission denied")
	// ErrUnsteady means that processes change too fast to be read.
	ErrUnsteady = errors.New("it changes faster than it can be read")
	// ErrTraced means that a process is traced by somebody else.
	ErrTraced = errors.New("it is traced by another process")
	// ErrSupervised means that a process runs under pidsim.
	ErrSupervised = errors.New("it runs under pidsim, and only from inside can its ids be seen")
	// ErrProc means that /proc is not what is needed.
	ErrProc = errors.New("/proc does not show the processes of this pid namespace")
)

// Error tells why a process could not be read.
type Error struct {
	// PID is the process.
	PID int
	// Err is a sentinel or an error of the system.
	Err error
	// Detail says more, Fix what to do. Both may be empty.
	Detail, Fix string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("process %d: %v", e.PID, e.Err)
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// gone tells whether err means that a process does not exist.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// forbidden tells whether err means that permission is missing.
func forbidden(err error) bool { return errors.Is(err, fs.ErrPermission) }
