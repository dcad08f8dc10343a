package tracer

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// maxListing bounds the listing of a directory of procfs: 2^17 processes.
const maxListing = 4 << 20

// maxRecords bounds what one call gives the program, whatever its buffer.
const maxRecords = 1 << 20

// getdents lists directories of procfs whose entries are ids. The supervisor
// makes the listing, and the call becomes an lseek, so that the position stays
// where it belongs, in the open file (see procfs.Dirents).
func getdents(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	fd := int32(c.args[0])
	link := fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd)
	if !isProc(link) {
		return s.letGo(t)
	}
	kind := s.directoryKind(t, link)
	if kind != procfs.ProcRoot && kind != procfs.TaskDir {
		return s.letGo(t)
	}
	raw, err := listDirectory(link)
	if err != nil {
		return s.letGo(t)
	}
	pos, err := filePosition(t.tid, fd)
	if err != nil {
		return s.letGo(t)
	}
	out, next, err := procfs.Dirents(kind, raw, direntFormat(c), pos, int(min(c.args[2], maxRecords)), s.listed)
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return refuse(errno), nil
	case err != nil:
		return proceed, err
	}
	if err := t.write(c.args[1], out); err != nil {
		return refuse(unix.EFAULT), ignoreFault(err)
	}
	c.length = int64(len(out))
	return proceed, s.become(t, injected().lseek, uint64(fd), uint64(next), unix.SEEK_SET)
}

// getdentsDone gives the length of the listing for the result of the lseek.
func getdentsDone(_ *supervisor, t *task, result int64) error {
	if failed(result) || t.call.changed == 0 {
		return nil // an error, or a directory that is listed by the kernel
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(t.call.length))
}

// become turns the call into another one with up to three arguments.
func (s *supervisor) become(t *task, nr [2]uint64, args ...uint64) error {
	t.call.became = true
	if err := ptrace.Poke(t.tid, ptrace.OrigRAX, nr[t.call.arch]); err != nil {
		return err
	}
	for i, v := range args {
		if err := s.setArg(t, i, v); err != nil {
			return err
		}
	}
	return nil
}

// directoryKind finds out which directory of procfs a descriptor is. The text
// of its link is the kernel's and has real numbers.
func (s *supervisor) directoryKind(t *task, link string) procfs.Kind {
	dir, err := os.Readlink(link)
	if err != nil {
		return procfs.Other
	}
	v := procView{s, t}
	switch {
	case v.Place(dir) == procfs.Top:
		return procfs.ProcRoot
	case path.Base(dir) == "task" && v.Place(path.Dir(path.Dir(dir))) == procfs.Top:
		return procfs.TaskDir
	}
	return procfs.Other
}

// listDirectory reads a whole directory as getdents64(2) gives it.
func listDirectory(dir string) ([]byte, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var raw []byte
	buf := make([]byte, 64<<10)
	for len(raw) < maxListing {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		raw = append(raw, buf[:n]...)
	}
	return raw, nil
}

// filePosition reads the position of a task's descriptor (proc(5), fdinfo).
func filePosition(tid int, fd int32) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	value, ok := strings.CutPrefix(line, "pos:")
	if !ok {
		return 0, fmt.Errorf("fdinfo: %q", line)
	}
	return strconv.ParseInt(strings.TrimSpace(value), 10, 64)
}

func direntFormat(c *call) procfs.DirentFormat {
	switch {
	case c.row.Name == "getdents64":
		return procfs.Dirent64
	case c.arch == abi.I386:
		return procfs.DirentCompat
	}
	return procfs.DirentLong
}

// listed is the virtual id of a task that exists. A number that the tree has
// used and a stranger has now is not shown in a private space.
func (s *supervisor) listed(r int32) (int32, bool) {
	if s.cmd.Space == pidspace.Private && int(r) != s.self {
		switch s.space.State(pidspace.RTID(r)) {
		case pidspace.Live, pidspace.Zombie:
		default:
			return 0, false
		}
	}
	v := s.toVirtual(abi.TID, r)
	return v, v != 0
}
