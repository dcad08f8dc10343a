package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// A private space is to its programs what a pid namespace is, so that there
// reboot(2) does what it does in one: the space ends, as if a signal that tells
// how had killed its first process, and the machine goes on. In the host space
// the program is one of the machine's, and the call means the machine.

// What the first two arguments of reboot must be, so that the kernel believes
// that the call is meant; the second may be one of several dates (linux/reboot.h).
const (
	rebootMagic   = unix.LINUX_REBOOT_MAGIC1
	rebootMagic2  = unix.LINUX_REBOOT_MAGIC2
	rebootMagic2A = 0x05121996
	rebootMagic2B = 0x16041998
	rebootMagic2C = 0x20112000
)

// reboot asks the kernel about the caller's rights, which it looks at first. It
// takes the call no further without its magic number.
func reboot(s *supervisor, t *task) (verdict, error) {
	if s.cmd.Space != pidspace.Private {
		return proceed, nil
	}
	if s.emulates() {
		if !t.cred.Effective.Has(unix.CAP_SYS_BOOT) {
			return refuse(unix.EPERM), nil
		}
		return answer(s.rebootSpace(&t.call)), nil
	}
	if err := s.setArg(t, 0, 0); err != nil {
		return refuse(unix.EPERM), err
	}
	return proceed, nil
}

// rebootDone goes on where the kernel has found the caller's rights sufficient.
func rebootDone(s *supervisor, t *task, result int64) error {
	if s.cmd.Space == pidspace.Private && result == -int64(unix.EINVAL) {
		s.rebootSpace(&t.call)
	}
	return nil
}

// rebootSpace does what the arguments of a call say, if a pid namespace knows
// it, and gives the result otherwise.
func (s *supervisor) rebootSpace(c *call) int64 {
	sig := rebootSignal(uint32(c.args[0]), uint32(c.args[1]), uint32(c.args[2]))
	if sig != 0 {
		s.rebooted = int(sig)
		s.killAll()
	}
	return -int64(unix.EINVAL)
}

// rebootSignal is the signal that tells of a way to reboot, or 0.
func rebootSignal(magic, magic2, how uint32) unix.Signal {
	if magic != rebootMagic {
		return 0
	}
	switch magic2 {
	case rebootMagic2, rebootMagic2A, rebootMagic2B, rebootMagic2C:
	default:
		return 0
	}
	switch how {
	case unix.LINUX_REBOOT_CMD_RESTART, unix.LINUX_REBOOT_CMD_RESTART2:
		return unix.SIGHUP
	case unix.LINUX_REBOOT_CMD_POWER_OFF, unix.LINUX_REBOOT_CMD_HALT:
		return unix.SIGINT
	}
	return 0
}
