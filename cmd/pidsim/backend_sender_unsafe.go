package main

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// senders has, for each signal, the sender of the last one: si_code in the
// lower half, si_pid in the upper. Written by signal handlers.
var senders [lastSignal + 1]uint64

// runtimeHandler is the Go runtime's own handler.
var runtimeHandler uintptr

// recorder is the address of the handler that notes senders.
func recorder() uintptr

// recordSenders puts that handler before the Go runtime's for every signal
// that the runtime handles by now. Package os/signal does not tell who sent a
// signal.
func recordSenders() {
	for sig := syscall.Signal(1); sig <= lastSignal; sig++ {
		var act kernelSigaction
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&act)), unsafe.Sizeof(act.mask), 0, 0)
		if errno != 0 || act.handler == sigDefault || act.handler == sigIgnore || act.handler == recorder() {
			continue
		}
		if runtimeHandler == 0 {
			runtimeHandler = act.handler
		}
		if act.handler != runtimeHandler {
			continue // not the runtime's
		}
		act.handler = recorder()
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&act)), 0, unsafe.Sizeof(act.mask), 0, 0)
	}
}
