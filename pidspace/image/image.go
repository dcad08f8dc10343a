package image

import (
	"time"

	"github.com/pidsim/pidsim/pidspace"
)

// Image is the identity of a process, or of a process and what descends from
// it. What is not known is left at its zero value.
type Image struct {
	// Origin tells where the identity was read from.
	Origin Origin `json:"origin"`
	// Taken is when, in UTC and whole seconds.
	Taken time.Time `json:"taken,omitzero"`
	// Host is where.
	Host *Host `json:"host,omitempty"`
	// Processes has the root first, then the others in order of birth; none
	// comes before its parent.
	Processes []Process `json:"processes"`
}

// Origin is what an identity was read from.
type Origin string

// The origins.
const (
	Live  Origin = "process" // a live process
	CRIU  Origin = "criu"    // the images of a CRIU dump
	DMTCP Origin = "dmtcp"   // the header of a DMTCP checkpoint
)

// Host is a machine at some time.
type Host struct {
	Name   Text `json:"name"`
	Kernel Text `json:"kernel"`
	// BootID is kernel.random.boot_id, different after each boot.
	BootID Text `json:"boot_id"`
	// Booted is the time of the boot in UTC and whole seconds.
	Booted time.Time `json:"booted"`
}

// IDs are the ids of a process as seen from one pid namespace. There, 0 stands
// for something that is not visible.
type IDs struct {
	PID  pidspace.VTGID `json:"pid"`
	PPID pidspace.VTGID `json:"ppid"`
	PGID pidspace.VPGID `json:"pgid"`
	SID  pidspace.VSID  `json:"sid"`
	// Threads are the other threads in order of birth. The first thread
	// has the id of the process.
	Threads []pidspace.VTID `json:"threads,omitempty"`
}

// Process is what is known of one process.
type Process struct {
	// IDs are those in the pid namespace of the reader.
	IDs
	// Inner are the ids in the pid namespaces below that one which the
	// process is also in, the innermost, its own, last.
	Inner []IDs `json:"inner,omitempty"`
	// PIDNamespace is the inode of the process's pid namespace.
	PIDNamespace uint64 `json:"pid_namespace,omitempty"`
	State        State  `json:"state"`
	// Started is when the process was created, in clock ticks of 10 ms
	// after the boot of the host.
	Started uint64 `json:"started,omitempty"`

	// Name is the name of the first thread (comm in proc(5)).
	Name Text `json:"name,omitempty"`
	// Exe is the executable's path, Args are the arguments and Env is the
	// environment; that is nil unless it was asked for.
	Exe  Text   `json:"exe,omitempty"`
	Args []Text `json:"args,omitzero"`
	Env  []Text `json:"env,omitzero"`
	// Cwd and Root are the working and the root directory.
	Cwd  Text `json:"cwd,omitempty"`
	Root Text `json:"root,omitempty"`
	// Terminal is the controlling terminal.
	Terminal *Terminal `json:"terminal,omitempty"`

	Credentials *Credentials `json:"credentials,omitempty"`
	Umask       *Mode        `json:"umask,omitempty"`
	Scheduling  *Scheduling  `json:"scheduling,omitempty"`
	// Limits are the resource limits, by ascending number of the resource.
	Limits []Limit `json:"limits,omitempty"`

	// Unread names the members that could not be read for want of
	// permission, sorted.
	Unread []Member `json:"unread,omitempty"`
}

// Member is a member of [Process] that it may take permission to read.
type Member string

// The members that reading takes permission for (PTRACE_MODE_READ in proc(5)).
const (
	MemberCwd          Member = "cwd"
	MemberEnv          Member = "env"
	MemberExe          Member = "exe"
	MemberPIDNamespace Member = "pid_namespace"
	MemberRoot         Member = "root"
)

// State is what a process was doing.
type State string

// The states.
const (
	Running State = "running" // running or sleeping
	Stopped State = "stopped" // by job control
	Zombie  State = "zombie"  // it has ended, and its parent has not collected it
)

// Levels is the number of pid namespaces that the process has ids in.
func (p *Process) Levels() int { return 1 + len(p.Inner) }

// At returns the ids of the process in the pid namespace level levels below
// the reader's, and whether it has any there.
func (p *Process) At(level int) (IDs, bool) {
	switch {
	case level == 0:
		return p.IDs, true
	case level > 0 && level <= len(p.Inner):
		return p.Inner[level-1], true
	}
	return IDs{}, false
}
