package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	status, err := ptrace.EventMessage(t.tid)
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

// maxCoreNames bounds the files that are looked at.
const maxCoreNames = 1 << 12

// errNoCore is a core file that is not where it should be.
var errNoCore = errors.New("it was not found")

// rewriteCore finds the core file by the pattern of its name and rewrites it.
func (s *supervisor) rewriteCore(t *task, pattern string) error {
	dir, name := path.Split(pattern)
	base := fmt.Sprintf("/proc/%d/cwd/", t.tid)
	if path.IsAbs(pattern) {
		base = fmt.Sprintf("/proc/%d/root/", t.tid)
	}
	if strings.Contains(strings.ReplaceAll(dir, "%%", ""), "%") {
		return fmt.Errorf("the folder in core_pattern %s changes", pattern)
	}
	dir = base + strings.ReplaceAll(dir, "%%", "%")
	c := newCoreName(name, t.proc.pid)
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(maxCoreNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, name := range names {
		if !c.pattern.MatchString(name) {
			continue
		}
		thread, err := s.rewriteCoreFile(t, dir+name)
		switch {
		case errors.Is(err, errNoCore):
			continue
		case err != nil:
			return err
		}
		shown := c.rename(name, s.processID(t.proc), s.toVirtual(abi.TID, thread))
		if shown == name {
			return nil
		}
		return os.Rename(dir+name, dir+shown)
	}
	return errNoCore
}

// A coreName is what names of core files look like.
type coreName struct {
	pattern *regexp.Regexp
	// kinds are the specifiers of the pattern's groups.
	kinds []byte
}

// newCoreName makes of a core_pattern what matches the names of the core files
// of a process. Texts that are not known, such as the time, match anything.
func newCoreName(pattern string, pid int) coreName {
	var c coreName
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
			continue
		}
		if i++; i == len(pattern) {
			break
		}
		switch k := pattern[i]; k {
		case '%':
			b.WriteString("%")
			continue
		case 'p':
			fmt.Fprintf(&b, "(%d)", pid)
			c.kinds = append(c.kinds, k)
		case 'P', 'i', 'I':
			b.WriteString(`(\d+)`)
			c.kinds = append(c.kinds, k)
		case 'u', 'g', 'd', 's', 't', 'h', 'e', 'f', 'E', 'c', 'C':
			b.WriteString(`(.*)`)
			c.kinds = append(c.kinds, k)
		}
	}
	c.pattern = regexp.MustCompile("^" + b.String() + "$")
	return c
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

// rewriteCoreFile puts virtual ids into the notes of a core file, if it is one
// of the task's process. It returns the thread that was dumped.
func (s *supervisor) rewriteCoreFile(t *task, name string) (thread int32, err error) {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, errNoCore
	}
	notes, at, class, err := coreNotes(f)
	if err != nil {
		return 0, errNoCore
	}
	words := coreWords(notes, class)
	if !ofProcess(notes, words, int32(t.proc.pid)) {
		return 0, errNoCore
	}
	thread = int32(t.tid)
	for i, w := range words {
		real := int32(le32(notes[w.off:]))
		if i == 0 {
			thread = real // of the first status, which is the dumped thread's
		}
		putLE32(notes[w.off:], uint32(s.toVirtual(w.kind, real)))
	}
	_, err = f.WriteAt(notes, at)
	return thread, err
}

// Types and sizes of ELF core files (elf(5)).
const (
	elfCore   = 4
	elfNote   = 4
	elf32     = 1
	elf64     = 2
	prstatus  = 1
	prpsinfo  = 3
	maxPhdrs  = 1 << 16
	maxNotes  = 16 << 20
	noteFixed = 12
)

// coreNotes reads the notes of a core file, and where they are in it.
func coreNotes(f io.ReaderAt) (notes []byte, at int64, class byte, err error) {
	le := binary.LittleEndian
	var h [64]byte
	if _, err := f.ReadAt(h[:], 0); err != nil {
		return nil, 0, 0, err
	}
	class = h[4]
	if string(h[:4]) != "\x7fELF" || le.Uint16(h[16:]) != elfCore || class != elf32 && class != elf64 {
		return nil, 0, 0, errNoCore
	}
	phoff, size, n := int64(le.Uint64(h[32:])), 56, int(le.Uint16(h[56:]))
	if class == elf32 {
		phoff, size, n = int64(le.Uint32(h[28:])), 32, int(le.Uint16(h[44:]))
	}
	for i := range min(n, maxPhdrs) {
		var p [56]byte
		if _, err := f.ReadAt(p[:size], phoff+int64(i*size)); err != nil {
			return nil, 0, 0, err
		}
		if le.Uint32(p[:]) != elfNote {
			continue
		}
		at, length := int64(le.Uint64(p[8:])), int64(le.Uint64(p[32:]))
		if class == elf32 {
			at, length = int64(le.Uint32(p[4:])), int64(le.Uint32(p[16:]))
		}
		if length < 0 || length > maxNotes {
			return nil, 0, 0, errNoCore
		}
		notes = make([]byte, length)
		_, err = f.ReadAt(notes, at)
		return notes, at, class, err
	}
	return nil, 0, 0, errNoCore
}

// A coreWord is an id in the notes; of psinfo notes own says which is the id of
// the process itself.
type coreWord struct {
	kind abi.Kind
	off  int
	own  bool
}

// coreWords finds the ids in notes: pid, ppid, pgrp and sid one after the other
// in struct elf_prstatus and struct elf_prpsinfo.
func coreWords(notes []byte, class byte) (words []coreWord) {
	status, info := 32, 24
	if class == elf32 {
		status, info = 24, 12
	}
	for at := 0; at+noteFixed <= len(notes); {
		name, size, kind := int64(le32(notes[at:])), int64(le32(notes[at+4:])), le32(notes[at+8:])
		desc := int64(at+noteFixed) + (name+3)&^3
		next := desc + (size+3)&^3
		if next > int64(len(notes)) {
			break
		}
		off := 0
		switch {
		case string(notes[at+noteFixed:][:min(name, 5)]) != "CORE\x00":
		case kind == prstatus:
			off = status
		case kind == prpsinfo:
			off = info
		}
		if off != 0 && int64(off+16) <= size {
			own := abi.TID
			if kind == prpsinfo {
				own = abi.TGID
			}
			for i, k := range []abi.Kind{own, abi.TGID, abi.PGID, abi.SID} {
				words = append(words, coreWord{k, int(desc) + off + 4*i, i == 0 && kind == prpsinfo})
			}
		}
		at = int(next)
	}
	return words
}

// ofProcess tells whether notes are those of a process.
func ofProcess(notes []byte, words []coreWord, pid int32) bool {
	for _, w := range words {
		if w.own {
			return int32(le32(notes[w.off:])) == pid
		}
	}
	return false
}
