package procfs

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// oldGetdents is getdents(2), which x/sys/unix has no function for.
func oldGetdents(fd int, buf []byte) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_GETDENTS, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
