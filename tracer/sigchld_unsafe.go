package tracer

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction (rt_sigaction(2)).
type sigaction struct {
	handler, flags, restorer, mask uint64
}

const saNoCldStop = 1

// quietSIGCHLD spares this process the SIGCHLD that the kernel sends it at
// every stop of a tracee: a quarter of the cost of a stop. Signals for the end
// of a child still come. The Go runtime's handler stays in place.
var quietSIGCHLD = sync.OnceFunc(func() {
	var sa sigaction
	if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&sa)), 8, 0, 0); e != 0 {
		return
	}
	sa.flags |= saNoCldStop
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&sa)), 0, 8, 0, 0)
})
