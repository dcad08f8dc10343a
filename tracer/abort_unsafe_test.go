package tracer

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

func init() {
	roles["clone-taken"] = cloneTaken
	roles["clone-all"] = cloneAll
}

// setforkpidNumber is the number of setforkpid in both interfaces.
const setforkpidNumber = 391

// cloneWords are what the calls read and write; they stay where they are.
var cloneWords struct{ own, pidfd int32 }

// A creation that asks for an id in use fails as if nothing had been created.
func TestTakenID(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			c := act(t, 77001, "clone-taken")
			c.Space, c.NoSeccomp = s.space, s.noSeccomp
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// A creation that fails for the lack of ids leaves no pidfd behind.
func TestExhaustedPidfd(t *testing.T) {
	for _, stepping := range []bool{false, true} {
		c := act(t, 400, "clone-all")
		c.Space, c.NoSeccomp, c.PIDMax, c.KillOnExit = pidspace.Private, stepping, 440, true
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("stepping %v: %v\n%s", stepping, err, out)
		}
	}
}

// cloneTaken asks for a child that has the caller's own id, in every way.
func cloneTaken([]string) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, unix.SIGCHLD, unix.SIGWINCH)
	runtime.LockOSThread() // setforkpid is for one thread
	cloneWords.own, cloneWords.pidfd = int32(os.Getpid()), -1
	if _, errno := cloneWithPidfd(true); errno != unix.EEXIST {
		return fmt.Errorf("clone3: %v", errno)
	}
	for _, way := range []func() unix.Errno{
		func() unix.Errno { return create(unix.SYS_FORK, 0) },
		func() unix.Errno { return create(unix.SYS_CLONE, uintptr(unix.SIGCHLD)) },
		func() unix.Errno { _, errno := cloneWithPidfd(false); return errno },
	} {
		if _, _, errno := unix.RawSyscall(setforkpidNumber, uintptr(cloneWords.own), 0, 0); errno != 0 {
			return fmt.Errorf("setforkpid: %v", errno)
		}
		if errno := way(); errno != unix.EEXIST {
			return fmt.Errorf("after setforkpid: %v", errno)
		}
	}
	if cloneWords.pidfd != -1 {
		return fmt.Errorf("pidfd %d", cloneWords.pidfd)
	}
	if _, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		return fmt.Errorf("wait4: %v, want no child", err)
	}
	if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
		return err
	}
	if got := <-signals; got != unix.SIGWINCH { // SIGCHLD would come first
		return fmt.Errorf("signal %v", got)
	}
	return nil
}

// cloneAll creates children until there is no id left.
func cloneAll([]string) error {
	before, err := descriptors()
	if err != nil {
		return err
	}
	var children []int
	defer func() {
		for _, pid := range children {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}()
	for {
		pid, errno := cloneWithPidfd(false)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 || len(children) > 440 {
			return fmt.Errorf("clone3 after %d children: %v", len(children), errno)
		}
		children = append(children, pid)
	}
	for range 3 {
		if _, errno := cloneWithPidfd(false); errno != unix.EAGAIN {
			return fmt.Errorf("clone3 once more: %v", errno)
		}
	}
	after, err := descriptors()
	if err == nil && after != before+len(children) {
		err = fmt.Errorf("%d descriptors after %d children, %d before", after, len(children), before)
	}
	return err
}

func descriptors() (int, error) {
	open, err := os.ReadDir("/proc/self/fd")
	return len(open), err
}

// cloneWithPidfd creates a child with a pidfd, with the caller's own id or any.
func cloneWithPidfd(own bool) (int, unix.Errno) {
	args := [clone3KnownSize / 8]uint64{
		clone3Flags / 8:  unix.CLONE_PIDFD,
		clone3Pidfd / 8:  uint64(uintptr(unsafe.Pointer(&cloneWords.pidfd))),
		clone3Signal / 8: uint64(unix.SIGCHLD),
	}
	if own {
		args[clone3SetTID/8], args[clone3SetSize/8] = uint64(uintptr(unsafe.Pointer(&cloneWords.own))), 1
	}
	pid, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0)
	idle(pid, errno)
	return int(pid), errno
}

func create(nr, flags uintptr) unix.Errno {
	pid, _, errno := unix.RawSyscall6(nr, flags, 0, 0, 0, 0, 0)
	idle(pid, errno)
	return errno
}

// idle is what a child does: it waits for its end.
func idle(pid uintptr, errno unix.Errno) {
	for pid == 0 && errno == 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_PAUSE, 0, 0, 0)
	}
}
