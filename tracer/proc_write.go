package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// maxIDWrite is the most that is looked at of a write; the kernel takes no
// more than a page.
const maxIDWrite = 4096

// writeID handles writes in a process that has opened a file which takes ids:
// they are translated on their way into a control group, and what goes to
// ns_last_pid is for the space.
func writeID(s *supervisor, t *task) (verdict, error) {
	link, err := os.Readlink(fdLink(t))
	if err != nil {
		return s.letGo(t)
	}
	if f, ok := s.shownFD(t); ok {
		if kind, _ := procfs.FileAt(f.within); kind == procfs.LastPID {
			return s.writeLastPID(t)
		}
		return s.letGo(t)
	}
	kind, ok := groupFiles[path.Base(link)]
	if !ok || !s.onGroup(t) {
		return s.letGo(t)
	}
	text, err := s.written(t)
	if err != nil {
		return proceed, err
	}
	return s.writeGroup(t, kind, text)
}

// onGroup tells whether the call's descriptor is a file of a control group.
func (s *supervisor) onGroup(t *task) bool { return isGroup(t, fdLink(t)) }

// writeGroup passes the kernel a translated id. What is not a number is the
// kernel's to refuse, and 0 means the writer.
func (s *supervisor) writeGroup(t *task, kind abi.Kind, text []byte) (verdict, error) {
	v, ok := kernelNumber(strings.TrimSpace(string(text)))
	if !ok || v <= 0 || v > math.MaxInt32 {
		return s.letGo(t)
	}
	real := s.toReal(kind, int32(v))
	if int64(real) == v {
		return s.letGo(t)
	}
	at, err := s.scratch(t)
	if err != nil {
		return proceed, err
	}
	out := strconv.AppendInt(nil, int64(real), 10)
	if err := t.write(at, out); err != nil {
		return proceed, err
	}
	t.call.length = int64(len(text))
	return proceed, s.become(t, injected().write, t.call.args[0], at, uint64(len(out)))
}

// writeIDDone gives the length of what the program has written.
func writeIDDone(_ *supervisor, t *task, result int64) error {
	if failed(result) || t.call.length == 0 {
		return nil
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(t.call.length))
}

// writeLastPID takes a number for the space, as the kernel does
// (kernel/pid_namespace.c, pid_ns_ctl_handler): only at the beginning of the
// file, and nothing but a number from 0 to pid_max.
func (s *supervisor) writeLastPID(t *task) (verdict, error) {
	var st unix.Stat_t
	if err := unix.Lstat(fdLink(t), &st); err != nil || st.Mode&unix.S_IWUSR == 0 {
		return s.letGo(t) // EBADF
	}
	text, err := s.written(t)
	if err != nil {
		return proceed, err
	}
	fd := int32(t.call.args[0])
	pos, moves := int64(t.call.args[3]), false
	if name := t.call.row.Name; name == "write" || name == "writev" {
		moves = true
		if pos, err = filePosition(t.tid, fd); err != nil {
			return proceed, err
		}
	}
	n := len(text)
	if pos == 0 && n > 0 {
		var errno unix.Errno
		if n, errno = s.setLast(string(text)); errno != 0 {
			return refuse(errno), nil
		}
		if err := rewriteAt(fdLink(t), fmt.Appendf(nil, "%d\n", procView{s, t}.LastID(0))); err != nil {
			s.log(2, "ns_last_pid: %v", err)
		}
	}
	if !moves || n == 0 {
		return answer(int64(n)), nil
	}
	t.call.length = int64(n)
	return proceed, s.become(t, injected().lseek, uint64(fd), uint64(pos)+uint64(n), unix.SEEK_SET)
}

// setLast makes the number at the beginning of what was written to ns_last_pid
// the one that was given last. It returns how much of the text it has taken: the
// number and the blanks around it.
func (s *supervisor) setLast(text string) (int, unix.Errno) {
	const blanks = " \t\n\v\f\r"
	rest := strings.TrimLeft(text, blanks)
	end := strings.IndexAny(rest, " \t\n")
	if end < 0 {
		end = len(rest)
	}
	n, ok := kernelNumber(rest[:end])
	if !ok || n > pidspace.Limit {
		return 0, unix.EINVAL
	}
	if err := s.space.SetLast(pidspace.VTID(n)); err != nil {
		return 0, unix.EINVAL
	}
	return len(text) - len(strings.TrimLeft(rest[end:], blanks)), 0
}

// number is what the kernel takes for one, decimal, octal or hexadecimal, but
// for signs that no id has (kstrtoint, proc_dointvec).
var number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|[0-9]+)$`) })

// kernelNumber reads a number.
func kernelNumber(text string) (int64, bool) {
	if !number().MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 0, 64)
	return n, err == nil
}

// written reads what the call writes.
func (s *supervisor) written(t *task) ([]byte, error) {
	c := &t.call
	if c.row.Name == "write" || c.row.Name == "pwrite64" {
		return readBytes(t, c.args[1], c.args[2])
	}
	word := 8
	if c.arch == abi.I386 {
		word = 4
	}
	var all []byte
	for i := range min(c.args[2], maxIovec) {
		v := make([]byte, 2*word)
		if err := t.read(c.args[1]+i*uint64(2*word), v); err != nil {
			return nil, err
		}
		base, size := uint64(binary.LittleEndian.Uint32(v)), uint64(binary.LittleEndian.Uint32(v[word:]))
		if word == 8 {
			base, size = le64(v), le64(v[word:])
		}
		part, err := readBytes(t, base, size)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	if len(all) > maxIDWrite {
		return nil, errLongWrite
	}
	return all, nil
}

// errLongWrite is the reason to leave a write alone.
var errLongWrite = errors.New("longer than an id can be")

// readBytes reads memory of the task that a call passes.
func readBytes(t *task, at, size uint64) ([]byte, error) {
	if size > maxIDWrite {
		return nil, errLongWrite
	}
	b := make([]byte, size)
	if size == 0 {
		return b, nil
	}
	return b, t.read(at, b)
}
