package bench

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// getSubreaper asks whether this process adopts orphans.
func getSubreaper(on *int32) error {
	// Not by unix.Prctl: that takes a number, which is wrong once the stack has
	// moved.
	_, _, errno := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(on)), 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
