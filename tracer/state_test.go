package tracer

import (
	"testing"

	"golang.org/x/sys/unix"
)

// transitions is every cell of the state machine, by state and event in the
// order of their declarations: stop, group stop, seccomp, system call, new
// task, exec, exit, signal, end.
var transitions = [stateCount][eventCount]struct {
	state state
	act   action
}{
	stateNone:      unborn,
	stateHeld:      unborn,
	stateAnnounced: announced,
	stateRunning:   alive,
	stateStopped:   alive,
	stateExiting:   alive,
	stateEnded:     alive,
}

type cell = struct {
	state state
	act   action
}

var (
	unborn = [eventCount]cell{
		{stateHeld, actHold}, {stateHeld, actHold}, {stateHeld, actHold}, {stateHeld, actHold}, {stateHeld, actHold},
		{stateHeld, actHold}, {stateExiting, actDepart}, {stateHeld, actHold}, {stateEnded, actBury},
	}
	announced = [eventCount]cell{
		{stateRunning, actAdopt}, {stateRunning, actAdopt}, {stateRunning, actAdopt}, {stateRunning, actAdopt}, {stateRunning, actAdopt},
		{stateRunning, actAdopt}, {stateExiting, actDepart}, {stateRunning, actAdopt}, {stateEnded, actBury},
	}
	alive = [eventCount]cell{
		{stateRunning, actResume}, {stateStopped, actListen}, {stateRunning, actEnter}, {stateRunning, actLeave}, {stateRunning, actAnnounce},
		{stateRunning, actExec}, {stateExiting, actDepart}, {stateRunning, actDeliver}, {stateEnded, actBury},
	}
)

func TestNext(t *testing.T) {
	for s := range stateCount {
		for e := range eventCount {
			want := transitions[s][e]
			if st, act := next(s, e); st != want.state || act != want.act {
				t.Errorf("next(%v, %v) = %v, %v; want %v, %v", s, e, st, act, want.state, want.act)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for s := range stateCount {
		if s.String() == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	for e := range eventCount {
		if e.String() == "" {
			t.Errorf("event %d has no name", e)
		}
	}
	for a := range actionCount {
		if a.String() == "" {
			t.Errorf("action %d has no name", a)
		}
	}
}

func TestClassify(t *testing.T) {
	stop := func(sig unix.Signal, event uint32) uint32 { return event<<16 | uint32(sig)<<8 | 0x7f }
	for _, c := range []struct {
		status uint32
		want   event
	}{
		{0, eventEnd},
		{7 << 8, eventEnd},
		{uint32(unix.SIGKILL), eventEnd},
		{uint32(unix.SIGSEGV) | 0x80, eventEnd},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_STOP), eventStop},
		{stop(unix.SIGSTOP, unix.PTRACE_EVENT_STOP), eventGroupStop},
		{stop(unix.SIGTSTP, unix.PTRACE_EVENT_STOP), eventGroupStop},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_SECCOMP), eventSeccomp},
		{stop(unix.SIGTRAP|0x80, 0), eventSyscall},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_FORK), eventNewTask},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_VFORK), eventNewTask},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_CLONE), eventNewTask},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_EXEC), eventExec},
		{stop(unix.SIGTRAP, unix.PTRACE_EVENT_EXIT), eventExit},
		{stop(unix.SIGTRAP, 0), eventSignal},
		{stop(unix.SIGUSR1, 0), eventSignal},
		{stop(unix.SIGSTOP, 0), eventSignal},
	} {
		if got := classify(c.status); got != c.want {
			t.Errorf("classify(%#x) = %v, want %v", c.status, got, c.want)
		}
	}
}
