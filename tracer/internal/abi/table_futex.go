package abi

// futexCommand is the part of futex(2)'s operation that is not a flag.
const futexCommand = 0x7f

// The operations of futex(2) whose word holds thread ids.
const (
	FUTEX_LOCK_PI         = 6
	FUTEX_UNLOCK_PI       = 7
	FUTEX_TRYLOCK_PI      = 8
	FUTEX_WAIT_REQUEUE_PI = 11
	FUTEX_CMP_REQUEUE_PI  = 12
	FUTEX_LOCK_PI2        = 13
)

// piOperation holds for the operations above. The kernel and the C library
// both write ids into the word, the kernel also while its waiters sleep, so
// that no translation at the call can keep the two apart.
func piOperation() Cond {
	return masked(1, futexCommand,
		FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI,
		FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI, FUTEX_LOCK_PI2)
}

const piNote = "priority-inheriting operations fail with ENOSYS, as on a kernel built without them; C libraries then offer no PTHREAD_PRIO_INHERIT"

// futexCalls wait for and wake threads. Words of other operations are opaque to
// the kernel.
func futexCalls() table {
	return table{
		{"futex", 202, 240, refuseWhen(piOperation(), ENOSYS, piNote)},
		{"set_robust_list", 273, no, pass},
		{"get_robust_list", 274, 312, translate(taskOrCaller(0))},
		{"membarrier", 324, 375, pass},
		{"rseq", 334, 386, pass},
		{"futex_waitv", 449, 449, pass},
		{"futex_wake", 454, 454, pass},
		{"futex_wait", 455, 455, pass},
		{"futex_requeue", 456, 456, pass},
		{"rseq_slice_yield", 471, 471, pass},
		{"futex_time64", no, 422, refuseWhen(piOperation(), ENOSYS, piNote)},
	}
}
