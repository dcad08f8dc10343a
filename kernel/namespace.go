package kernel

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// namespace runs the program in a pid and a mount namespace of its own, and
// in a user namespace as well if it may not make those otherwise. There the
// user keeps the own id, and has no others.
//
// Process 1 is a reaper: it collects what is orphaned, and tells this process
// what becomes of the program, whose parent it is. It has no handlers and
// holds no files, and the namespace dies with it, as it dies with us. When the
// program is to be process 1 there is no reaper.
type namespace struct{}

func (namespace) Name() string { return "namespace" }

func (namespace) tries() int { return 1 }

func (namespace) prepare(l *launch) error {
	// The largest id is the namespace's own affair since Linux 6.14.
	switch {
	case l.cmd.PID < 1 || l.cmd.PID >= maxLimit:
		return outOfRange(l.cmd.PID)
	case l.cmd.PID == 1:
		return nil
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return &SetupError{Op: "make a pipe", Err: err}
	}
	l.reports = fds[0]
	l.pass(os.NewFile(uintptr(fds[1]), "reports"))
	return nil
}

// needsUserNamespace tells whether this process may not make the others
// without one. What counts is what the starting program can do after its exec.
func needsUserNamespace() bool {
	const needed = 1 << unix.CAP_SYS_ADMIN
	c := ownCapabilities()
	return c.ambient&needed == 0 && (os.Geteuid() != 0 || c.effective&needed == 0)
}

func (n namespace) compose(b *builder) *script.Step {
	unshare := b.Call(unix.SYS_UNSHARE, unix.CLONE_NEWNS|unix.CLONE_NEWPID)
	fork := b.fork()
	b.orTell(unshare, tagUnshare)
	told := b.tell(fork, tagInit, b.quit)
	fork.When(0, n.init(b)).Fail(told).Next(told)
	unshare.Next(fork)
	if needsUserNamespace() {
		return n.newUser(b, unshare)
	}
	return unshare
}

// newUser makes the user namespace first.
func (namespace) newUser(b *builder, then *script.Step) *script.Step {
	unshare := b.Call(unix.SYS_UNSHARE, unix.CLONE_NEWUSER)
	told := b.tell(unshare, tagUser, b.ask().When(replyGo, then))
	return unshare.Fail(told).Next(told)
}

// mapUser maps the user and the group of a process in a new user namespace
// onto themselves (user_namespaces(7)).
func mapUser(pid int) error {
	for _, m := range []struct{ file, text string }{
		{"setgroups", "deny"}, // without this an ordinary user cannot map groups
		{"gid_map", fmt.Sprintf("%d %d 1\n", os.Getegid(), os.Getegid())},
		{"uid_map", fmt.Sprintf("%d %d 1\n", os.Geteuid(), os.Geteuid())},
	} {
		path := fmt.Sprintf("/proc/%d/%s", pid, m.file)
		if err := os.WriteFile(path, []byte(m.text), 0); err != nil {
			return &PermissionError{Op: "map the own user in a user namespace", Why: restriction(err), Err: cause(err),
				Fix: "run pidsim as root, or use --backend ptrace"}
		}
	}
	return nil
}

// init is what process 1 does.
func (n namespace) init(b *builder) *script.Step {
	propagate := b.Call(unix.SYS_MOUNT, b.String("none"), b.String("/"), 0, unix.MS_REC|unix.MS_SLAVE, 0)
	proc := b.Call(unix.SYS_MOUNT, b.String("proc"), b.String("/proc"), b.String("proc"), unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, 0)
	b.orTell(propagate, tagPropagate)
	b.orTell(proc, tagProc)
	if b.cmd.PID == 1 {
		return script.Chain(propagate, proc, b.program(true))
	}
	fork := b.forkAs(b.cmd.PID, 0)
	b.orTell(fork, tagFork)
	fork.When(0, b.program(false))
	return script.Chain(b.dieWithParent(), propagate, proc, fork, n.reap(b))
}

// reap is what the reaper does from then on: it lets go of everything but the
// pipe, and reports every change of a child until it has none.
func (namespace) reap(b *builder) *script.Step {
	report := b.Words(0, 0) // the id and the status
	wait := b.Call(unix.SYS_WAIT4, ^uint64(0), report+8, unix.WUNTRACED|unix.WCONTINUED|unix.WALL, 0)
	wait.Keep(report).Fail(b.quit)
	write := b.Call(unix.SYS_WRITE, 0, report, messageSize).Fail(b.quit)
	return script.Chain(
		b.Call(unix.SYS_PRCTL, unix.PR_SET_NAME, b.String("pidsim-init")),
		b.Call(unix.SYS_CLOSE, b.control),
		b.Call(unix.SYS_DUP3, b.passed[0], 0, 0),
		b.Call(unix.SYS_CLOSE_RANGE, 1, ^uint64(0)>>32, 0), // before Linux 5.9 files stay open
		b.Call(unix.SYS_CHDIR, b.String("/")),
		wait, write, wait,
	)
}

func (n namespace) explain(pid int, at tag, errno unix.Errno) error {
	switch at {
	case tagUser, tagUnshare:
		return n.refused(at, errno)
	case tagProc:
		return &PermissionError{Op: "mount /proc in the namespace", Why: procRefused(errno), Err: errno,
			Fix: "run pidsim outside of the container, or use --backend ptrace"}
	case tagFork:
		switch errno {
		case unix.EINVAL:
			return outOfRange(pid)
		case unix.ENOSYS, unix.E2BIG:
			return noSetTID(n.Name(), errno)
		}
	case tagPropagate:
		return &SetupError{Op: "separate the mounts of the namespace", Err: errno}
	}
	return cannotFork(errno)
}

// refused says why there is no new namespace.
func (n namespace) refused(at tag, errno unix.Errno) error {
	what, limit := "pid and mount namespaces", "max_pid_namespaces"
	if at == tagUser {
		what, limit = "a user namespace", "max_user_namespaces"
	}
	switch errno {
	case unix.EINVAL, unix.ENOSYS:
		return &AbsentError{Mechanism: n.Name(), Why: "the kernel is built without " + what, Err: errno, Fix: "use --backend ptrace"}
	case unix.ENOSPC, unix.EUSERS:
		return &PermissionError{Op: "make " + what, Err: errno,
			Why: "the limit user." + limit + " is " + or(readLine("/proc/sys/user/"+limit), "reached"),
			Fix: "raise it as root (sysctl), or use --backend ptrace"}
	case unix.EPERM, unix.EACCES:
		return &PermissionError{Op: "make " + what, Why: restriction(errno), Err: errno,
			Fix: "run pidsim as root, or use --backend ptrace"}
	}
	return &SetupError{Op: "make " + what, Err: errno}
}

// restriction measures what may forbid namespaces to an ordinary user.
func restriction(err error) string {
	switch {
	case readLine("/proc/sys/kernel/unprivileged_userns_clone") == "0":
		return "kernel.unprivileged_userns_clone is 0"
	case readLine("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
		return "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)"
	case statusField("Seccomp") == "2":
		return "a seccomp filter, as in a container, forbids it"
	}
	return cause(err).Error() + "; a security policy forbids it, or this is in a chroot or under pidsim already"
}

// procRefused explains the failure to mount proc.
func procRefused(errno unix.Errno) string {
	if errno == unix.EPERM {
		return "parts of the present /proc are covered or read-only, as in a container, and a new one would uncover them"
	}
	return errno.Error()
}
