package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Resource limits hold for each process by itself. The program gets those of
// pidsim's caller; pidsim, which works for all processes of the run, would reach
// them sooner than any of those.

// ownLimits are the limits that pidsim is to be spared: a time that the whole
// run takes, or a memory or a file of copies that its size needs. The Go runtime
// sees to open files itself.
var ownLimits = [...]int{
	unix.RLIMIT_CPU, unix.RLIMIT_FSIZE, unix.RLIMIT_AS, unix.RLIMIT_DATA, unix.RLIMIT_NPROC, unix.RLIMIT_RTTIME,
}

// liftLimits raises the limits of this process as far as it may. It must run
// after the program has inherited them.
func liftLimits() {
	for _, r := range ownLimits {
		var l unix.Rlimit
		if unix.Getrlimit(r, &l) != nil || l.Cur == unix.RLIM_INFINITY {
			continue
		}
		if unix.Setrlimit(r, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}) != nil {
			l.Cur = l.Max
			_ = unix.Setrlimit(r, &l)
		}
	}
}

// aboutLimit tells whether a signal says that pidsim has reached a limit of its
// own: that of its processor time comes from the kernel, and that of the size of
// a file from who writes.
func aboutLimit(sig syscall.Signal) bool {
	code, pid := sentBy(sig)
	switch sig {
	case unix.SIGXCPU:
		return code == siKernel
	case unix.SIGXFSZ:
		return code == siUser && pid == unix.Getpid()
	}
	return false
}
