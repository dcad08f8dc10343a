package main

import (
	"sync/atomic"
	"syscall"
)

// A signal that the program sends to its process group reaches pidsim as well
// when that group is the inherited one, since pidsim is in it. The ptrace
// backend leaves pidsim out; the kernel does not, and so pidsim must not pass
// on what the program has got already.

// sender is the process that sent the last signal of a number, or 0 if it was
// not sent by kill(2) or its relatives.
func sender(sig syscall.Signal) int {
	const siUser, siQueue, siTkill = 0, -1, -6
	s := atomic.LoadUint64(&senders[sig])
	switch int32(s) {
	case siUser, siQueue, siTkill:
		return int(s >> 32)
	}
	return 0
}
