// Package ptrace is the only place where pidsim speaks ptrace(2), wait4(2)
// and process_vm_readv(2).
//
// Every function that acts on a tracee must be called from the operating
// system thread that seized it. ESRCH from any request means that the tracee
// is gone (it was killed) and comes back as [ErrGone]; a caller forgets the
// tracee and expects its end from Wait, it never treats it as a failure.
//
// The package keeps no state and knows nothing of ids or system calls.
package ptrace
