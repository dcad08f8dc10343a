package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// tag says what a message of the starting program is about.
type tag uint64

// Messages carry the result of a system call: a value or a negative errno.
const (
	tagNone      tag = iota
	tagRequest       // setforkpid, or the write to ns_last_pid
	tagFork          // the call that makes the process
	tagRoot          // getpid of the new process
	tagExec          // execve, which failed
	tagUser          // unshare of the user namespace, whose maps are to be written
	tagUnshare       // unshare of the pid and mount namespaces
	tagInit          // the fork of the namespace's first process
	tagPropagate     // its mounts leave the host's
	tagProc          // its own /proc
)

// messageSize is a tag and a result.
const messageSize = 16

// errEnded says that nobody is left who could send a message.
var errEnded = errors.New("the starting process has ended")

// message is one of them; from is the sender's id as this process sees it.
type received struct {
	tag    tag
	result int64
	from   int
}

// errno is the failure in a message, or 0.
func (r received) errno() unix.Errno {
	if r.result < 0 && r.result > -4096 {
		return unix.Errno(-r.result)
	}
	return 0
}

// channel makes the socket pair: messages of one end arrive with the
// kernel's word on who sent them.
func channel() (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("socketpair: %w", err)
	}
	if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		_ = unix.Close(fds[0])
		_ = unix.Close(fds[1])
		return 0, 0, fmt.Errorf("setsockopt SO_PASSCRED: %w", err)
	}
	return fds[0], fds[1], nil
}

// receive waits for a message.
func receive(fd int) (received, error) {
	var (
		buf [messageSize]byte
		oob = make([]byte, unix.CmsgSpace(unix.SizeofUcred))
	)
	n, noob, err := recvmsg(fd, buf[:], oob)
	if err != nil {
		return received{}, err
	}
	if n == 0 {
		return received{}, errEnded
	}
	if n != messageSize {
		return received{}, fmt.Errorf("a message of %d bytes", n)
	}
	cred, err := credentials(oob[:noob])
	if err != nil {
		return received{}, err
	}
	le := binary.LittleEndian
	return received{tag(le.Uint64(buf[:])), int64(le.Uint64(buf[8:])), int(cred.Pid)}, nil
}

func recvmsg(fd int, p, oob []byte) (n, noob int, err error) {
	for {
		n, noob, _, _, err = unix.Recvmsg(fd, p, oob, unix.MSG_CMSG_CLOEXEC)
		switch err {
		case nil:
			return n, noob, nil
		case unix.EINTR:
		case unix.ECONNRESET: // it was killed with our reply unread
			return 0, 0, nil
		default:
			return 0, 0, fmt.Errorf("recvmsg: %w", err)
		}
	}
}

// credentials reads the kernel's word.
func credentials(oob []byte) (*unix.Ucred, error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) != 1 {
		return nil, fmt.Errorf("a message without credentials (%v)", err)
	}
	return unix.ParseUnixCredentials(&msgs[0])
}

// reply answers n, as the number of bytes.
func reply(fd, n int) error {
	for {
		err := unix.Sendto(fd, make([]byte, n), unix.MSG_NOSIGNAL, nil)
		if err != unix.EINTR {
			return err
		}
	}
}
