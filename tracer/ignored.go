package tracer

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A signal that a program ignores is not sent to it at all, unless it is traced
// (kernel/signal.c, sig_ignored): then it ends the call that waits. Most calls
// are restarted by the kernel, but some fail with EINTR (signal(7), "Interruption
// of system calls"). They are entered again like the others.

const (
	eintr = -4
	// restartNoHand makes the kernel enter a call again, unless a handler is
	// about to run; include/linux/errno.h, ERESTARTNOHAND.
	restartNoHand = -514
)

// A wait is a call with a timeout that an ignored signal has ended.
type wait struct {
	ip, sp uint64
	since  time.Time
}

// ignores tells whether a task ignores a signal. SIGCONT is left out: who is
// stopped by a signal is to see EINTR.
func ignores(tid int, sig unix.Signal) bool {
	set := func(name string) uint64 {
		n, _ := strconv.ParseUint(fieldOf(fmt.Sprintf("/proc/%d/status", tid), name), 16, 64)
		return n >> (sig - 1) & 1
	}
	switch sig {
	case unix.SIGCONT:
		return false
	case unix.SIGCHLD, unix.SIGURG, unix.SIGWINCH:
		return set("SigCgt") == 0
	}
	return set("SigIgn") != 0
}

// hideIgnored hides that a signal which the task ignores has ended a call.
func (s *supervisor) hideIgnored(t *task, sig unix.Signal) error {
	var r ptrace.Regs
	if err := ptrace.GetRegs(t.tid, &r); err != nil {
		return err
	}
	if int64(r.Orig_rax) < 0 || int32(r.Rax) != eintr || !ignores(t.tid, sig) {
		return nil
	}
	result := int64(restartNoHand)
	if timeout, ok := epollTimeout(&r); ok && t.timedOut(&r, timeout) {
		result = 0
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(result))
}

// timedOut tells whether a wait has been entered again for as long as it may
// take. What is so ended had better end somewhat early than never.
func (t *task) timedOut(r *ptrace.Regs, timeout time.Duration) bool {
	now := time.Now()
	waited := now.Sub(t.waited.since)
	if t.waited.ip != r.Rip || t.waited.sp != r.Rsp || waited > 2*timeout {
		t.waited = wait{ip: r.Rip, sp: r.Rsp, since: now}
		return timeout == 0
	}
	if waited < timeout {
		return false
	}
	t.waited = wait{}
	return true
}

var (
	epollWait  = lazily("epoll_wait", "epoll_wait")
	epollPwait = lazily("epoll_pwait", "epoll_pwait")
)

// epollTimeout is how long an epoll_wait may take, if that is limited.
func epollTimeout(r *ptrace.Regs) (time.Duration, bool) {
	ms := int32(r.R10)
	switch r.Orig_rax {
	case epollWait()[abi.X86_64], epollPwait()[abi.X86_64]:
	case epollWait()[abi.I386], epollPwait()[abi.I386]:
		ms = int32(r.Rsi)
	default:
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, ms >= 0
}
