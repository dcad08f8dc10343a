package main

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

// end ends pidsim the way st says. It does not return.
//
// A program that died of a signal makes pidsim die of the same one, so that a
// shell reports the death (and stops its own loop on an interrupt) as it
// would without pidsim.
func end(st tracer.Status) {
	if st.Signal != 0 {
		dieOf(syscall.Signal(st.Signal))
	}
	os.Exit(shellStatus(st))
}

// shellStatus is st in the encoding of the shell: 128 more than the signal
// for a death by signal.
func shellStatus(st tracer.Status) int {
	if st.Signal != 0 {
		return 128 + st.Signal
	}
	return st.Code
}

// dieOf tries to kill this process with sig. It returns when the kernel does
// not let it, as for the first process of a pid namespace.
func dieOf(sig syscall.Signal) {
	runtime.LockOSThread() // the mask and the signal are this thread's
	// The program's core file, if it left one, is the interesting one. The
	// limit does not stop a core handler in kernel.core_pattern; the other
	// does.
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if sig != unix.SIGKILL && sig != unix.SIGSTOP {
		setDefault(sig)
		unblock(sig)
	}
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
}

// unblock removes sig from the signal mask of the calling thread.
func unblock(sig syscall.Signal) {
	var set unix.Sigset_t
	bit := uint(sig) - 1
	set.Val[bit/64] |= 1 << (bit % 64)
	_ = unix.PthreadSigmask(unix.SIG_UNBLOCK, &set, nil)
}
