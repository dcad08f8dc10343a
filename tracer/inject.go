package tracer

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// An injection makes system calls inside a task that is stopped at the entry
// of one, in place of it.
//
// Signals are blocked for its length, so that no handler runs between the
// calls. SIGSTOP cannot be blocked: it is kept and sent again at the end.
// begin, any number of calls, then finish or replay.
type injection struct {
	s     *supervisor
	t     *task
	saved ptrace.Regs
	mask  uint64
	arch  abi.Arch
	// entered says that the task is at the entry of a call now, so that the
	// next one only needs other registers.
	entered bool
	// atEntry says that it began at the entry of a call.
	atEntry bool
	// stopSeen says that a group stop was passed over.
	stopSeen bool
	kept     []unix.Signal
}

// injected are the numbers of the calls that the supervisor makes in tracees.
var injected = sync.OnceValue(func() (nr struct{ mmap, munmap, kill, seccomp, memfdCreate, openat, dup3, close, lseek, madvise, write, statfs, statfs64 [2]uint64 }) {
	nr.mmap = numbers("mmap", "mmap2")
	nr.munmap = numbers("munmap", "munmap")
	nr.kill = numbers("kill", "kill")
	nr.seccomp = numbers("seccomp", "seccomp")
	nr.memfdCreate = numbers("memfd_create", "memfd_create")
	nr.openat = numbers("openat", "openat")
	nr.dup3 = numbers("dup3", "dup3")
	nr.lseek = numbers("lseek", "lseek")
	nr.madvise = numbers("madvise", "madvise")
	nr.write = numbers("write", "write")
	nr.statfs = numbers("statfs", "statfs")
	nr.statfs64 = numbers("", "statfs64")
	nr.close = numbers("close", "close")
	return nr
})

// lazily is numbers, but looks for them at their first use.
func lazily(amd64, i386 string) func() [2]uint64 {
	return sync.OnceValue(func() [2]uint64 { return numbers(amd64, i386) })
}

// numbers finds a call by its names in the two interfaces.
func numbers(amd64, i386 string) (nr [2]uint64) {
	for i := range abi.Calls {
		row := &abi.Calls[i]
		if row.Name == amd64 && row.NR[abi.X86_64] >= 0 {
			nr[abi.X86_64] = uint64(row.NR[abi.X86_64])
		}
		if row.Name == i386 && row.NR[abi.I386] >= 0 {
			nr[abi.I386] = uint64(row.NR[abi.I386])
		}
	}
	return nr
}

// beginInjection prepares a task at an entry stop.
func (s *supervisor) beginInjection(t *task) (*injection, error) {
	inj := &injection{s: s, t: t, arch: t.call.arch, entered: true, atEntry: true}
	if err := ptrace.GetRegs(t.tid, &inj.saved); err != nil {
		return nil, err
	}
	var err error
	if inj.mask, err = ptrace.GetSigmask(t.tid); err != nil {
		return nil, err
	}
	// The registers as the program had them, whatever a handler has
	// changed since.
	for i := range t.call.args {
		if t.call.changed&(1<<i) == 0 {
			continue
		}
		setReg(&inj.saved, argRegs[inj.arch][i], t.call.regs[i])
	}
	if t.call.became {
		inj.saved.Orig_rax = t.call.nr
	}
	s.injecting = inj
	return inj, ptrace.SetSigmask(t.tid, ^uint64(0))
}

// beginInjectionAtExit is the same for a task at the exit stop of a call whose
// registers are what the program is to see.
func (s *supervisor) beginInjectionAtExit(t *task) (*injection, error) {
	inj, err := s.beginInjection(t)
	if inj != nil {
		inj.entered, inj.atEntry = false, false
	}
	return inj, err
}

// abandon ends an injection that an error has cut short, so that the program
// can go on.
func (inj *injection) abandon() error {
	if inj.atEntry {
		return inj.finish(-int64(unix.EFAULT))
	}
	return inj.finish(int64(inj.saved.Rax))
}

// call makes one system call and returns its result, a value or a negative
// errno.
func (inj *injection) call(nr [2]uint64, args ...uint64) (int64, error) {
	if err := inj.enter(nr, args...); err != nil {
		return 0, err
	}
	return inj.untilExit()
}

// enter begins one system call.
func (inj *injection) enter(nr [2]uint64, args ...uint64) error {
	r := inj.saved
	r.Orig_rax = nr[inj.arch]
	for i := range 6 {
		v := uint64(0)
		if i < len(args) {
			v = args[i]
		}
		setReg(&r, argRegs[inj.arch][i], v)
	}
	if !inj.entered {
		r.Rip -= 2
		r.Rax, r.Orig_rax = nr[inj.arch], ^uint64(0)
	}
	if err := ptrace.SetRegs(inj.t.tid, &r); err != nil {
		return err
	}
	inj.entered = false
	return ptrace.Resume(ptrace.Syscall, inj.t.tid, 0)
}

// untilExit runs to the exit of the call that is being made. What happens to
// other tasks meanwhile is put off. It has to be collected all the same: the
// end of a leader is reported only when its other threads have been.
func (inj *injection) untilExit() (int64, error) {
	tid := inj.t.tid
	for {
		got, status, err := ptrace.Wait(-1, 0)
		if err != nil {
			return 0, err
		}
		if got != tid {
			inj.s.pending = append(inj.s.pending, pendingStatus{got, status})
			continue
		}
		switch classify(status) {
		case eventEnd, eventExit, eventExec:
			// The end, or the exec of another thread which takes this
			// one's place: the task is not the one that it was.
			inj.s.pending = append(inj.s.pending, pendingStatus{tid, status})
			return 0, ptrace.ErrGone
		}
		if result, done, err := inj.pass(status); done || err != nil {
			return result, err
		}
		if err := ptrace.Resume(ptrace.Syscall, tid, 0); err != nil {
			return 0, err
		}
	}
}

// pass handles a stop on the way to the exit of the call that is being made, and
// tells whether it is that exit.
func (inj *injection) pass(status uint32) (result int64, done bool, err error) {
	switch classify(status) {
	case eventSyscall:
		var ci ptrace.CallInfo
		if err := ptrace.GetCallInfo(inj.t.tid, &ci); err != nil {
			return 0, false, err
		}
		return ci.Result(), ci.Op == ptrace.OpExit, nil
	case eventSignal:
		if sig := unix.Signal(status >> 8 & 0xff); sig != unix.SIGTRAP {
			inj.kept = append(inj.kept, sig)
		}
	case eventGroupStop:
		inj.stopSeen = true
	}
	return 0, false, nil
}

// mmap maps private memory and returns its address.
func (inj *injection) mmap(size uint64) (uint64, error) {
	r, err := inj.call(injected().mmap, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uint64(0), 0)
	if err != nil {
		return 0, err
	}
	if inj.arch == abi.I386 {
		r = int64(int32(r))
	}
	if r < 0 && r > -4096 {
		return 0, fmt.Errorf("mmap in the program: %w", unix.Errno(-r))
	}
	if inj.arch == abi.I386 {
		r = int64(uint32(r))
	}
	return uint64(r), nil
}

// finish ends the injection as if the program's own call had returned result.
func (inj *injection) finish(result int64) error {
	r := inj.saved
	r.Rax, r.Orig_rax = uint64(result), ^uint64(0)
	return inj.end(&r)
}

// replay ends the injection so that the program enters its own call again.
func (inj *injection) replay() error {
	r := inj.saved
	r.Rip -= 2
	r.Rax, r.Orig_rax = inj.saved.Orig_rax, ^uint64(0)
	return inj.end(&r)
}

func (inj *injection) end(r *ptrace.Regs) error {
	tid := inj.t.tid
	inj.s.injecting = nil
	inj.t.call.slot.release()
	inj.t.call = call{}
	if err := ptrace.SetRegs(tid, r); err != nil {
		return err
	}
	if err := ptrace.SetSigmask(tid, inj.mask); err != nil {
		return err
	}
	for _, sig := range inj.kept {
		_ = unix.Tgkill(inj.t.proc.pid, tid, sig)
	}
	if inj.stopSeen || inj.t.nudged {
		if err := ptrace.Interrupt(tid); err != nil {
			return err
		}
	}
	return inj.s.resume(inj.t)
}

// setReg sets one register of a set.
func setReg(r *ptrace.Regs, reg ptrace.Reg, v uint64) {
	switch reg {
	case ptrace.RDI:
		r.Rdi = v
	case ptrace.RSI:
		r.Rsi = v
	case ptrace.RDX:
		r.Rdx = v
	case ptrace.R10:
		r.R10 = v
	case ptrace.R8:
		r.R8 = v
	case ptrace.R9:
		r.R9 = v
	case ptrace.RBX:
		r.Rbx = v
	case ptrace.RCX:
		r.Rcx = v
	case ptrace.RBP:
		r.Rbp = v
	}
}
