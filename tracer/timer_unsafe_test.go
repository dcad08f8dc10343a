package tracer

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// makeTimer makes a timer that notifies nobody (timer_create(2)).
func makeTimer() error {
	const sigevNone = 1
	var event struct {
		value         uintptr
		signo, notify int32
		pad           [48]byte
	}
	event.notify = sigevNone
	var id int32
	_, _, errno := syscall.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id)))
	if errno != 0 {
		return errno
	}
	return nil
}
