package tracer

import (
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// The kernel writes a core file with real ids in it and often in its name
// (core(5)). It is complete when the task that was dumped begins to exit, and
// then the supervisor puts virtual ids there. A core file is known by the ids
// in its notes, so that no other file is touched.
//
// A program that core_pattern starts sees real ids, as everything outside of
// the tree does; so does who looks at the file before that moment.

// dumps tells whether a signal's default is to dump core (signal(7)).
func dumps(sig unix.Signal) bool {
	switch sig {
	case unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV,
		unix.SIGXCPU, unix.SIGXFSZ, unix.SIGSYS:
		return true
	}
	return false
}

// watchExit sees to it that a task stops when it exits.
func watchExit(t *task) {
	if t.opts&ptrace.OptExit == 0 && ptrace.SetOptions(t.tid, t.opts|ptrace.OptExit) == nil {
		t.opts |= ptrace.OptExit
	}
}

// dumped puts virtual ids into the core file of a task that is about to exit, if
// it has one.
func (s *supervisor) dumped(t *task) {
	const core = 0x80
	status, err := ptrace.EventMessage(t.tid, unix.PTRACE_EVENT_EXIT)
	if err != nil || status&core == 0 || t.proc == nil || t.proc.dumped {
		return
	}
	t.proc.dumped = true
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		return
	}
	text := strings.TrimSpace(string(pattern))
	if strings.HasPrefix(text, "|") || strings.HasPrefix(text, "@") {
		s.once(1, "core", "core dumps go to a program outside, which sees real ids: core_pattern is %s", text)
		return
	}
	if uses, err := os.ReadFile("/proc/sys/kernel/core_uses_pid"); err == nil && strings.TrimSpace(string(uses)) == "1" {
		text = withPID(text)
	}
	if err := s.rewriteCore(t, text); err != nil {
		s.log(1, "a core file of %d has real ids: %v", s.processID(t.proc), err)
	}
}

// withPID is a pattern as core_uses_pid makes of one without the id.
func withPID(pattern string) string {
	if strings.Contains(strings.ReplaceAll(pattern, "%%", ""), "%p") {
		return pattern
	}
	return pattern + ".%p"
}

// errNoCore is a core file that is not where it should be.
var errNoCore = errors.New("it was not found")

// rewriteCore finds the core file by the pattern of its name and rewrites it.
func (s *supervisor) rewriteCore(t *task, pattern string) error {
	dir, name := path.Split(pattern)
	if strings.Contains(strings.ReplaceAll(dir, "%%", ""), "%") {
		return fmt.Errorf("the folder in core_pattern %s changes", pattern)
	}
	c, err := newCoreName(name, t.proc.pid)
	if err != nil {
		return fmt.Errorf("core_pattern %q: %w", pattern, err)
	}
	d, err := openCoreDir(t, strings.ReplaceAll(dir, "%%", "%"))
	if err != nil {
		return err
	}
	defer d.close()
	names, err := d.candidates(c)
	if err != nil {
		return err
	}
	for _, name := range names {
		thread, err := s.rewriteCoreFile(t, d, name)
		switch {
		case errors.Is(err, errNoCore):
			continue
		case err != nil:
			return err
		}
		return d.rename(name, c.rename(name, s.processID(t.proc), s.toVirtual(abi.TID, thread)))
	}
	return errNoCore
}

// A coreName is what names of core files look like.
type coreName struct {
	pattern *regexp.Regexp
	// kinds are the specifiers of the pattern's groups.
	kinds []byte
	// only is the one name that matches; empty if there are more.
	only string
}

// newCoreName makes of a core_pattern what matches the names of the core files
// of a process. Texts that are not known, such as the time, match anything.
func newCoreName(pattern string, pid int) (c coreName, err error) {
	var b, only strings.Builder
	exact := true
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
			only.WriteByte(pattern[i])
			continue
		}
		if i++; i == len(pattern) {
			break
		}
		switch k := pattern[i]; k {
		case '%':
			b.WriteByte('%')
			only.WriteByte('%')
			continue
		case 'p':
			fmt.Fprintf(&b, "(%d)", pid)
			fmt.Fprint(&only, pid)
			c.kinds = append(c.kinds, k)
		case 'P', 'i', 'I':
			b.WriteString(`(\d+)`)
			c.kinds = append(c.kinds, k)
			exact = false
		case 'u', 'g', 'd', 's', 't', 'h', 'e', 'f', 'E', 'c', 'C':
			b.WriteString(`(.*)`)
			c.kinds = append(c.kinds, k)
			exact = false
		}
	}
	if exact {
		c.only = only.String()
	}
	// A pattern that is not UTF-8 cannot be compiled.
	c.pattern, err = regexp.Compile("(?s)^" + b.String() + "$")
	return c, err
}

// rename is the name with virtual ids.
func (c coreName) rename(name string, process, thread int32) string {
	at := c.pattern.FindStringSubmatchIndex(name)
	var b strings.Builder
	done := 0
	for i, k := range c.kinds {
		id := process
		switch k {
		case 'p', 'P':
		case 'i', 'I':
			id = thread
		default:
			continue
		}
		b.WriteString(name[done:at[2*i+2]])
		b.WriteString(strconv.Itoa(int(id)))
		done = at[2*i+3]
	}
	b.WriteString(name[done:])
	return b.String()
}
