package kernel

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// lastPIDFile holds the id that the kernel gave last in the pid namespace of
// whoever reads or writes it (proc(5)).
const lastPIDFile = "/proc/sys/kernel/ns_last_pid"

type nsLastPID struct{}

func (nsLastPID) Name() string { return "ns-last-pid" }

// tries bounds the race with every other fork of the machine. On one with two
// busy processors the first try succeeds nearly always.
func (nsLastPID) tries() int { return 1000 }

// prepare does not rely on the look at the id: it saves the machine from
// trying in vain.
func (m nsLastPID) prepare(l *launch) error {
	if err := inRange(l.cmd.PID); err != nil {
		return err
	}
	if occupied(l.cmd.PID) {
		return inUse(l.cmd.PID)
	}
	f, err := os.OpenFile(lastPIDFile, os.O_RDWR, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return &AbsentError{Mechanism: m.Name(), Err: unix.ENOENT, Why: lastPIDFile + " does not exist",
			Fix: "mount /proc, or use a kernel that has CONFIG_CHECKPOINT_RESTORE"}
	case errors.Is(err, unix.EROFS):
		return &PermissionError{Op: "write " + lastPIDFile, Err: unix.EROFS, Why: "/proc/sys is mounted read-only, as in a container",
			Fix: "run pidsim outside of it, or use --backend ptrace"}
	case errors.Is(err, unix.EACCES):
		return notPermitted("write "+lastPIDFile, unix.EACCES)
	case err != nil:
		return &SetupError{Op: "open " + lastPIDFile, Err: cause(err)}
	}
	l.pass(f)
	return nil
}

// compose sets the last id to the one below, forks, and puts the old one
// back, so that the machine goes on counting where it was.
func (nsLastPID) compose(b *builder) *script.Step {
	var (
		file   = b.passed[0]
		pid    = int64(b.cmd.PID)
		before = strconv.FormatInt(pid-1, 10)
		old    = b.Bytes(make([]byte, 16))
	)
	read := b.Call(unix.SYS_PREAD64, file, old, 16, 0)
	set := b.Call(unix.SYS_PWRITE64, file, b.String(before), uint64(len(before)), 0)
	fork := b.fork()
	restore := b.Call(unix.SYS_PWRITE64, file, old, 0, 0).Next(b.quit)
	read.Keep(restore.Arg(2))
	b.orTell(set, tagRequest)
	again := b.ask().When(replyGo, set).Next(restore)
	missed := b.tell(fork, tagFork, again)
	fork.When(0, b.program(false)).When(pid, restore).Fail(missed).Next(missed)
	return script.Chain(read, set, fork)
}

func (nsLastPID) explain(pid int, at tag, errno unix.Errno) error {
	if at == tagRequest {
		switch errno {
		case unix.EPERM:
			return notPermitted("write "+lastPIDFile, errno)
		case unix.EINVAL:
			return outOfRange(pid)
		}
		return &SetupError{Op: "write " + lastPIDFile, Err: errno}
	}
	return cannotFork(errno)
}
