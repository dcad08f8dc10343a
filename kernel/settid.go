package kernel

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

type setTID struct{}

func (setTID) Name() string { return "set-tid" }

func (setTID) tries() int { return 1 }

func (setTID) prepare(l *launch) error { return inRange(l.cmd.PID) }

func (setTID) compose(b *builder) *script.Step {
	pid := int64(b.cmd.PID)
	fork := b.forkAs(b.cmd.PID, unix.CLONE_PARENT)
	failed := b.tell(fork, tagFork, b.quit)
	return fork.When(0, b.program(false)).When(pid, b.quit).Fail(failed).Next(failed)
}

func (m setTID) explain(pid int, _ tag, errno unix.Errno) error {
	switch errno {
	case unix.EPERM:
		return notPermitted("choose a pid with clone3", errno)
	case unix.EINVAL:
		return outOfRange(pid)
	case unix.EEXIST:
		return inUse(pid)
	case unix.ENOSYS, unix.E2BIG:
		return noSetTID(m.Name(), errno)
	}
	return cannotFork(errno)
}

// noSetTID says why clone3 is missing, or is too old to know set_tid.
func noSetTID(mechanism string, errno unix.Errno) error {
	e := &AbsentError{Mechanism: mechanism, Err: errno, Why: "clone3 with set_tid came with Linux 5.5", Fix: "use a newer kernel, or --backend ptrace"}
	if statusField("Seccomp") == "2" {
		e.Why = "a seccomp filter, as in a container, hides clone3"
		e.Fix = "allow clone3 in the filter, or use --backend ptrace"
	}
	return e
}
