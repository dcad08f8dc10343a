package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// What the handler works with; see catch_amd64.s.
var (
	// senders has, for each signal, the sender of the last one: si_code in the
	// lower half, si_pid in the upper.
	senders [lastSignal + 1]uint64
	// handlerPipe is where it writes numbers to.
	handlerPipe int64 = -1
	// runtimeHandler is the Go runtime's own handler, which faults go to.
	runtimeHandler uintptr
	// handlerAction is how the handler is installed.
	handlerAction kernelSigaction
)

// handlerAddress is the address of the handler.
func handlerAddress() uintptr

// handlerWritesTo prepares the handler, whose former pipe ends. It differs from
// that of the Go runtime, of which SIGURG always is one, by nothing but its
// code: it runs on the stack for signals, with all blocked, and calls that it
// interrupts go on.
func handlerWritesTo(pipe int) {
	former := handlerPipe
	handlerPipe = int64(pipe)
	if former >= 0 {
		unix.Close(int(former))
	}
	if runtimeHandler == 0 {
		handlerAction = action(unix.SIGURG)
		runtimeHandler, handlerAction.handler = handlerAction.handler, handlerAddress()
	}
}

// handle installs the handler.
func handle(sig syscall.Signal) { setAction(sig, handlerAction) }
