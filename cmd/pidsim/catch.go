package main

import (
	"encoding/binary"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Signals are caught by a handler of pidsim's own, which writes them to a pipe.
// Package os/signal would do, but takes the Go runtime two switches between
// threads for each signal, a millisecond for all of them at every start, and
// does not tell who sent one.

// lastSignal is the largest signal number, SIGRTMAX.
const lastSignal = 64

// kept are the signals that pidsim does not pass on: they tell pidsim about
// its own children, pipes and terminal, or belong to the Go runtime.
var kept = map[syscall.Signal]bool{
	unix.SIGCHLD: true,
	unix.SIGURG:  true,
	unix.SIGPROF: true,
	unix.SIGPIPE: true,
	unix.SIGTTIN: true,
	unix.SIGTTOU: true,
}

// ends are the signals that end a run before the program has started, and what
// it left once it has ended.
var ends = map[syscall.Signal]bool{
	unix.SIGINT:  true,
	unix.SIGQUIT: true,
	unix.SIGTERM: true,
	unix.SIGHUP:  true,
}

// catcher receives the signals sent to pidsim.
type catcher struct {
	pipe    int // what the handler writes
	ignored []syscall.Signal
}

// catchSignals starts to receive every signal that can be passed on, except
// those that the caller had ignored: a handler would turn into the default
// action in the program, where nohup(1) wants them ignored.
func catchSignals() (*catcher, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	handlerWritesTo(ends[1])
	c := &catcher{pipe: ends[0]}
	for sig := syscall.Signal(1); sig <= lastSignal; sig++ {
		switch {
		case sig == unix.SIGKILL, sig == unix.SIGSTOP, kept[sig]:
		case ignored(sig):
			c.ignored = append(c.ignored, sig)
		default:
			handle(sig)
		}
	}
	// A write to a broken standard error must not kill pidsim and, with it,
	// the program. Only the Go runtime is to think that the signal is ignored:
	// the program would inherit it from the kernel.
	signal.Ignore(unix.SIGPIPE)
	handle(unix.SIGPIPE)
	// Nobody here listens to it, and a handler would run at the end of every
	// process of the tree.
	setDefault(unix.SIGCHLD)
	return c, nil
}

// catchIgnored starts to receive the rest, after the program has inherited
// that they are ignored. It may have a handler of its own by now.
func (c *catcher) catchIgnored() {
	for _, sig := range c.ignored {
		handle(sig)
	}
}

// next reads a signal from the pipe; 0 means that there is none.
func next(read func([]byte) (int, error)) syscall.Signal {
	var b [4]byte // of one signal: what the handler writes is not split
	if n, err := read(b[:]); err != nil || n != len(b) {
		return 0
	}
	return syscall.Signal(binary.NativeEndian.Uint32(b[:]))
}

// deliver passes on what is caught, as long as there is the handler.
func (c *catcher) deliver(to chan<- syscall.Signal) {
	// What the caller of pidsim has blocked is blocked in every thread, as it
	// is in the program. One of pidsim's has to take it.
	var blocked unix.Sigset_t
	if unix.PthreadSigmask(unix.SIG_BLOCK, nil, &blocked) == nil && blocked != (unix.Sigset_t{}) {
		runtime.LockOSThread()
		_ = unix.PthreadSigmask(unix.SIG_UNBLOCK, &blocked, nil)
	}
	pipe := os.NewFile(uintptr(c.pipe), "signals")
	defer pipe.Close()
	for sig := next(pipe.Read); sig != 0; sig = next(pipe.Read) {
		if sig != unix.SIGPIPE {
			to <- sig
		}
	}
}

// fatal returns a signal that has come to end the run, or 0. A ^C during the
// start kills the process that is to become the program; that is no failure of
// pidsim.
func (c *catcher) fatal() syscall.Signal {
	now := func(b []byte) (int, error) { return unix.Read(c.pipe, b) }
	for {
		switch sig := next(now); {
		case sig == 0, ends[sig]:
			return sig
		}
	}
}

// sender is the process that sent the last signal of a number, or 0 if it was
// not sent by kill(2) or its relatives.
//
// A signal that the program sends to its process group reaches pidsim as well
// when that group is the inherited one, since pidsim is in it. The ptrace
// backend leaves pidsim out; the kernel does not, and so pidsim must not pass
// on what the program has got already.
func sender(sig syscall.Signal) int {
	switch code, pid := sentBy(sig); code {
	case siUser, siQueue, siTkill:
		return pid
	}
	return 0
}

// How a signal came about, of sigaction(2).
const (
	siUser   = 0
	siQueue  = -1
	siTkill  = -6
	siKernel = 0x80
)

// sentBy is what the last signal of a number said about that, and by whom.
func sentBy(sig syscall.Signal) (code int32, pid int) {
	s := atomic.LoadUint64(&senders[sig])
	return int32(s), int(s >> 32)
}
