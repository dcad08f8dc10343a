package main

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelSigaction is struct sigaction of rt_sigaction(2) on x86-64, which
// differs from that of the C library.
type kernelSigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

const (
	sigDefault = 0 // SIG_DFL
	sigIgnore  = 1 // SIG_IGN
)

// setDefault gives sig its default action. The os/signal package cannot: the
// Go runtime keeps handlers of its own, and its idea of dying of SIGQUIT or
// SIGABRT is to print every goroutine's stack.
func setDefault(sig syscall.Signal) { setAction(sig, kernelSigaction{handler: sigDefault}) }

// ignored tells whether sig is ignored by this process, as far as the Go
// runtime has left alone what the caller of pidsim chose.
func ignored(sig syscall.Signal) bool { return action(sig).handler == sigIgnore }

// action reads what is done about a signal. Only a bad number fails.
func action(sig syscall.Signal) (act kernelSigaction) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&act)), unsafe.Sizeof(act.mask), 0, 0)
	return act
}

// setAction changes it.
func setAction(sig syscall.Signal, act kernelSigaction) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&act)), 0, unsafe.Sizeof(act.mask), 0, 0)
}
