package main

import (
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Signals about pidsim's own limits are told from those that somebody sends.
func TestAboutLimit(t *testing.T) {
	self := unix.Getpid()
	for _, tt := range []struct {
		sig  syscall.Signal
		code int32
		pid  int
		want bool
	}{
		{unix.SIGXCPU, siKernel, 0, true},
		{unix.SIGXCPU, siUser, self + 1, false},
		{unix.SIGXCPU, siUser, 0, false}, // from outside of the pid namespace
		{unix.SIGXFSZ, siUser, self, true},
		{unix.SIGXFSZ, siUser, self + 1, false},
		{unix.SIGTERM, siUser, self, false},
		{unix.SIGHUP, siKernel, 0, false}, // of a terminal
	} {
		old := atomic.SwapUint64(&senders[tt.sig], uint64(tt.pid)<<32|uint64(uint32(tt.code)))
		if got := aboutLimit(tt.sig); got != tt.want {
			t.Errorf("%v, code %d, from %d: %v", tt.sig, tt.code, tt.pid, got)
		}
		atomic.StoreUint64(&senders[tt.sig], old)
	}
}
