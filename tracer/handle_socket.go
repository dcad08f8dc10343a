package tracer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
)

// socketcall turns a socketcall of the i386 interface into the call that it
// stands for, whose arguments are in registers and cannot change any more.
// Kernels have had those since Linux 4.3.
func socketcall(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	row, n := abi.Socketcall(uint32(c.args[0]))
	if row == nil {
		return s.letGo(t)
	}
	block := make([]byte, 4*n)
	if err := t.read(c.args[1]&0xffffffff, block); err != nil {
		return proceed, err
	}
	var args [6]uint64
	for i := range n {
		args[i] = uint64(le32(block[4*i:]))
	}
	nr := row.NR[abi.I386]
	lazy := func(l abi.Lazy) bool { return t.proc.lazy[l] }
	if abi.Decide(abi.I386, uint32(nr), args, s.mode, lazy) != abi.Stop {
		return s.letGo(t)
	}
	if s.cmd.Strict && row.Leaks(args) {
		s.fail(&StrictError{Call: row.Name, Note: row.Note})
		return taken, nil
	}
	c.row, c.args = row, args
	if err := s.become(t, [2]uint64{abi.I386: uint64(nr)}, args[:]...); err != nil {
		return proceed, err
	}
	return s.prepare(t)
}

// peercred asks the kernel for all of a struct ucred when the program wants
// less than its pid.
func peercred(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	if c.args[4] == 0 || c.args[3] == 0 {
		return proceed, nil
	}
	n, err := readWord(t, c.args[4])
	if err != nil || n == 0 || n >= ucredPID {
		return proceed, err
	}
	at, err := s.scratch(t)
	if err != nil {
		return taken, err
	}
	var b [4 + unix.SizeofUcred]byte
	putLE32(b[:], unix.SizeofUcred)
	if err := s.fillScratch(t, at, b[:]); err != nil {
		return proceed, err
	}
	c.length = int64(n)
	if err := s.setArg(t, 3, at+4); err != nil {
		return proceed, err
	}
	return proceed, s.setArg(t, 4, at)
}

// ucredPID is the size of the pid in a struct ucred, its first field.
const ucredPID = 4

// peercredDone translates the pid of a struct ucred, if the caller's buffer
// has room for any of it (socket(7), SO_PEERCRED).
func peercredDone(s *supervisor, t *task, result int64) error {
	const optval, optlen = 3, 4
	c := &t.call
	if result != 0 || c.args[optlen] == 0 {
		return nil
	}
	if c.length > 0 {
		real, err := readWord(t, c.sent[optval])
		if err != nil {
			return ignoreFault(err)
		}
		var b [4]byte
		putLE32(b[:], uint32(s.toVirtual(abi.TGID, int32(real))))
		return ignoreFault(t.write(c.args[optval], b[:c.length]))
	}
	n, err := readWord(t, c.args[optlen])
	if err != nil || n < ucredPID {
		return ignoreFault(err)
	}
	at := c.args[optval]
	if s.emulates() {
		real, err := readWord(t, at)
		if err != nil {
			return ignoreFault(err)
		}
		if peer, ok := s.peerOf(int(int32(real))); ok {
			var b [unix.SizeofUcred]byte
			putLE32(b[:], real)
			peer.put(b[ucredPID:])
			if err := t.write(at, b[:min(n, unix.SizeofUcred)]); err != nil {
				return ignoreFault(err)
			}
		}
	}
	return ignoreFault(s.translateWord(t, abi.TGID, at))
}

// A name is a socket address (bind(2)).
type name struct {
	family  uint16
	text    []byte
	changed bool
}

// maxName is sizeof(struct sockaddr_storage), the longest that the kernel
// takes; a path in sockaddr_un has no more than pathRoom bytes with its end.
const (
	maxName  = 128
	pathRoom = 108
)

// errName is a socket name whose translation does not fit.
var errName = errors.New("socket name too long")

// refusedName tells whether err is about a name or credentials, and what the
// call is to give.
func refusedName(err error) (verdict, bool) {
	switch {
	case errors.Is(err, errName):
		return refuse(unix.ENAMETOOLONG), true
	case errors.Is(err, errNotPermitted):
		return refuse(unix.EPERM), true
	}
	return proceed, false
}

// realName reads the socket address at an address of the program, and
// translates the path in it, if it leads to a process by number.
func (s *supervisor) realName(t *task, at uint64, n uint32) (name, error) {
	if at == 0 || n < 2 || n > maxName {
		return name{}, nil
	}
	b := make([]byte, n)
	if err := t.read(at, b); err != nil {
		return name{}, err
	}
	a := name{family: uint16(b[0]) | uint16(b[1])<<8, text: b}
	if a.family != unix.AF_UNIX || n < 4 || b[2] == 0 {
		return a, nil
	}
	path, _, _ := bytes.Cut(b[2:], []byte{0})
	target, err := s.resolvePath(t, abi.PathArg{Dir: abi.AtCWD}, string(path), procfs.Number)
	if err != nil || !target.Changed {
		return a, err
	}
	if len(target.Path) >= pathRoom {
		s.once(0, "socket name", "a socket name fails with ENAMETOOLONG: %s becomes longer than %d bytes", path, pathRoom-1)
		return a, errName
	}
	a.text, a.changed = append(append(b[:2:2], target.Path...), 0), true
	return a, nil
}

// socketName handles bind and connect.
func socketName(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	a, err := s.realName(t, c.args[1], uint32(c.args[2]))
	if v, stop := refusedName(err); stop {
		return v, nil
	}
	if err != nil {
		return proceed, err
	}
	if a.family == unix.AF_NETLINK && len(a.text) >= unix.SizeofSockaddrNetlink {
		if c.row.Name == "bind" && le32(a.text[4:]) == 0 {
			return s.bindAny(t, a)
		}
		if c.row.Name == "connect" {
			s.port(t)
		}
	}
	return s.passName(t, 1, a)
}

// bindAny makes of a request for any port one for the port that the socket has
// got here.
func (s *supervisor) bindAny(t *task, a name) (verdict, error) {
	at, err := s.scratch(t) // first, because that can enter the call again
	if err != nil {
		return taken, err
	}
	port, fresh := s.port(t)
	if !fresh {
		return s.letGo(t)
	}
	putLE32(a.text[4:], port)
	if err := s.fillScratch(t, at, a.text); err != nil {
		return proceed, err
	}
	return proceed, s.setArg(t, 1, at)
}

// passName gives the kernel the address in argument arg and its length in the
// next.
func (s *supervisor) passName(t *task, arg int, a name) (verdict, error) {
	if !a.changed {
		return s.letGo(t)
	}
	at, err := s.scratch(t)
	if err != nil {
		return taken, err
	}
	if err := s.fillScratch(t, at, a.text); err != nil {
		return proceed, err
	}
	if err := s.setArg(t, arg, at); err != nil {
		return proceed, err
	}
	return proceed, s.setArg(t, arg+1, uint64(len(a.text)))
}

// sendto handles sendto with an address, and what may be for netlink.
func sendto(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	a, err := s.realName(t, c.args[4], uint32(c.args[5]))
	if v, stop := refusedName(err); stop {
		return v, nil
	}
	if err != nil {
		return proceed, err
	}
	if a.family == unix.AF_NETLINK || c.args[4] == 0 && t.proc.netlink {
		if a.family == unix.AF_NETLINK {
			s.port(t)
		}
		payload, err := s.realPayload(t, c.args[1], c.args[2])
		if err != nil {
			return proceed, err
		}
		if payload != nil {
			return proceed, s.replaceStruct(t, 1, payload)
		}
	}
	return s.passName(t, 4, a)
}

// borrowSocket gives this process the socket behind the descriptor in the
// call's first argument.
func borrowSocket(t *task) (int, error) { return borrowFD(t, int(int32(t.call.args[0]))) }

// borrowFD gives this process a descriptor of the task, if it is a socket: to
// close one of another file can take an answer of its file system (see
// file_system.go).
func borrowFD(t *task, fd int) (int, error) {
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd))
	if err != nil {
		return -1, err
	}
	if !strings.HasPrefix(theirs, "socket:[") {
		return -1, unix.ENOTSOCK
	}
	pidfd, err := unix.PidfdOpen(t.proc.pid, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	own, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return -1, err
	}
	// The task may have descriptors of its own, apart from its leader's.
	ours, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", own))
	if err != nil || ours != theirs {
		_ = unix.Close(own)
		return -1, errors.Join(unix.EBADF, err)
	}
	return own, nil
}
