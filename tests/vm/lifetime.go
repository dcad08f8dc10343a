package vm

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// attended runs a command that ends at the latest with this process, also if
// that is killed.
func attended(cmd *exec.Cmd) ([]byte, error) {
	// The kernel watches the thread that starts the command.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attributes(cmd).Pdeathsig = syscall.SIGKILL
	return cmd.CombinedOutput()
}

// attendedTree does so for a command with all that it starts: a pid namespace
// ends with its first process. Where there are no user namespaces an ordinary
// user gets only the command itself attended.
func attendedTree(cmd *exec.Cmd) ([]byte, error) {
	inNamespace := *cmd
	attr := attributes(&inNamespace)
	attr.Cloneflags = syscall.CLONE_NEWPID
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	}
	out, err := attended(&inNamespace)
	if inNamespace.Process == nil && os.Geteuid() != 0 {
		return attended(cmd)
	}
	return out, err
}

// attributes gives the attributes of a command of its own.
func attributes(cmd *exec.Cmd) *syscall.SysProcAttr {
	attr := new(syscall.SysProcAttr)
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	cmd.SysProcAttr = attr
	return attr
}
