package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
)

// HolderKind is what an id is in use as. Processes, threads, process groups
// and sessions share their numbers.
type HolderKind uint8

const (
	// HolderUnknown holds nothing that can be found (any more).
	HolderUnknown HolderKind = iota
	HolderProcess
	// HolderZombie has ended, and its parent has not collected it.
	HolderZombie
	HolderThread
	HolderGroup
	HolderSession
	// HolderHidden exists, but /proc does not show it.
	HolderHidden
)

// Holder is whoever has an id.
type Holder struct {
	Kind HolderKind
	// PID is the process: the holder itself, or that of the thread, or one
	// in the group or session.
	PID int
	// Name is that process's, Role what tells it from others of the name:
	// its command line or its parent.
	Name, Role string
	// Age is how long ago it started; negative if unknown.
	Age time.Duration
}

// String completes the sentence "pid 4242 is in use ...".
func (h Holder) String() string {
	s := h.Name
	if h.Role != "" {
		s += " (" + h.Role + ")"
	}
	switch h.Kind {
	case HolderUnknown:
		return "or was a moment ago"
	case HolderHidden:
		return "by a process that /proc does not show"
	case HolderZombie:
		return "by " + s + ", which has ended but was not collected by its parent"
	case HolderThread:
		s = fmt.Sprintf("by a thread of process %d, %s", h.PID, s)
	case HolderGroup:
		s = fmt.Sprintf("as the process group of process %d, %s", h.PID, s)
	case HolderSession:
		s = fmt.Sprintf("as the session of process %d, %s", h.PID, s)
	default:
		s = "by " + s
	}
	if h.Age >= 0 {
		s += ", started " + ago(h.Age)
	}
	return s
}

// ago words a time in the past by its largest unit.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= unit.d {
			return fmt.Sprintf("%d %s ago", d/unit.d, unit.name)
		}
	}
	return "just now"
}

// FindHolder tells who has an id at this moment.
func FindHolder(pid int) Holder {
	if s, ok := readStat(pid); ok {
		return holderOf(pid, s)
	}
	h := Holder{}
	eachProcess(func(s stat) bool {
		switch pid {
		case s.session:
			h = describe(HolderSession, s)
		case s.group:
			h = describe(HolderGroup, s)
		}
		return h.Kind != HolderUnknown
	})
	if h.Kind == HolderUnknown && occupied(pid) {
		h.Kind = HolderHidden
	}
	return h
}

// occupied asks the kernel, who tells of processes and groups.
func occupied(pid int) bool {
	return unix.Kill(pid, 0) != unix.ESRCH || pid > 1 && unix.Kill(-pid, 0) != unix.ESRCH
}

// holderOf tells whether the task pid is a process or one of its threads.
func holderOf(pid int, s stat) Holder {
	if of := taskOf(pid); of != pid && of != 0 {
		if p, ok := readStat(of); ok {
			return describe(HolderThread, p)
		}
	}
	kind := HolderProcess
	if s.state == 'Z' || s.state == 'X' {
		kind = HolderZombie
	}
	return describe(kind, s)
}

// taskOf is the process that a task belongs to, 0 if unknown.
func taskOf(tid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "Tgid:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(value))
			return n
		}
	}
	return 0
}

// describe tells of a process what helps a person to recognise it.
func describe(kind HolderKind, s stat) Holder {
	h := Holder{Kind: kind, PID: s.pid, Name: printable(s.comm), Role: role(s), Age: s.age()}
	if s.pid == os.Getpid() {
		h.Name, h.Role = "pidsim itself", ""
	}
	return h
}

// roleSize bounds a role; command lines can be long.
const roleSize = 60

// role is the title that a server gives its processes ("nginx: master
// process"), or the command line, or the parent if that says no more.
func role(s stat) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(s.pid) + "/cmdline")
	args := strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
	if title, ok := strings.CutPrefix(args[0], s.comm+": "); ok {
		word, _, _ := strings.Cut(title, " ")
		return printable(word)
	}
	if len(args) > 1 {
		args[0] = filepath.Base(args[0])
		return printable(strings.Join(args, " "))
	}
	if p, ok := readStat(s.ppid); ok {
		return fmt.Sprintf("child of %s %d", printable(p.comm), s.ppid)
	}
	return ""
}

// printable makes foreign text fit for a message of one line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, s)
	if len([]rune(s)) > roleSize {
		s = string([]rune(s)[:roleSize-3]) + "..."
	}
	return s
}
