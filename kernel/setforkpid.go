package kernel

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// sysSetforkpid is the number of setforkpid on x86-64. It lies in a gap that
// upstream does not assign.
const sysSetforkpid = 391

type setForkPID struct{}

func (setForkPID) Name() string { return "setforkpid" }

func (setForkPID) tries() int { return 1 }

// installed tells whether the system call exists: an argument that it must
// refuse gives EINVAL where it does, and ENOSYS where it does not.
func (m setForkPID) installed() error {
	_, _, errno := unix.RawSyscall(sysSetforkpid, ^uintptr(0), 0, 0)
	switch errno {
	case unix.EINVAL:
		return nil
	case unix.ENOSYS:
		return &AbsentError{Mechanism: m.Name(), Err: errno, Why: "this kernel does not have the system call",
			Fix: "load the module of kernel/linux/module, or boot a kernel with the patch"}
	}
	return &SetupError{Op: "tell whether setforkpid is installed", Err: errno, Why: "a seccomp filter answers for the kernel, as in a container",
		Fix: "run pidsim outside of it"}
}

func (m setForkPID) prepare(l *launch) error {
	if err := m.installed(); err != nil {
		return err
	}
	return inRange(l.cmd.PID)
}

func (m setForkPID) compose(b *builder) *script.Step {
	pid := int64(b.cmd.PID)
	request := b.Call(sysSetforkpid, uint64(pid))
	fork := b.fork()
	failed := b.tell(request, tagRequest, b.quit)
	request.When(pid, fork).Fail(failed).Next(failed)
	failed = b.tell(fork, tagFork, b.quit)
	fork.When(0, b.program(false)).When(pid, b.quit).Fail(failed).Next(failed)
	return request
}

func (m setForkPID) explain(pid int, at tag, errno unix.Errno) error {
	switch {
	case errno == unix.EPERM && at == tagRequest:
		return notPermitted("choose a pid with setforkpid", errno)
	case errno == unix.EINVAL && at == tagRequest:
		return outOfRange(pid)
	case errno == unix.EEXIST && at == tagFork:
		return inUse(pid)
	}
	return cannotFork(errno)
}

// Installed tells whether this kernel has setforkpid. It says nothing about
// the right to use it.
func Installed() bool { return setForkPID{}.installed() == nil }
