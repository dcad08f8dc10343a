package tracer

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/procfs"
)

// A file whose text holds ids is substituted, when the tree opens it, by a
// file in memory with the translated text (memfd_create(2)). What the program
// does with it then needs no supervisor: read and pread at any offset,
// sendfile, splice, duplicated, inherited and sent descriptors, threads.
//
// The text is that of the moment of the open. A program that reads the file
// again from its beginning, as monitors do, gets fresh text: the calls that
// can do that stop in a process that has opened such a file (Reread). What
// a file shows is remembered by its inode, so that nothing need be known about
// descriptors; its name says it, too, for the text of links.
//
// What is believable: owner and permissions (fstat), the file system
// (fstatfs), access mode and flags (F_GETFL), the text of links in
// /proc/PID/fd. What is not: st_dev and st_ino, a st_size that is not zero,
// poll(2), and that a read without a seek never sees the text change. The file
// of a process that is gone reads as empty instead of failing with ESRCH. In a
// process that received the descriptor over a socket, and has opened no such
// file itself, the text does not change.

// A shownFile is a file that another one stands for.
type shownFile struct {
	// within is the path from the root of the procfs, in real numbers, and
	// root that of the procfs, as the program sees it.
	within, root string
	// group is the path of a control group's file; within is empty then.
	group string
}

// shownFiles are the files of one run that stand for others.
type shownFiles struct {
	// mark begins the names of files in memory that are ours. A program
	// does not get to see it.
	mark string
	// made are the files in memory, by inode number: a program could make one
	// with the same name. One that is forgotten and still open keeps the text
	// that it has.
	made recent[uint64, shownFile]
	// last is ns_last_pid, one file for the whole tree as it is in the
	// kernel, so that locks on it work; nil before the first open.
	last *os.File
	// buf is where texts are read to.
	buf []byte
}

func (f *shownFiles) close() {
	if f.last != nil {
		_ = f.last.Close()
	}
}

// maxMemfdName is the longest name of a file in memory (memfd_create(2)).
const maxMemfdName = 249

// name is the name of a file in memory that shows f.
func (s *supervisor) name(f shownFile) string {
	if s.shown.mark == "" {
		s.shown.mark = fmt.Sprintf("pidsim-%08x:", rand.Uint32())
	}
	name := s.shown.mark + f.within + ":" + f.root
	if f.within == "" {
		name = s.shown.mark + ":" + f.group
	}
	if len(name) > maxMemfdName {
		name = s.shown.mark // it will not change
	}
	return name
}

// shownBy tells what a file shows, by the text of a link to it.
func (s *supervisor) shownBy(link string) (shownFile, bool) {
	if s.shown.mark == "" {
		return shownFile{}, false
	}
	name, ok := strings.CutPrefix(link, "/memfd:"+s.shown.mark)
	if !ok {
		return shownFile{}, false
	}
	within, rest, _ := strings.Cut(strings.TrimSuffix(name, " (deleted)"), ":")
	if within == "" {
		return shownFile{group: rest}, rest != ""
	}
	return shownFile{within: within, root: rest}, true
}

// path is what the kernel would say that the file is.
func (f shownFile) path() string {
	if f.within == "" {
		return f.group
	}
	return strings.TrimSuffix(f.root, "/") + "/" + f.within
}

// fileInMemory makes a file with a text that looks like the one it stands for.
func fileInMemory(name string, text []byte, like *unix.Stat_t) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return nil, err
	}
	resemble(fd, like)
	return f, nil
}

// resemble gives a file in memory the owner and the permissions of another,
// as far as that is allowed.
func resemble(fd int, like *unix.Stat_t) {
	if like != nil {
		_ = unix.Fchown(fd, int(like.Uid), int(like.Gid))
		_ = unix.Fchmod(fd, like.Mode&0o777)
	}
}

// lastPID opens ns_last_pid for the tree, with a fresh text.
func (s *supervisor) lastPID(f shownFile, text []byte, like *unix.Stat_t) (*os.File, error) {
	if s.shown.last == nil {
		last, err := fileInMemory(s.name(f), text, like)
		if err != nil {
			return nil, err
		}
		s.shown.last = last
		s.remember(int(last.Fd()), f)
	}
	return s.shown.last, rewrite(s.shown.last, text)
}

// rewrite replaces the text of a file. A reader in between finds old or new
// text, never none.
func rewrite(f *os.File, text []byte) error {
	if _, err := f.WriteAt(text, 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(text)))
}

// rewriteAt does it by a link in /proc/PID/fd.
func rewriteAt(link string, text []byte) error {
	f, err := os.OpenFile(link, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrPermission) {
		// The owner is this user, but the file looks like one that
		// cannot be written.
		var st unix.Stat_t
		if err := unix.Stat(link, &st); err != nil {
			return err
		}
		if err := unix.Chmod(link, st.Mode&0o777|0o200); err != nil {
			return err
		}
		defer func() { _ = unix.Chmod(link, st.Mode&0o777) }()
		f, err = os.OpenFile(link, os.O_WRONLY, 0)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return rewrite(f, text)
}

// translated reads a file that is substituted and translates it. It reports
// false when it cannot be read.
func (s *supervisor) translated(t *task, f shownFile) (text []byte, changed bool, like *unix.Stat_t, ok bool) {
	fd, err := unix.Open("/proc/"+f.within, unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		if kind, _ := procfs.FileAt(f.within); kind != procfs.LastPID {
			return nil, false, nil, false
		}
		// A kernel without checkpoint support; the tree can do with it.
		text, changed = procfs.LastPID.Translate([]byte("0\n"), 0, procView{s, t})
		return text, changed, &unix.Stat_t{Mode: 0o666}, true
	}
	defer unix.Close(fd)
	return s.translate(t, f, fd)
}

// translate reads an open file from its beginning and translates it. The text
// is good until the next one is read.
func (s *supervisor) translate(t *task, f shownFile, fd int) (text []byte, changed bool, like *unix.Stat_t, ok bool) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return nil, false, nil, false
	}
	text, err := s.shown.read(fd)
	if err != nil {
		return nil, false, nil, false
	}
	if f.within == "" {
		text, changed = s.translateGroup(text, path.Base(f.group), fd)
		return text, changed, &st, true
	}
	kind, tid := procfs.FileAt(f.within)
	if kind == procfs.Status {
		text = s.hidePlacement(text, tid)
	}
	text, changed = kind.Translate(text, tid, procView{s, t})
	return text, changed, &st, true
}

// read reads a file up to the limit for texts.
func (f *shownFiles) read(fd int) ([]byte, error) {
	if f.buf == nil {
		f.buf = make([]byte, 64<<10)
	}
	for n := 0; ; {
		m, err := unix.Pread(fd, f.buf[n:], int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		n += m
		if m == 0 || n == procfs.MaxText {
			return f.buf[:n], nil
		}
		if n == len(f.buf) {
			f.buf = append(f.buf, make([]byte, min(n, procfs.MaxText-n))...)
		}
	}
}
