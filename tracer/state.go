package tracer

import "golang.org/x/sys/unix"

// A state says what a task is doing, as far as the supervisor knows. Every
// task has exactly one, and next is the only function that changes it.
type state uint8

const (
	// stateNone is a task that the supervisor has not heard of.
	stateNone state = iota
	// stateHeld is stopped at its birth; its creator's event has not been
	// seen, so it has no ids yet.
	stateHeld
	// stateAnnounced has ids from its creator's event; its first stop has
	// not been seen.
	stateAnnounced
	// stateRunning runs, or is inside a system call; task.call tells
	// whether an exit stop is to come.
	stateRunning
	// stateStopped is in a group stop, listening for SIGCONT.
	stateStopped
	// stateExiting has passed PTRACE_EVENT_EXIT.
	stateExiting
	// stateEnded is gone and reaped.
	stateEnded
	stateCount
)

var stateNames = [stateCount]string{"none", "held", "announced", "running", "stopped", "exiting", "ended"}

func (s state) String() string { return stateNames[s] }

// An event is what a wait status says about a task.
type event uint8

const (
	// eventStop is PTRACE_EVENT_STOP without a group stop: a birth, the end
	// of a group stop, or PTRACE_INTERRUPT.
	eventStop event = iota
	// eventGroupStop is PTRACE_EVENT_STOP for a stop signal.
	eventGroupStop
	// eventSeccomp is a stop that the filter asked for.
	eventSeccomp
	// eventSyscall is a system call entry or exit stop.
	eventSyscall
	// eventNewTask is PTRACE_EVENT_FORK, VFORK or CLONE in the creator.
	eventNewTask
	// eventExec is PTRACE_EVENT_EXEC.
	eventExec
	// eventExit is PTRACE_EVENT_EXIT.
	eventExit
	// eventSignal is a signal-delivery stop.
	eventSignal
	// eventEnd is the task's end.
	eventEnd
	eventCount
)

var eventNames = [eventCount]string{"stop", "group stop", "seccomp", "system call", "new task", "exec", "exit", "signal", "end"}

func (e event) String() string { return eventNames[e] }

// An action is what the supervisor does at a transition.
type action uint8

const (
	// actHold leaves the task stopped until its creator's event.
	actHold action = iota
	// actAdopt finishes a birth and lets the task run.
	actAdopt
	// actResume lets the task run on.
	actResume
	// actEnter handles the entry of a call.
	actEnter
	// actLeave handles the exit of a call, or the entry where every call
	// stops; which of them the kernel tells.
	actLeave
	// actAnnounce gives ids to a new task.
	actAnnounce
	// actExec replaces the process's tasks by one.
	actExec
	// actDepart looks at a task's memory for the last time.
	actDepart
	// actDeliver translates and delivers a signal.
	actDeliver
	// actListen leaves the task in its group stop.
	actListen
	// actBury forgets the task.
	actBury
	actionCount
)

var actionNames = [actionCount]string{"hold", "adopt", "resume", "enter", "leave", "announce", "exec", "depart", "deliver", "listen", "bury"}

func (a action) String() string { return actionNames[a] }

// classify turns a wait status into an event.
func classify(status uint32) event {
	const stopped = 0x7f
	if status&0xff != stopped {
		return eventEnd
	}
	sig := unix.Signal(status >> 8 & 0xff)
	switch status >> 16 {
	case 0:
		if sig == unix.SIGTRAP|0x80 {
			return eventSyscall
		}
		return eventSignal
	case unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK, unix.PTRACE_EVENT_CLONE:
		return eventNewTask
	case unix.PTRACE_EVENT_EXEC:
		return eventExec
	case unix.PTRACE_EVENT_EXIT:
		return eventExit
	case unix.PTRACE_EVENT_SECCOMP:
		return eventSeccomp
	}
	if sig != unix.SIGTRAP {
		return eventGroupStop
	}
	return eventStop
}

// next is the transition function: the state after event e in state s, and
// what to do. It is total; what cannot happen on a sound kernel is answered
// by letting the task run on.
func next(s state, e event) (state, action) {
	if e == eventEnd {
		return stateEnded, actBury
	}
	switch {
	case e == eventExit:
		// A new task can be killed before its first stop.
		return stateExiting, actDepart
	case s == stateNone, s == stateHeld:
		return stateHeld, actHold
	case s == stateAnnounced:
		return stateRunning, actAdopt
	}
	switch e {
	case eventGroupStop:
		return stateStopped, actListen
	case eventSeccomp:
		return stateRunning, actEnter
	case eventSyscall:
		return stateRunning, actLeave
	case eventNewTask:
		return stateRunning, actAnnounce
	case eventExec:
		return stateRunning, actExec
	case eventSignal:
		return stateRunning, actDeliver
	}
	return stateRunning, actResume
}
