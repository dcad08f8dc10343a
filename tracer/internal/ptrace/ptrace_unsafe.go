package ptrace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrGone says that the tracee does not exist any more, or is on its way out
// after SIGKILL.
var ErrGone = errors.New("tracee is gone")

// Options that every pidsim tracee runs under (ptrace(2), PTRACE_SETOPTIONS).
const Options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD |
	unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACECLONE |
	unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACESECCOMP

// OptExit adds the stop at the start of a tracee's exit, while its memory can
// still be read.
const OptExit = unix.PTRACE_O_TRACEEXIT

// A Request resumes a stopped tracee.
type Request int

const (
	// Cont runs to the next event.
	Cont Request = unix.PTRACE_CONT
	// Syscall runs to the next system call entry or exit, or event.
	Syscall Request = unix.PTRACE_SYSCALL
	// Listen leaves the tracee in its group stop, but lets SIGCONT end it.
	Listen Request = unix.PTRACE_LISTEN
)

// ptrace makes one request about numbers. It never blocks, so it is raw: the Go
// scheduler need not know.
func ptrace(req int, tid int, addr, data uintptr) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(req), uintptr(tid), addr, data, 0, 0)
	return errorOf(e)
}

// ptraceAt makes one about memory of this process. What a call moves that
// makes the stack grow is pointers, not numbers: data must be one up to the
// system call itself.
func ptraceAt(req int, tid int, addr uintptr, data unsafe.Pointer) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(req), uintptr(tid), addr, uintptr(data), 0, 0)
	return errorOf(e)
}

func errorOf(e unix.Errno) error {
	switch e {
	case 0:
		return nil
	case unix.ESRCH:
		return ErrGone
	}
	return e
}

// Shut tells whether ptrace(2) is refused before the kernel looks at what is
// asked: it would say that there is no process 0. No policy of the kernel does
// this; seccomp filters do, and supervisors.
func Shut() bool {
	return ptrace(unix.PTRACE_CONT, 0, 0, 0) == unix.EPERM
}

// Seize attaches to tid without stopping it, with the given options.
func Seize(tid int, options int) error {
	return ptrace(unix.PTRACE_SEIZE, tid, 0, uintptr(options))
}

// SetOptions replaces the options of a stopped tracee.
func SetOptions(tid int, options int) error {
	return ptrace(unix.PTRACE_SETOPTIONS, tid, 0, uintptr(options))
}

// Interrupt makes a running tracee stop with PTRACE_EVENT_STOP.
func Interrupt(tid int) error { return ptrace(unix.PTRACE_INTERRUPT, tid, 0, 0) }

// Resume continues a stopped tracee, delivering sig when it is not zero.
func Resume(req Request, tid int, sig int) error {
	err := ptrace(int(req), tid, 0, uintptr(sig))
	if req == Listen && err == unix.EIO {
		// SIGKILL has taken the tracee out of its group stop and into
		// another one, which Wait will report.
		err = ErrGone
	}
	return err
}

// EventMessage gives the number that goes with a stop for the event. Whoever
// kills the tracee makes it leave that stop, and it may be in the one for
// PTRACE_EVENT_EXIT by now, with another number. Stops only follow each other:
// if it still is in the first one, the number is that one's.
func EventMessage(tid, event int) (uint64, error) {
	var msg uint64
	if err := ptraceAt(unix.PTRACE_GETEVENTMSG, tid, 0, unsafe.Pointer(&msg)); err != nil {
		return 0, err
	}
	var si Siginfo
	if err := GetSiginfo(tid, &si); err != nil {
		return 0, err
	}
	if code := binary.LittleEndian.Uint32(si[siCode:]); code>>8 != uint32(event) {
		return 0, ErrGone
	}
	return msg, nil
}

// siCode is where si_code is in a siginfo_t, which at an event stop is SIGTRAP
// and, above it, the event.
const siCode = 8

// Reg is the byte offset of a register in the user area (struct user,
// sys/user.h), for Poke.
type Reg uintptr

const (
	RBP     Reg = 4 * 8
	RBX     Reg = 5 * 8
	R9      Reg = 8 * 8
	R8      Reg = 9 * 8
	R10     Reg = 7 * 8
	RAX     Reg = 10 * 8
	RCX     Reg = 11 * 8
	RDX     Reg = 12 * 8
	RSI     Reg = 13 * 8
	RDI     Reg = 14 * 8
	OrigRAX Reg = 15 * 8
)

// Poke writes one register.
func Poke(tid int, r Reg, v uint64) error {
	return ptrace(unix.PTRACE_POKEUSR, tid, uintptr(r), uintptr(v))
}

// Regs are the general registers of a tracee.
type Regs = unix.PtraceRegs

// GetRegs reads all general registers.
func GetRegs(tid int, r *Regs) error {
	return ptraceAt(unix.PTRACE_GETREGS, tid, 0, unsafe.Pointer(r))
}

// SetRegs writes all general registers.
func SetRegs(tid int, r *Regs) error {
	return ptraceAt(unix.PTRACE_SETREGS, tid, 0, unsafe.Pointer(r))
}

// SiginfoSize is the size of the kernel's siginfo_t.
const SiginfoSize = 128

// Siginfo is the raw siginfo_t of a signal-delivery stop, in the layout of
// the supervisor (64-bit), whatever the tracee is.
type Siginfo [SiginfoSize]byte

// GetSiginfo reads the signal that the tracee is stopped for. At a group stop
// it fails with EINVAL.
func GetSiginfo(tid int, si *Siginfo) error {
	return ptraceAt(unix.PTRACE_GETSIGINFO, tid, 0, unsafe.Pointer(si))
}

// SetSiginfo replaces it. The signal number must stay the one that Resume
// delivers, else the kernel makes up a new siginfo in the tracer's name.
func SetSiginfo(tid int, si *Siginfo) error {
	return ptraceAt(unix.PTRACE_SETSIGINFO, tid, 0, unsafe.Pointer(si))
}

// GetSigmask reads the mask of blocked signals.
func GetSigmask(tid int) (uint64, error) {
	var m uint64
	err := ptraceAt(unix.PTRACE_GETSIGMASK, tid, 8, unsafe.Pointer(&m))
	return m, err
}

// SetSigmask writes the mask of blocked signals.
func SetSigmask(tid int, m uint64) error {
	return ptraceAt(unix.PTRACE_SETSIGMASK, tid, 8, unsafe.Pointer(&m))
}

// Op says where in a system call a tracee is stopped.
type Op uint8

const (
	OpEntry   Op = 1
	OpExit    Op = 2
	OpSeccomp Op = 3
)

// Audit architecture words of the two interfaces (linux/audit.h).
const (
	AuditX86_64 = 0xc000003e
	AuditI386   = 0x40000003
)

// CallInfo is struct ptrace_syscall_info (ptrace(2),
// PTRACE_GET_SYSCALL_INFO).
type CallInfo struct {
	Op   Op
	_    [3]uint8
	Arch uint32
	IP   uint64
	SP   uint64
	// NR is the call number at OpEntry and OpSeccomp, and the result
	// register at OpExit.
	NR   uint64
	Args [6]uint64
	// Data is the filter's SECCOMP_RET_DATA at OpSeccomp.
	Data uint32
	_    uint32
}

// Result is the value of the result register at OpExit: a value, or a
// negative errno.
func (c *CallInfo) Result() int64 { return int64(c.NR) }

// GetCallInfo tells which system call the tracee is stopped in. If it is in
// none it was killed at that stop and is on its way out: see [EventMessage].
func GetCallInfo(tid int, ci *CallInfo) error {
	err := ptraceAt(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(*ci), unsafe.Pointer(ci))
	if err == nil && ci.Op == 0 {
		err = ErrGone
	}
	return err
}

// Wait waits for one tracee (or any of this thread's when tid is -1) and
// returns its id and raw wait status. With unix.WNOHANG in flags it returns 0
// when there is nothing. It blocks, so the Go scheduler is told.
func Wait(tid int, flags int) (int, uint32, error) {
	var status uint32
	for {
		r, _, e := syscall.Syscall6(unix.SYS_WAIT4, uintptr(tid), uintptr(unsafe.Pointer(&status)),
			uintptr(flags|unix.WALL|unix.WNOTHREAD), 0, 0, 0)
		switch e {
		case 0:
			return int(r), status, nil
		case unix.EINTR:
			continue
		}
		return 0, 0, fmt.Errorf("wait4: %w", e)
	}
}

// RobustList gives the head of the robust futex list that tid registered, 0
// for none (get_robust_list(2)).
func RobustList(tid int) (uint64, error) {
	var head, size uint64
	_, _, e := unix.RawSyscall(unix.SYS_GET_ROBUST_LIST, uintptr(tid),
		uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&size)))
	if e != 0 {
		if e == unix.ESRCH {
			return 0, ErrGone
		}
		return 0, e
	}
	return head, nil
}

// Subreaper tells whether this process adopts the orphans among its
// descendants (prctl(2), PR_GET_CHILD_SUBREAPER).
func Subreaper() (bool, error) {
	var on int32
	_, _, e := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&on)), 0)
	if e != 0 {
		return false, e
	}
	return on != 0, nil
}

// CollectZombie collects pid if it is a child of any thread of this process,
// and has ended. The stops of a tracee that has got the number since are left
// for Wait.
func CollectZombie(pid int) bool {
	var si unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &si, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil)
	if err != nil || si.Signo != int32(unix.SIGCHLD) || si.Code < cldExited || si.Code > cldDumped {
		return false
	}
	got, err := unix.Wait4(pid, nil, unix.WNOHANG|unix.WALL, nil)
	return err == nil && got == pid
}

// Codes of SIGCHLD for a process that has ended (sigaction(2)).
const (
	cldExited = 1
	cldDumped = 3
)
