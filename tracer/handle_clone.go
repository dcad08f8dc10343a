package tracer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

const (
	cloneUntraced = 0x00800000
	cloneNewPID   = 0x20000000
)

// Offsets in struct clone_args (clone(2)) and its largest known size.
const (
	clone3Flags     = 0
	clone3Pidfd     = 8
	clone3ChildTID  = 16
	clone3ParentTID = 24
	clone3Signal    = 32
	clone3SetTID    = 64
	clone3SetSize   = 72
	clone3MinSize   = 64
	clone3KnownSize = 88
)

// maxPIDLevels is how deep pid namespaces can nest (MAX_PID_NS_LEVEL).
const maxPIDLevels = 32

const newPIDNote = "a nested pid namespace would give the tree a second set of ids"

// clone sees creations that ask for a pid namespace, which is refused, or for
// a child that nobody traces. Such a child would keep the filter and lose the
// supervisor, so the flag goes.
func clone(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	if c.args[0]&cloneNewPID != 0 {
		return s.refuseNamespace("clone"), nil
	}
	c.births = legacyClone(c.arch, c.args)
	c.births.number = uint64(c.row.NR[c.arch])
	if c.args[0]&cloneUntraced != 0 {
		c.births.stripped = true
		if err := s.setArg(t, 0, c.args[0]&^cloneUntraced); err != nil {
			return proceed, err
		}
	}
	c.exit = true
	return proceed, nil
}

// clone3 is clone with its arguments in memory. Everything is decided on one
// copy.
func clone3(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	size := c.args[1]
	if size < clone3MinSize || size > uint64(os.Getpagesize()) {
		return proceed, nil // EINVAL, E2BIG
	}
	b := make([]byte, size)
	if err := t.read(c.args[0], b); err != nil {
		return proceed, err
	}
	if size > clone3KnownSize {
		// A larger structure than is known may hold what cannot be
		// translated; E2BIG is what an older kernel says. Zeros hold
		// nothing.
		if bytes.ContainsFunc(b[clone3KnownSize:], func(r rune) bool { return r != 0 }) {
			return refuse(unix.E2BIG), nil
		}
	}
	field := func(off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
	flags := field(clone3Flags)
	c.attempts = t.request != 0 && flags&unix.CLONE_THREAD == 0
	if flags&cloneNewPID != 0 {
		return s.refuseNamespace("clone3"), nil
	}
	c.births = cloneArgs{
		number: uint64(c.row.NR[c.arch]), flags: flags, exitSignal: int(min(field(clone3Signal), maxSignal+1)),
		parentTID: field(clone3ParentTID), childTID: field(clone3ChildTID),
	}
	if flags&unix.CLONE_PIDFD != 0 {
		c.births.pidfd = field(clone3Pidfd)
	}
	want, errno := s.setTID(t, b)
	if errno != 0 {
		return refuse(errno), nil
	}
	wish := want
	if wish == 0 && c.attempts {
		wish = t.request
	}
	if wish != 0 && s.space.Taken(wish) {
		return refuse(unix.EEXIST), nil
	}
	c.births.want = want
	if flags&cloneUntraced != 0 || want != 0 {
		binary.LittleEndian.PutUint64(b[clone3Flags:], flags&^cloneUntraced)
		clear(b[min(clone3SetTID, len(b)):min(clone3SetSize+8, len(b))])
		if err := s.replaceStruct(t, 0, b); err != nil {
			return taken, err
		}
		c.births.stripped = true
		c.exit = true
	}
	if !c.exit && c.changed == 0 {
		// The exit stop is needed only if the child is renumbered; the
		// creation event decides.
		if s.tracing() {
			return proceed, nil
		}
		c.row = nil
		return taken, s.resume(t)
	}
	return proceed, nil
}

// setTID reads the id that a clone3 asks for. The tree has one level of pid
// namespaces, and needs no capability to choose (clone(2), set_tid).
func (s *supervisor) setTID(t *task, args []byte) (int32, unix.Errno) {
	if len(args) < clone3SetSize+8 {
		return 0, 0
	}
	at := binary.LittleEndian.Uint64(args[clone3SetTID:])
	n := binary.LittleEndian.Uint64(args[clone3SetSize:])
	switch {
	case at == 0 && n == 0:
		return 0, 0
	case at == 0 || n == 0 || n > maxPIDLevels:
		return 0, unix.EINVAL
	}
	ids := make([]byte, 4*n)
	if err := t.read(at, ids); err != nil {
		return 0, unix.EFAULT
	}
	v := le32(ids)
	if n != 1 || int32(v) <= 0 || int(v) >= s.space.PIDMax() {
		return 0, unix.EINVAL
	}
	return int32(v), 0
}

// setforkpid emulates the system call of that name: it chooses the id of the
// next process that the calling thread creates, and takes no privilege here.
// The request lasts for one attempt, made or failed, or until an execve.
func setforkpid(s *supervisor, t *task) (verdict, error) {
	pid := int32(t.call.args[0])
	if pid < 0 || int(pid) >= s.space.PIDMax() {
		return refuse(unix.EINVAL), nil
	}
	t.request = pid
	return answer(int64(pid)), nil
}

// createsProcess tells whether a call that begins is an attempt to create a
// process. What a clone3 is for is known only once its structure has been
// read.
func createsProcess(arch abi.Arch, nr uint64, args [6]uint64) bool {
	if nr == cloneNumbers()[arch] {
		return args[0]&unix.CLONE_THREAD == 0
	}
	return nr == forkNumbers()[arch] || nr == vforkNumbers()[arch]
}

func (s *supervisor) refuseNamespace(name string) verdict {
	s.once(0, "newpid", "%s with CLONE_NEWPID fails with EPERM inside pidsim: %s", name, newPIDNote)
	return refuse(unix.EPERM)
}

// refuseNewPID keeps unshare and setns out of other pid namespaces.
func refuseNewPID(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	if c.row.Name == "unshare" {
		if c.args[0]&cloneNewPID != 0 {
			return s.refuseNamespace("unshare"), nil
		}
		return proceed, nil
	}
	if target := pidNamespaceOf(t.tid, int32(c.args[0]), c.args[1]&cloneNewPID != 0); target != "" {
		// The one that it is in already changes nothing.
		if own := linkText("/proc/%d/ns/pid", t.tid); target != own {
			return s.refuseNamespace("setns"), nil
		}
	}
	return proceed, nil
}

// pidNamespaceOf names the pid namespace that setns of a descriptor leads to:
// one of it, or, if asked is set, that of the process which a pidfd refers to.
// It is empty if there is none, and not known of a process that may not be
// looked into.
func pidNamespaceOf(tid int, fd int32, asked bool) string {
	link := linkText("/proc/%d/fd/%d", tid, fd)
	if strings.HasPrefix(link, "pid:") {
		return link
	}
	pid, err := strconv.Atoi(fieldOf(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd), "Pid"))
	switch {
	case !asked || err != nil:
		return "" // the kernel knows the error
	case pid <= 0:
		return "unknown"
	}
	if link = linkText("/proc/%d/ns/pid", pid); link == "" {
		return "unknown"
	}
	return link
}

// linkText is what a link in /proc says, or empty.
func linkText(format string, args ...any) string {
	text, err := os.Readlink(fmt.Sprintf(format, args...))
	if err != nil {
		return ""
	}
	return text
}
