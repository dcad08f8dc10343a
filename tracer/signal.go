package tracer

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

func le32(b []byte) uint32       { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64       { return binary.LittleEndian.Uint64(b) }
func putLE32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }

// Signal codes (asm-generic/siginfo.h).
const (
	siUser  = 0
	siTkill = -6
	siMesgq = -3
	// Codes of SIGCHLD.
	cldExited    = 1
	cldDumped    = 3
	cldContinued = 6
	// siKernel is the code of signals that no process sent.
	siKernel = 0x80
)

// senderAt gives the offset of si_pid in a siginfo, if its layout has one that
// the kernel filled in. For other codes the same bytes are a timer's id, a
// band, an address, or a number that the sending program chose, which is
// virtual already.
func senderAt(si []byte, arch abi.Arch) (int, bool) {
	at := 16
	if arch == abi.I386 {
		at = 12
	}
	return at, hasSender(unix.Signal(le32(si)), int32(le32(si[8:])))
}

func hasSender(sig unix.Signal, code int32) bool {
	switch code {
	case siUser, siTkill, siMesgq:
		return true
	}
	return sig == unix.SIGCHLD && code >= cldExited && code <= cldContinued
}

// senderIn is senderAt, and knows the processes whose end another signal than
// SIGCHLD announces (clone(2)): of its layout the code says nothing.
func (s *supervisor) senderIn(si []byte, arch abi.Arch) (int, bool) {
	at, ok := senderAt(si, arch)
	return at, ok || s.announcesEnd(int(le32(si)), int32(le32(si[8:])), int(int32(le32(si[at:]))))
}

// announcesEnd tells whether a signal with a code is that of the end of a
// process. The code alone does not: with F_SETSIG it is the one of an event on
// a descriptor.
func (s *supervisor) announcesEnd(sig int, code int32, pid int) bool {
	return code >= cldExited && code <= cldDumped && s.exitSignals[pid] == sig
}

// noteExitSignal notes which signal announces the end of a process. At most
// there is one for each id that the kernel has.
func (s *supervisor) noteExitSignal(pid, sig int) {
	switch {
	case sig == 0 || sig == int(unix.SIGCHLD):
		delete(s.exitSignals, pid)
	case s.exitSignals == nil:
		s.exitSignals = map[int]int{pid: sig}
	default:
		s.exitSignals[pid] = sig
	}
}

// In a signal that a task sends to itself it can claim any sender, with codes
// that else the kernel alone gives. One that nobody has in the tree arrives as
// it was sent: it is queued above the ids that kernels have.
const (
	pidLimit   = 0x400000 // PID_MAX_LIMIT
	unassigned = 0x40000000
)

// claimed is what to queue for a sender that a task claims.
func (s *supervisor) claimed(v int32) int32 {
	if real := s.toReal(abi.TGID, v); real != nobody {
		return real
	}
	if v < pidLimit {
		return v + unassigned
	}
	return v
}

// sender is the virtual id of who sent a signal.
func (s *supervisor) sender(real int32) int32 {
	switch {
	case real >= unassigned && real < unassigned+pidLimit:
		return real - unassigned
	case real >= pidLimit:
		return real
	}
	return s.toVirtual(abi.TGID, real)
}

// deliver passes a signal on, with the virtual id of its sender.
func (s *supervisor) deliver(t *task, sig int) error {
	var si ptrace.Siginfo
	if err := ptrace.GetSiginfo(t.tid, &si); err != nil {
		return err
	}
	if s.isInit() && t.proc.root && s.initIgnores(t, sig, &si) {
		return s.resume(t)
	}
	if at, ok := s.senderIn(si[:], abi.X86_64); ok {
		real := int32(le32(si[at:]))
		if s.sentToSelf(t, sig, real) {
			real = int32(t.proc.pid)
			putLE32(si[at:], uint32(real))
		}
		v := s.sender(real)
		who, known := s.senderOf(int(real))
		if known {
			putLE32(si[at+4:], who.uid)
		}
		if putLE32(si[at:], uint32(v)); v != real || known {
			if err := ptrace.SetSiginfo(t.tid, &si); err != nil {
				return err
			}
		}
	}
	if err := s.hideIgnored(t, unix.Signal(sig)); err != nil {
		return err
	}
	if dumps(unix.Signal(sig)) {
		watchExit(t)
	}
	if s.tracing() {
		s.traceSignal(t, sig, si[:])
	}
	return ptrace.Resume(s.request(t), t.tid, sig)
}

// initIgnores tells whether process 1 does not get a signal: one that it has
// no handler for, unless a fault of its own raised it (kernel/signal.c,
// SIGNAL_UNKILLABLE). SIGKILL never stops for a tracer.
func (s *supervisor) initIgnores(t *task, sig int, si *ptrace.Siginfo) bool {
	code := int32(le32(si[8:]))
	if code > 0 && code != siKernel {
		return false
	}
	if unix.Signal(sig) == unix.SIGSTOP {
		sender := int(int32(le32(si[16:])))
		return s.tasks[sender] != nil
	}
	caught, ok := caughtSignals(t.tid)
	return ok && caught&(1<<(sig-1)) == 0
}

// caughtSignals is the set of signals that a task has handlers for.
func caughtSignals(tid int) (uint64, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "SigCgt:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(rest), 16, 64)
			return set, err == nil
		}
	}
	return 0, false
}

// translateSiginfo turns the sender of a siginfo in the task's memory into a
// virtual id.
func (s *supervisor) translateSiginfo(t *task, addr uint64) error {
	var si [24]byte
	if err := t.read(addr, si[:]); err != nil {
		return err
	}
	at, ok := s.senderIn(si[:], t.call.arch)
	if !ok {
		return nil
	}
	return s.translateSender(t, addr+uint64(at))
}

// translateSender turns the id of a sender in the task's memory into a virtual
// one; the sender's user follows it.
func (s *supervisor) translateSender(t *task, addr uint64) error {
	real, err := readWord(t, addr)
	if err != nil {
		return err
	}
	if who, ok := s.senderOf(int(int32(real))); ok {
		if err := writeWord(t, addr+4, who.uid); err != nil {
			return err
		}
	}
	if v := uint32(s.sender(int32(real))); v != real {
		return writeWord(t, addr, v)
	}
	return nil
}

func sigtimedwaitDone(s *supervisor, t *task, result int64) error {
	if result <= 0 {
		return nil
	}
	return ignoreFault(s.translateSiginfo(t, t.call.args[1]))
}
