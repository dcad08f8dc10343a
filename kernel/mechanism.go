package kernel

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// A Mechanism is one of the kernel's ways to give a process a chosen id. Only
// those of this package exist.
type Mechanism interface {
	// Name is what users call it.
	Name() string
	// prepare says in advance why the id cannot be given, or nil, and opens
	// what the mechanism needs.
	prepare(l *launch) error
	// tries is how many processes may get another id before it gives up.
	tries() int
	// compose adds to the program what makes the process and, in it, goes
	// on with b.program. It returns the first step.
	compose(b *builder) *script.Step
	// explain turns the errno of a step into an error for users.
	explain(pid int, at tag, errno unix.Errno) error
}

// A requester is a mechanism that chooses the id of the calling thread's next
// fork, so that no other process has to make the one that is wanted.
type requester interface {
	Mechanism
	request(pid int) error
	cancel()
}

// The mechanisms.
var (
	// SetForkPID asks the patched kernel, or the module, for the next fork's
	// id.
	SetForkPID Mechanism = setForkPID{}
	// SetTID is clone3 with set_tid (clone(2), Linux 5.5).
	SetTID Mechanism = setTID{}
	// NSLastPID sets the id that the kernel gave last, and forks (proc(5),
	// Linux 3.3).
	NSLastPID Mechanism = nsLastPID{}
	// Namespace makes a pid namespace in which the id is free
	// (pid_namespaces(7), Linux 5.5).
	Namespace Mechanism = namespace{}
)

// Mechanisms lists them, the one that needs the rarest kernel first.
func Mechanisms() []Mechanism {
	return []Mechanism{SetForkPID, SetTID, NSLastPID, Namespace}
}

// Find returns the mechanism called name, or nil.
func Find(name string) Mechanism {
	for _, m := range Mechanisms() {
		if m.Name() == name {
			return m
		}
	}
	return nil
}
