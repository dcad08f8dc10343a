package bench

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// getSubreaper asks whether this process adopts orphans.
func getSubreaper(on *int32) error {
	return unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(on)), 0, 0, 0)
}
