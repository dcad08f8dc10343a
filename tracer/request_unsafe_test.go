package tracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// cloneWith makes a clone(2) that must fail.
func cloneWith(flags uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_CLONE, flags, 0, 0, 0, 0, 0)
	return errno
}

// clone3With makes a clone3(2) that must fail.
func clone3With(flags uint64, size uintptr) unix.Errno {
	args := [clone3MinSize / 8]uint64{clone3Flags / 8: flags}
	_, _, errno := unix.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&args)), size, 0)
	return errno
}
