package tracer

import (
	"math"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// maxSignal is the largest signal number that kill(2) takes.
const maxSignal = 64

// kill sees to it that a signal for many reaches what it would reach if the
// ids were real, and never the supervisor: the tree in a private space, the
// machine without the supervisor in the host space. A signal for one process
// is left to the row's translation.
//
// Each signal is sent by the program's own kill(), so that the kernel checks
// the caller's rights and receivers see the right sender.
func kill(s *supervisor, t *task) (verdict, error) {
	target, sig := int32(t.call.args[0]), int32(t.call.args[1])
	switch {
	case target == -1:
		return s.killMany(t, s.everyone(t), true)
	case target > 0:
		if v := s.killInit(target, sig); v.answered {
			return v, nil
		}
		return s.signalSelf(t, target, sig, func(real int) error { return unix.Kill(real, unix.Signal(sig)) }), nil
	case target == math.MinInt32:
		return proceed, nil
	}
	group := pidspace.RPGID(-s.toReal(abi.PIDOrGroup, target))
	if target == 0 {
		group = s.space.Pgid(pidspace.RTID(t.proc.pid))
	}
	if group != s.ownGroup {
		return proceed, nil
	}
	return s.killMany(t, s.groupMembers(t, group), false)
}

// killInit applies init's immunity in a private space: what is process 1
// there takes no signal from inside that it has no handler for
// (pid_namespaces(7)). Target is a virtual process or thread.
func (s *supervisor) killInit(target, sig int32) verdict {
	if s.cmd.Space != pidspace.Private || target <= 0 || uint32(sig) > maxSignal {
		return proceed
	}
	real := int(s.realOf(abi.TID, target))
	if !s.isInit() {
		if real == s.self {
			return answer(0)
		}
		return proceed
	}
	if t := s.tasks[real]; t != nil && t.proc.root && (unix.Signal(sig) == unix.SIGKILL || unix.Signal(sig) == unix.SIGSTOP) {
		return answer(0)
	}
	return proceed
}

// taskSignal is killInit for tkill and tgkill.
func taskSignal(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	arg := 0
	if c.row.Name == "tgkill" {
		arg = 1
	}
	target, sig := int32(c.args[arg]), int32(c.args[arg+1])
	if v := s.killInit(target, sig); v.answered {
		return v, nil
	}
	return s.signalSelf(t, target, sig, func(real int) error {
		return unix.Tgkill(t.proc.pid, real, unix.Signal(sig))
	}), nil
}

// isInit tells whether the root program is process 1 of a private space.
func (s *supervisor) isInit() bool { return s.cmd.Space == pidspace.Private && s.cmd.PID == 1 }

// everyone is who kill(-1) is for: all but the caller and init.
func (s *supervisor) everyone(t *task) []int {
	if s.cmd.Space == pidspace.Private {
		return s.treeBut(t.proc.pid, func(pid int) bool { return !(s.isInit() && pid == s.root.pid) })
	}
	return s.hostBut(t.proc.pid, func(int) bool { return true })
}

// groupMembers is who a signal for the group that the supervisor is in is for.
// The caller itself comes last, since it may die of it.
func (s *supervisor) groupMembers(t *task, group pidspace.RPGID) []int {
	member := func(pid int) bool {
		g, err := groupOf(pid)
		return err == nil && g == group
	}
	var pids []int
	if s.cmd.Space == pidspace.Private {
		pids = s.treeBut(t.proc.pid, member)
	} else {
		pids = s.hostBut(t.proc.pid, member)
	}
	return append(pids, t.proc.pid)
}

// treeBut lists the real ids of the tree's processes that pass the test.
func (s *supervisor) treeBut(caller int, want func(int) bool) []int {
	var pids []int
	for _, p := range s.space.Processes() {
		if pid := int(p); pid != caller && !s.collected(int32(pid)) && want(pid) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// hostBut lists the real ids of all processes of the machine that pass the
// test, without init and the supervisor.
func (s *supervisor) hostBut(caller int, want func(int) bool) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return s.treeBut(caller, want)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err == nil && pid > 1 && pid != caller && pid != s.self && want(pid) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// killMany makes the task send its signal to each process. The result is the
// kernel's for many receivers (kernel/signal.c, kill_something_info): success
// if any was reached, else the last error; for kill(-1) a lack of rights does
// not count as an error once there was somebody to refuse it.
func (s *supervisor) killMany(t *task, pids []int, all bool) (verdict, error) {
	if len(pids) == 0 {
		return refuse(unix.ESRCH), nil
	}
	sig := t.call.args[1]
	if s.tracing() {
		s.traceCall(t, 0, false)
	}
	inj, err := s.beginInjection(t)
	if err != nil {
		return taken, err
	}
	result, reached := int64(-int64(unix.ESRCH)), false
	for _, pid := range pids {
		r, err := inj.call(injected().kill, uint64(pid), sig)
		if err != nil {
			return taken, err
		}
		switch {
		case r == 0:
			result, reached = 0, true
		case reached:
		case all && r == -int64(unix.EPERM):
			result = 0
		default:
			result = r
		}
	}
	return taken, inj.finish(result)
}

// sigqueueinfo converts the sender that a program claims for itself. The
// kernel never looks at it, and a receiver in the tree shares the virtual
// space, so it stays as it is, but for the codes that the supervisor translates
// at delivery: a task can forge those to itself only (kernel/signal.c,
// do_rt_sigqueueinfo).
func sigqueueinfo(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	arg := 2
	if c.row.Name == "rt_tgsigqueueinfo" {
		arg = 3
	}
	if c.args[arg] == 0 {
		return proceed, nil
	}
	b := make([]byte, ptrace.SiginfoSize)
	if err := t.read(c.args[arg], b); err != nil {
		return proceed, err
	}
	if c.row.Name != "pidfd_send_signal" {
		putLE32(b, uint32(c.args[arg-1])) // the kernel does not look at si_signo
		target, code := int32(c.args[arg-2]), int32(le32(b[8:]))
		if allowed := code < 0 && code != siTkill || target == t.virtual; allowed {
			if v := s.killInit(target, int32(c.args[arg-1])); v.answered {
				return v, nil
			}
		}
	}
	at, ok := senderAt(b, c.arch)
	if !ok {
		return proceed, nil
	}
	given := le32(b[at:])
	real := uint32(s.claimed(int32(given)))
	if real == given {
		return proceed, nil
	}
	putLE32(b[at:], real)
	if err := s.replaceStruct(t, arg, b); err != nil {
		return taken, err
	}
	return proceed, nil
}
