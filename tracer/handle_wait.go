package tracer

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// wait4Done tells the space that a zombie was collected. A stop or continue
// report leaves the child alone, and looks the same but for the status.
func wait4Done(s *supervisor, t *task, result int64) error {
	if result <= 0 {
		return nil
	}
	if options := t.call.args[2]; options&(unix.WUNTRACED|unix.WCONTINUED) != 0 && t.call.args[1] != 0 {
		status, err := readWord(t, t.call.args[1])
		if err == nil && (status&0xff == 0x7f || status == 0xffff) {
			return nil
		}
	}
	s.reaped(t, int(result))
	return nil
}

// reaped notes that a child was collected by its parent.
func (s *supervisor) reaped(t *task, pid int) {
	delete(t.proc.zombies, pid)
	if s.space.State(pidspace.RTID(pid)) == pidspace.Zombie {
		s.space.Reap(pidspace.RTGID(pid))
	}
}

// waitidDone is wait4Done for the siginfo of waitid(2). The row's uses have
// translated si_pid by now, so the child's real id comes from the way back.
func waitidDone(s *supervisor, t *task, result int64) error {
	const infop, options = 2, 3
	if result != 0 || t.call.args[infop] == 0 || t.call.args[options]&unix.WNOWAIT != 0 && !s.emulates() {
		return nil
	}
	var si [24]byte
	if err := t.read(t.call.args[infop], si[:]); err != nil {
		return ignoreFault(err)
	}
	at, _ := senderAt(si[:], t.call.arch)
	child := int(s.toReal(abi.PIDOrGroup, int32(le32(si[at:]))))
	if who, ok := s.senderOf(child); ok {
		if err := writeWord(t, t.call.args[infop]+uint64(at)+4, who.uid); err != nil {
			return ignoreFault(err)
		}
	}
	if code := int32(le32(si[8:])); code < cldExited || code > cldDumped || t.call.args[options]&unix.WNOWAIT != 0 {
		return nil
	}
	s.reaped(t, child)
	return nil
}

// ignoreFault drops errors of the program's memory: it changed under the
// call, which the program will notice itself.
func ignoreFault(err error) error {
	if err == nil || errors.Is(err, ptrace.ErrGone) {
		return err
	}
	return nil
}
