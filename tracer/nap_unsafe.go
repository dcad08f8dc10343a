package tracer

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A nap is a sleep that can be ended early. Timers of package time would do, but
// the Go runtime opens two descriptors for the first one, and dies if a limit
// leaves no room for them.
type nap struct{ ends atomic.Uint32 }

const (
	futexWait = 0 | 128 // FUTEX_WAIT_PRIVATE (futex(2))
	futexWake = 1 | 128
)

// take sleeps for d, or until the next end. Of ends since count was read it does
// not sleep at all.
func (n *nap) take(count uint32, d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&n.ends)), futexWait, uintptr(count), uintptr(unsafe.Pointer(&ts)), 0, 0)
}

func (n *nap) end() {
	n.ends.Add(1)
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&n.ends)), futexWake, 1, 0, 0, 0)
}
