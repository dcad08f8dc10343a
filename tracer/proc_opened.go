package tracer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// openDone sees to it that the program has the file that it should have.
func openDone(s *supervisor, t *task, result int64) error {
	o := t.call.opening
	if o == nil {
		return nil
	}
	defer s.drop(o)
	if o.source {
		if failed(result) {
			return nil
		}
		kind := recordsAt(t, int32(result))
		if kind == noRecords {
			return nil
		}
		s.serves = s.serves || kind == fuseRecords
		return recordSourceDone(s, t, result)
	}
	if o.memory == nil {
		if failed(result) {
			return nil
		}
		return s.replace(t, o, result)
	}
	switch unix.Errno(-result) {
	case unix.EACCES, unix.EPERM, unix.ENOENT, unix.ELOOP:
		// It may not reach this process: again, another way.
		t.proc.apart = true
		inj, err := s.beginInjectionAtExit(t)
		if err != nil {
			return err
		}
		if err := inj.replay(); err != nil {
			return err
		}
		return errReplay
	}
	if failed(result) {
		return nil
	}
	return s.escalate(t, o.groups()...)
}

// groups are the calls that matter from now on.
func (o *opening) groups() []abi.Lazy {
	if o.flags&unix.O_ACCMODE != unix.O_RDONLY {
		return []abi.Lazy{abi.LazyReread, abi.LazyIDWrite}
	}
	return []abi.Lazy{abi.LazyReread}
}

// replace puts a file in memory in the place of the one that the program has
// just opened.
func (s *supervisor) replace(t *task, o *opening, fd int64) error {
	link := fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd)
	if o.file.within == "" && !isGroup(t, link) {
		return nil
	}
	own, err := borrow(t, int(fd), link)
	if err != nil {
		return nil // it cannot be read, so it shows nothing
	}
	defer unix.Close(own)
	if o.file.within == "" {
		if o.flags&unix.O_ACCMODE != unix.O_RDONLY {
			return s.escalate(t, abi.LazyIDWrite)
		}
		if o.file.group, err = os.Readlink(link); err != nil {
			return nil
		}
	}
	kind, tid := procfs.FileAt(o.file.within)
	text, changed, like, ok := s.translate(t, o.file, own)
	if kind == procfs.LastPID { // perhaps for writing only
		text, changed, like, ok = s.translated(t, o.file)
	}
	if !ok || !changed && !s.mayChange(kind, tid) {
		return nil
	}
	if o.memory, err = s.memoryFor(o.file, kind, text, like); err != nil {
		s.once(0, "substitute", "/proc files show real ids: %v", err)
		return nil
	}
	progs, err := s.filters(t, o.groups())
	if err != nil {
		return err
	}
	inj, err := s.beginInjectionAtExit(t)
	if err != nil {
		return err
	}
	if err := inj.exchange(o, text, like.Mode, fd); err != nil {
		return err
	}
	inj.escalate(progs)
	if err := inj.finish(fd); err != nil {
		return err
	}
	return errReplay
}

// borrow gives this process the file behind a descriptor of the task, opened
// with the task's rights and in its namespaces.
func borrow(t *task, fd int, link string) (int, error) {
	const again = unix.O_RDONLY | unix.O_NOCTTY | unix.O_CLOEXEC
	pidfd, err := unix.PidfdOpen(t.proc.pid, 0)
	if err != nil {
		return unix.Open(link, again, 0)
	}
	defer unix.Close(pidfd)
	own, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return unix.Open(link, again, 0)
	}
	// The task may have descriptors of its own, apart from its leader's.
	a, errA := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", own))
	b, errB := os.Readlink(link)
	if errA != nil || errB != nil || a != b {
		_ = unix.Close(own)
		return unix.Open(link, again, 0)
	}
	return own, nil
}

// exchange makes descriptor fd of the task one of the opening's file in memory.
func (inj *injection) exchange(o *opening, text []byte, mode uint32, fd int64) error {
	again, err := inj.openMemory(o, text, mode)
	if err != nil || again < 0 {
		return err
	}
	if _, err := inj.call(injected().dup3, uint64(again), uint64(fd), o.flags&unix.O_CLOEXEC); err != nil {
		return err
	}
	_, err = inj.call(injected().close, uint64(again))
	return err
}

// openMemory opens the file in memory in the task. A task that may not reach
// this process makes one of its own.
func (inj *injection) openMemory(o *opening, text []byte, mode uint32) (int64, error) {
	const keep = unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_ACCMODE | unix.O_APPEND
	flags := o.flags & keep
	root := o.file.root
	if root == "" {
		root = "/proc"
	}
	open := func(path []byte) (int64, error) {
		if err := ptrace.Write(inj.t.tid, o.name, path); err != nil {
			return 0, err
		}
		return inj.call(injected().openat, uint64(unix.AT_FDCWD&0xffffffff), o.name, flags)
	}
	if !inj.t.proc.apart {
		if fd, err := open(inj.s.reach(root, o.memory)); err != nil || fd >= 0 {
			return fd, err
		}
	}
	if err := ptrace.Write(inj.t.tid, o.name, append([]byte(inj.s.name(o.file)), 0)); err != nil {
		return 0, err
	}
	own, err := inj.call(injected().memfdCreate, o.name, unix.MFD_CLOEXEC)
	if err != nil || own < 0 {
		return own, err
	}
	link := fmt.Sprintf("/proc/%d/fd/%d", inj.t.tid, own)
	if err := rewriteAt(link, text); err != nil {
		inj.s.once(0, "substitute", "/proc files show real ids: %v", err)
	}
	var st unix.Stat_t
	if unix.Stat(link, &st) == nil {
		inj.s.shown.made.add(st.Ino, o.file)
	}
	again, err := open(fmt.Appendf(nil, "%s/self/fd/%d\x00", root, own))
	_ = unix.Chmod(link, mode&0o777)
	if err != nil || again < 0 {
		return own, err // it could be written to, but shows the same
	}
	_, err = inj.call(injected().close, uint64(own))
	return again, err
}
