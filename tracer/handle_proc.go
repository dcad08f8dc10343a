package tracer

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// paths rewrites every path of the call that leads to a process by number.
func (s *supervisor) paths(t *task) (verdict, error) {
	for _, p := range t.call.row.Paths {
		target, err := s.resolve(t, p, procfs.Number)
		if err != nil {
			return proceed, err
		}
		if err := s.rewritePath(t, p.Path, target); err != nil {
			return proceed, err
		}
	}
	return proceed, nil
}

// resolve finds out where a path leads, if it is worth the work for one of the
// reasons. The zero Target is a path to leave alone.
func (s *supervisor) resolve(t *task, p abi.PathArg, reasons procfs.Reason) (procfs.Target, error) {
	c := &t.call
	if c.args[p.Path] == 0 {
		return procfs.Target{}, nil
	}
	text, err := ptrace.ReadString(t.tid, c.args[p.Path], s.pathBuf[:])
	if err != nil {
		return procfs.Target{}, err
	}
	path := string(text)
	if procfs.Candidate(path)&reasons == 0 {
		return procfs.Target{}, nil
	}
	req := procfs.Request{
		Path: path, Follow: followsLast(c), TGID: int32(t.proc.pid), TID: int32(t.tid),
		Real: func(v int32) (int32, bool) { return s.lookupReal(abi.TID, v) },
	}
	if path[0] != '/' {
		if req.Dir, err = s.directory(t, p.Dir); err != nil {
			return procfs.Target{}, nil // the kernel will say what is wrong
		}
	}
	return procfs.Resolve(req, procView{s, t})
}

// directory is the text of the directory that a relative path starts from.
func (s *supervisor) directory(t *task, arg int) (string, error) {
	if arg != abi.AtCWD {
		if fd := int32(t.call.args[arg]); fd != unix.AT_FDCWD {
			return os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd))
		}
	}
	return os.Readlink(fmt.Sprintf("/proc/%d/cwd", t.tid))
}

// followsLast tells whether the call follows a link in the last component.
func followsLast(c *call) bool {
	switch c.row.Name {
	case "readlink", "readlinkat", "lstat", "lstat64", "oldlstat", "lchown", "unlink", "unlinkat":
		return false
	case "open":
		return c.args[1]&unix.O_NOFOLLOW == 0
	case "openat":
		return c.args[2]&unix.O_NOFOLLOW == 0
	case "newfstatat", "fstatat64":
		return c.args[3]&unix.AT_SYMLINK_NOFOLLOW == 0
	case "statx":
		return c.args[2]&unix.AT_SYMLINK_NOFOLLOW == 0
	}
	return true
}

// rewritePath gives the kernel the path with real numbers.
func (s *supervisor) rewritePath(t *task, arg int, target procfs.Target) error {
	if !target.Changed {
		return nil
	}
	at, err := s.scratch(t)
	if err != nil {
		return err
	}
	if err := ptrace.Write(t.tid, at, append([]byte(target.Path), 0)); err != nil {
		return err
	}
	return s.setArg(t, arg, at)
}

// open handles the calls that open files: those whose text holds ids are
// replaced by a file in memory that shows the program's ids.
func open(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	p := c.row.Paths[0]
	target, err := s.resolve(t, p, procfs.Number|procfs.Content)
	if err != nil || target.Kind == procfs.NotProc && !target.Changed {
		if err == nil {
			return s.letGo(t)
		}
		return proceed, err
	}
	flags, err := openFlags(t)
	if err != nil {
		return proceed, err
	}
	if target.Kind == procfs.ContentFile && flags&(unix.O_PATH|unix.O_ACCMODE) == unix.O_RDONLY {
		text, changed := s.content(t, target)
		if changed {
			return s.substitute(t, target.File.String(), text, flags)
		}
	}
	if err := s.rewritePath(t, p.Path, target); err != nil {
		return proceed, err
	}
	return verdict{pathsDone: true}, nil
}

// letGo runs the call untouched, to be seen no more.
func (s *supervisor) letGo(t *task) (verdict, error) {
	if s.tracing() {
		return verdict{pathsDone: true}, nil
	}
	t.call = call{}
	return taken, s.resume(t)
}

// openFlags are the flags of open, openat and openat2.
func openFlags(t *task) (uint64, error) {
	c := &t.call
	switch c.row.Name {
	case "open":
		return c.args[1], nil
	case "openat":
		return c.args[2], nil
	}
	var how [8]byte // struct open_how begins with them
	err := ptrace.Read(t.tid, c.args[2], how[:])
	return le64(how[:]), err
}

// content reads a file of procfs and translates it. It reports false when the
// program may as well read the file itself.
func (s *supervisor) content(t *task, target procfs.Target) ([]byte, bool) {
	f, err := os.Open("/proc/" + target.Within)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, procfs.MaxText))
	if err != nil {
		return nil, false
	}
	if target.File == procfs.Status {
		text = s.hidePlacement(text, target)
	}
	return target.File.Translate(text, cmp.Or(target.TID, target.PID), procView{s, t})
}

// hidePlacement shows a task the processors that it would have without the
// supervisor, which are those of the supervisor's other threads.
func (s *supervisor) hidePlacement(text []byte, target procfs.Target) []byte {
	tid := int(cmp.Or(target.TID, target.PID))
	if _, hidden := s.placement.hidden(tid); !hidden {
		return text
	}
	var b []byte
	for line := range bytes.Lines(text) {
		if name, _, _ := bytes.Cut(line, []byte(":")); bytes.HasPrefix(name, []byte("Cpus_allowed")) {
			line = fmt.Appendf(nil, "%s:\t%s\n", name, statusField(string(name)))
		}
		b = append(b, line...)
	}
	return b
}

// substitute makes the program's open return a file in memory with the text.
func (s *supervisor) substitute(t *task, name string, text []byte, flags uint64) (verdict, error) {
	at, err := s.scratch(t)
	if err != nil {
		return taken, err
	}
	if s.tracing() {
		s.traceCall(t, 0, false)
	}
	if err := ptrace.Write(t.tid, at, append([]byte(name), 0)); err != nil {
		return proceed, err
	}
	inj, err := s.beginInjection(t)
	if err != nil {
		return taken, err
	}
	fd, err := inj.file(at, text, flags)
	if err != nil {
		return taken, err
	}
	return taken, inj.finish(fd)
}

// file makes a read-only file in memory in the task and returns its
// descriptor, the lowest free one as open(2) promises, or a negative errno.
func (inj *injection) file(name uint64, text []byte, flags uint64) (int64, error) {
	fd, err := inj.call(injected.memfdCreate, name, unix.MFD_CLOEXEC)
	if err != nil || fd < 0 {
		return fd, err
	}
	link := fmt.Sprintf("/proc/%d/fd/%d", inj.t.tid, fd)
	if err := os.WriteFile(link, text, 0); err != nil {
		inj.s.once(0, "substitute", "/proc files show real ids: %v", err)
		return fd, nil
	}
	// Open it again, read-only and at its beginning, and move that to the
	// number of the first.
	path := fmt.Appendf(nil, "/proc/self/fd/%d\x00", fd)
	if err := ptrace.Write(inj.t.tid, name, path); err != nil {
		return 0, err
	}
	const keep = unix.O_CLOEXEC | unix.O_NONBLOCK
	again, err := inj.call(injected.openat, uint64(unix.AT_FDCWD&0xffffffff), name, unix.O_RDONLY|flags&keep)
	if err != nil || again < 0 {
		return fd, err
	}
	if _, err := inj.call(injected.dup3, uint64(again), uint64(fd), flags&unix.O_CLOEXEC); err != nil {
		return 0, err
	}
	_, err = inj.call(injected.close, uint64(again))
	return fd, err
}

// readlink answers for /proc/self and /proc/thread-self.
func readlink(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	p := c.row.Paths[0]
	target, err := s.resolve(t, p, procfs.Number|procfs.SelfLink)
	if err != nil {
		return proceed, err
	}
	var text string
	switch target.Kind {
	case procfs.Self:
		text = fmt.Sprint(s.processID(t.proc))
	case procfs.ThreadSelf:
		text = fmt.Sprintf("%d/task/%d", s.processID(t.proc), t.virtual)
	case procfs.NotProc:
		if !target.Changed {
			return s.letGo(t)
		}
		fallthrough
	default:
		if err := s.rewritePath(t, p.Path, target); err != nil {
			return proceed, err
		}
		return verdict{pathsDone: true}, nil
	}
	size := int32(c.args[p.Path+2])
	if size <= 0 {
		return refuse(unix.EINVAL), nil
	}
	text = text[:min(len(text), int(size))]
	if err := ptrace.Write(t.tid, c.args[p.Path+1], []byte(text)); err != nil {
		return refuse(unix.EFAULT), ignoreFault(err)
	}
	return answer(int64(len(text))), nil
}
