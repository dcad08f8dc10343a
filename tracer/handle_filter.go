package tracer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/bpf"
	"github.com/pidsim/pidsim/tracer/internal/cred"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// filters says what seccomp filters a process has of its own. It passes them
// on to its children, and keeps them for ever (seccomp(2)).
type filters uint8

const (
	// filtersNone is a process with none but the supervisor's.
	filtersNone filters = iota
	// filtersOwn is one with filters that look at registers: the kernel runs
	// them again on what the supervisor has put there.
	filtersOwn
	// filtersListener is one whose filters hand calls to a listener. That
	// outranks the supervisor's filter, so every call stops, before filters
	// run. So it is, too, where a filter of the supervisor's cannot be added.
	filtersListener
)

// filterEnter refuses a filter that the program may not have, and makes sure of
// scratch memory while the program may still map some: its own filter could
// forbid that.
func filterEnter(s *supervisor, t *task) (verdict, error) {
	switch valid, err := validFilter(t); {
	case err != nil:
		return proceed, err
	case valid && !s.mayFilter(t):
		return refuse(unix.EACCES), nil
	}
	if len(t.proc.mem.maps) == 0 {
		if err := s.mapScratch(t); err != nil {
			return taken, err
		}
		return taken, nil
	}
	return proceed, nil
}

// mayFilter tells whether the kernel lets a program have a filter: one that has
// renounced new privileges, or may administer (seccomp(2)). The kernel cannot
// tell where the supervisor has renounced them for its own filter, or where
// credentials are emulated.
func (s *supervisor) mayFilter(t *task) bool {
	switch {
	case t.noNewPrivs:
		return true
	case s.emulates():
		return t.cred.Effective.Has(unix.CAP_SYS_ADMIN)
	case !s.noNewPrivs:
		return true
	}
	caps, err := strconv.ParseUint(fieldOf(fmt.Sprintf("/proc/%d/status", t.tid), "CapEff"), 16, 64)
	return err == nil && cred.Set(caps).Has(unix.CAP_SYS_ADMIN)
}

// maxFilter is the kernel's BPF_MAXINSNS.
const maxFilter = 4096

// validFilter tells whether a call that sets a filter passes the checks that the
// kernel makes before that of rights (kernel/seccomp.c, seccomp_set_mode_filter
// and seccomp_prepare_filter).
func validFilter(t *task) (bool, error) {
	const (
		tsync     = unix.SECCOMP_FILTER_FLAG_TSYNC
		listener  = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		tsyncESRC = unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
		killable  = unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
		known     = tsync | unix.SECCOMP_FILTER_FLAG_LOG | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW | listener | tsyncESRC | killable
	)
	args := &t.call.args
	if t.call.row.Name == "seccomp" {
		switch flags := uint32(args[1]); {
		case flags&^known != 0,
			flags&(tsync|listener|tsyncESRC) == tsync|listener,
			flags&(killable|listener) == killable:
			return false, nil
		}
	} else if uint32(args[1]) != unix.SECCOMP_MODE_FILTER {
		return false, nil
	}
	b := make([]byte, fprogSize[t.call.arch])
	if err := t.read(args[2], b); err != nil {
		return false, ignoreFault(err)
	}
	n := binary.LittleEndian.Uint16(b)
	return n > 0 && n <= maxFilter, nil
}

// fprogSize is the size of struct sock_fprog, which begins with the number of
// instructions.
var fprogSize = [2]int{abi.X86_64: 16, abi.I386: 8}

// filterDone handles the success of seccomp(2) or prctl(2), PR_SET_SECCOMP.
func filterDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	f := filtersOwn
	if t.call.row.Name == "seccomp" && t.call.args[1]&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		f = filtersListener
	}
	if t.call.row.Name == "seccomp" && t.call.args[1]&unix.SECCOMP_FILTER_FLAG_TSYNC != 0 && t.noNewPrivs {
		for _, other := range t.proc.tasks {
			other.noNewPrivs = true // along with the filter (seccomp(2))
		}
	}
	t.proc.filters = max(t.proc.filters, f)
	s.filtersSeen = max(s.filtersSeen, f)
	return nil
}

// noNewPrivs answers whether a program has renounced new privileges, where the
// supervisor had to do that for its filter. The kernel looks at the other
// arguments first (prctl(2)).
func noNewPrivs(s *supervisor, t *task) (verdict, error) {
	a := &t.call.args
	if uint32(a[0]) != abi.PR_GET_NO_NEW_PRIVS || !s.noNewPrivs || t.noNewPrivs || a[1]|a[2]|a[3]|a[4] != 0 {
		return proceed, nil
	}
	return answer(0), nil
}

func noNewPrivsDone(_ *supervisor, t *task, result int64) error {
	if result == 0 && uint32(t.call.args[0]) == abi.PR_SET_NO_NEW_PRIVS {
		t.noNewPrivs = true
	}
	return nil
}

// foreignStop tells whether a stop is one that the program's own filters ask for
// (SECCOMP_RET_TRACE): where both do, the kernel reports that of the newer.
func foreignStop(t *task) (bool, error) {
	msg, err := ptrace.EventMessage(t.tid, unix.PTRACE_EVENT_SECCOMP)
	if err != nil {
		return false, err
	}
	return msg != bpf.Tag, nil
}

// untraced fails a call that the program's filters leave to a tracer, as it
// fails without one (seccomp(2)).
func (s *supervisor) untraced(t *task) error {
	if err := restoreArgs(t); err != nil {
		return err
	}
	t.call.slot.release()
	t.call = call{}
	if err := ptrace.Poke(t.tid, ptrace.OrigRAX, ^uint64(0)); err != nil {
		return err
	}
	if err := ptrace.Poke(t.tid, ptrace.RAX, errnoResult(unix.ENOSYS)); err != nil {
		return err
	}
	return s.resume(t)
}

// isCaller tells whether a real id means the calling task where 0 would.
func isCaller(t *task, real int32) bool {
	if t.call.row.Name == "prlimit64" { // which is about processes
		return int(real) == t.proc.pid
	}
	return int(real) == t.tid
}

// signalSelf sends a signal that a process with filters sends to itself.
// Sandboxes allow that and nothing else, and compare the id with the one that
// getpid gave: they would refuse the real one. The supervisor may do it in the
// process's place, for nobody needs rights to signal oneself.
func (s *supervisor) signalSelf(t *task, target, sig int32, send func(real int) error) verdict {
	real := s.realOf(abi.TID, target)
	if t.proc.filters != filtersOwn || real == target {
		return proceed
	}
	if to := s.tasks[int(real)]; to == nil || to.proc != t.proc {
		return proceed
	}
	if err := send(int(real)); err != nil {
		var errno unix.Errno
		if errors.As(err, &errno) {
			return refuse(errno)
		}
		return refuse(unix.ESRCH)
	}
	if sig > 0 && sig <= maxSignal {
		if t.proc.selfSent == nil {
			t.proc.selfSent = map[int]bool{}
		}
		t.proc.selfSent[int(sig)] = true
	}
	return answer(0)
}

// sentToSelf tells whether a signal is one of signalSelf's.
func (s *supervisor) sentToSelf(t *task, sig int, sender int32) bool {
	if int(sender) != s.self || !t.proc.selfSent[sig] {
		return false
	}
	delete(t.proc.selfSent, sig)
	return true
}
