package tracer

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { roles["clone-taken"] = cloneTaken }

// A creation that fails for the lack of an id leaves no pidfd behind.
func TestAbortedPidfd(t *testing.T) {
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

// takenWords are what the calls read and write; they stay where they are.
var takenWords struct{ own, pidfd int32 }

// cloneTaken asks for a child that has the caller's own id, in both ways.
func cloneTaken([]string) error {
	before, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	runtime.LockOSThread() // setforkpid is for one thread
	takenWords.own = int32(os.Getpid())
	args := [11]uint64{
		0: unix.CLONE_PIDFD, 1: uint64(uintptr(unsafe.Pointer(&takenWords.pidfd))), 4: uint64(unix.SIGCHLD),
		8: uint64(uintptr(unsafe.Pointer(&takenWords.own))), 9: 1,
	}
	if errno := raw(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args), 0); errno != unix.EEXIST {
		return fmt.Errorf("clone3: %v", errno)
	}
	if errno := raw(391, uintptr(takenWords.own), 0, 0); errno != 0 { // setforkpid
		return fmt.Errorf("setforkpid: %v", errno)
	}
	if errno := raw(unix.SYS_CLONE, unix.CLONE_PIDFD|uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&takenWords.pidfd))); errno != unix.EEXIST {
		return fmt.Errorf("clone: %v", errno)
	}
	after, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	if len(after) != len(before) {
		return fmt.Errorf("%d descriptors, %d before", len(after), len(before))
	}
	if _, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		return fmt.Errorf("wait4: %v, want no child", err)
	}
	return nil
}

// raw makes a call on the thread that it is on. What it creates ends at once.
func raw(nr, a, b, c uintptr) unix.Errno {
	r, _, errno := unix.RawSyscall6(nr, a, b, c, 0, 0, 0)
	if r == 0 && errno == 0 && nr != 391 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 1, 0, 0)
	}
	return errno
}
