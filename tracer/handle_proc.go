package tracer

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
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
	path, err := s.pathArg(t, p)
	if err != nil {
		return procfs.Target{}, err
	}
	return s.resolvePath(t, p, path, reasons)
}

// pathArg reads a path of the call, empty if there is none.
func (s *supervisor) pathArg(t *task, p abi.PathArg) (string, error) {
	if t.call.args[p.Path] == 0 {
		return "", nil
	}
	text, err := t.readString(t.call.args[p.Path], s.pathBuf[:])
	return string(text), err
}

// resolvePath is resolve for a path that was read.
func (s *supervisor) resolvePath(t *task, p abi.PathArg, path string, reasons procfs.Reason) (procfs.Target, error) {
	if procfs.Candidate(path)&reasons == 0 {
		return procfs.Target{}, nil
	}
	req := procfs.Request{
		Path: path, Follow: followsLast(&t.call), TGID: int32(t.proc.pid), TID: int32(t.tid),
		Real: func(v int32) (int32, bool) { return s.lookupReal(abi.TID, v) },
	}
	if path[0] != '/' {
		var err error
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
	if err := s.fillScratch(t, at, append([]byte(target.Path), 0)); err != nil {
		return err
	}
	return s.setArg(t, arg, at)
}

// hidePlacement shows a task the processors that it would have without the
// supervisor.
func (s *supervisor) hidePlacement(text []byte, tid int32) []byte {
	if !s.placement.follows(int(tid)) {
		return text
	}
	var b []byte
	for line := range bytes.Lines(text) {
		if name, _, _ := bytes.Cut(line, []byte(":")); bytes.HasPrefix(name, []byte("Cpus_allowed")) {
			line = fmt.Appendf(nil, "%s:\t%s\n", name, s.placement.homeField(string(name)))
		}
		b = append(b, line...)
	}
	return b
}
