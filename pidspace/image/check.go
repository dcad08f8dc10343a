package image

import (
	"fmt"
	"slices"
	"time"

	"github.com/pidsim/pidsim/pidspace"
)

// Bounds of an image.
const (
	// MaxProcesses is the most processes that an image has.
	MaxProcesses = 32768
	// MaxThreads is the most threads that all of them have together.
	MaxThreads = 8 * MaxProcesses
	// MaxLevels is the most pid namespaces that a process has ids in:
	// MAX_PID_NS_LEVEL of the kernel, and the initial one.
	MaxLevels = 33
	// MaxBody is the most bytes that the body of an image has.
	MaxBody = 64 << 20
)

// Check tells why img cannot be written as an image; nil if it can. The error
// is a [*CheckError].
func (img *Image) Check() error {
	if !slices.Contains([]Origin{Live, CRIU, DMTCP}, img.Origin) {
		return inconsistent(-1, "origin %q is not known", clip(string(img.Origin)))
	}
	if err := checkTime("the time of the image", img.Taken); err != nil {
		return err
	}
	if h := img.Host; h != nil {
		if err := checkTime("the time of the boot", h.Booted); err != nil {
			return err
		}
		if hasNUL(h.Name, h.Kernel, h.BootID) {
			return inconsistent(-1, "a name of the host has a zero byte")
		}
	}
	if len(img.Processes) == 0 {
		return inconsistent(-1, "there is no process")
	}
	if len(img.Processes) > MaxProcesses {
		return &CheckError{-1, fmt.Sprintf("there are more than %d processes", MaxProcesses), ErrTooLarge}
	}
	return img.checkProcesses()
}

// checkProcesses checks each process by itself and all together.
func (img *Image) checkProcesses() error {
	c := checker{used: make(map[int32]use, len(img.Processes))}
	for i := range img.Processes {
		if err := img.Processes[i].check(i); err != nil {
			return err
		}
		if err := c.take(i, &img.Processes[i]); err != nil {
			return err
		}
	}
	for i := range img.Processes {
		if err := c.place(i, &img.Processes[i]); err != nil {
			return err
		}
	}
	return nil
}

// use is what a number is used for.
type use struct {
	process int // index
	thread  bool
}

// checker checks that the numbers of an image fit together.
type checker struct {
	used           map[int32]use
	threads, texts int // so far; texts in bytes
}

// take counts what process i has, and notes the numbers of its tasks.
func (c *checker) take(i int, p *Process) error {
	if c.threads += len(p.Threads); c.threads > MaxThreads {
		return &CheckError{i, fmt.Sprintf("there are more than %d threads", MaxThreads), ErrTooLarge}
	}
	if c.texts += p.textSize(); c.texts > MaxBody {
		return &CheckError{i, fmt.Sprintf("names, arguments and environments have more than %d bytes", MaxBody), ErrTooLarge}
	}
	if _, ok := c.used[int32(p.PID)]; ok {
		return inconsistent(i, "id %d occurs twice", p.PID)
	}
	c.used[int32(p.PID)] = use{process: i}
	for _, t := range p.Threads {
		if _, ok := c.used[int32(t)]; ok {
			return inconsistent(i, "process %d: id %d of a thread occurs twice", p.PID, t)
		}
		c.used[int32(t)] = use{process: i, thread: true}
	}
	return nil
}

// place checks where process i is: under which parent, in which group and
// session. All numbers are noted already.
func (c *checker) place(i int, p *Process) error {
	parent, known := c.used[int32(p.PPID)]
	switch {
	case i == 0 && known:
		return inconsistent(i, "process %d is the root, but its parent %d is in the image: a cycle", p.PID, p.PPID)
	case i > 0 && !known:
		return inconsistent(i, "process %d: its parent %d is not in the image", p.PID, p.PPID)
	case i > 0 && parent.thread:
		return inconsistent(i, "process %d: its parent %d is a thread", p.PID, p.PPID)
	case i > 0 && parent.process >= i:
		return inconsistent(i, "process %d: its parent %d does not come before it: not in order of birth, or a cycle", p.PID, p.PPID)
	}
	for _, id := range []int32{int32(p.PGID), int32(p.SID)} {
		if c.used[id].thread {
			return inconsistent(i, "process %d: its group or session %d is a thread", p.PID, id)
		}
	}
	return nil
}

// check checks what concerns process i alone.
func (p *Process) check(i int) error {
	if err := p.checkIDs(i); err != nil {
		return err
	}
	switch p.State {
	case Running, Stopped:
	case Zombie:
		if len(p.Threads) > 0 {
			return inconsistent(i, "process %d is a zombie and has threads", p.PID)
		}
	default:
		return inconsistent(i, "process %d: state %q is not known", p.PID, clip(string(p.State)))
	}
	if hasNUL(p.Name, p.Exe, p.Cwd, p.Root) || hasNUL(p.Args...) || hasNUL(p.Env...) {
		return inconsistent(i, "process %d: a text has a zero byte", p.PID)
	}
	if s := p.Scheduling; s != nil {
		if _, err := s.Policy.MarshalText(); err != nil {
			return inconsistent(i, "process %d: %v", p.PID, err)
		}
	}
	if p.Umask != nil && *p.Umask > 0o777 {
		return inconsistent(i, "process %d: umask %o is out of range", p.PID, uint32(*p.Umask))
	}
	return p.checkLists(i)
}

// textSize is the number of bytes of the texts of p.
func (p *Process) textSize() int {
	n := len(p.Name) + len(p.Exe) + len(p.Cwd) + len(p.Root)
	for _, list := range [][]Text{p.Args, p.Env} {
		for _, t := range list {
			n += len(t)
		}
	}
	return n
}

// checkLists checks the order of the lists that have one.
func (p *Process) checkLists(i int) error {
	for k, l := range p.Limits {
		if l.Resource >= Resources {
			return inconsistent(i, "process %d: %v is not known", p.PID, l.Resource)
		}
		if k > 0 && l.Resource <= p.Limits[k-1].Resource {
			return inconsistent(i, "process %d: limit %v is out of order", p.PID, l.Resource)
		}
		if l.Soft > l.Hard {
			return inconsistent(i, "process %d: limit %v: the soft one exceeds the hard one", p.PID, l.Resource)
		}
	}
	known := []Member{MemberCwd, MemberEnv, MemberExe, MemberPIDNamespace, MemberRoot}
	for k, name := range p.Unread {
		if !slices.Contains(known, name) {
			return inconsistent(i, "process %d: %q is nothing that may be unreadable", p.PID, clip(string(name)))
		}
		if k > 0 && name <= p.Unread[k-1] {
			return inconsistent(i, "process %d: the list of what could not be read is out of order", p.PID)
		}
	}
	return nil
}

// checkIDs checks the range of ids, and that the levels have the same shape.
func (p *Process) checkIDs(i int) error {
	if err := p.IDs.check(i); err != nil {
		return err
	}
	if p.PID == p.PPID {
		return inconsistent(i, "process %d is its own parent", p.PID)
	}
	if p.Levels() > MaxLevels {
		return inconsistent(i, "process %d is in more than %d pid namespaces", p.PID, MaxLevels)
	}
	for _, in := range p.Inner {
		if err := in.check(i); err != nil {
			return err
		}
		if len(in.Threads) != len(p.Threads) {
			return inconsistent(i, "process %d has %d threads in one pid namespace and %d in another",
				p.PID, 1+len(p.Threads), 1+len(in.Threads))
		}
	}
	return nil
}

// check checks the range of the ids. Only what may be invisible may be 0.
func (n *IDs) check(i int) error {
	if !inRange(int32(n.PID), 1) {
		return inconsistent(i, "process id %d is not in 1 to %d", n.PID, pidspace.MaxPID)
	}
	for _, id := range []struct {
		what  string
		value int32
	}{{"parent", int32(n.PPID)}, {"group", int32(n.PGID)}, {"session", int32(n.SID)}} {
		if !inRange(id.value, 0) {
			return inconsistent(i, "process %d: %s %d is not in 0 to %d", n.PID, id.what, id.value, pidspace.MaxPID)
		}
	}
	for _, t := range n.Threads {
		if !inRange(int32(t), 1) {
			return inconsistent(i, "process %d: thread %d is not in 1 to %d", n.PID, t, pidspace.MaxPID)
		}
	}
	return nil
}

// inRange tells whether id is from low to the largest id.
func inRange(id, low int32) bool { return id >= low && id <= pidspace.MaxPID }

// checkTime checks that t has one form only.
func checkTime(what string, t time.Time) error {
	if t.IsZero() {
		return nil
	}
	if t.Location() != time.UTC || t.Nanosecond() != 0 || t.Year() < 1 || t.Year() > 9999 {
		return inconsistent(-1, "%s is not in UTC and whole seconds", what)
	}
	return nil
}

// inconsistent makes the error for process i.
func inconsistent(i int, format string, args ...any) error {
	return &CheckError{i, fmt.Sprintf(format, args...), ErrInconsistent}
}
