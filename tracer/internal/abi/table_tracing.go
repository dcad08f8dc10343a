package abi

// Arguments of seccomp(2).
const (
	SECCOMP_SET_MODE_FILTER          = 1
	SECCOMP_FILTER_FLAG_TSYNC        = 1
	SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
)

// The command of bpf(2) that names a process or shows one.
const (
	BPF_OBJ_GET_INFO_BY_FD = 15
	BPF_TASK_FD_QUERY      = 20
	BPF_LINK_CREATE        = 28
)

// PERF_FLAG_PID_CGROUP makes perf_event_open(2)'s pid a descriptor.
const PERF_FLAG_PID_CGROUP = 4

// tracingCalls observe programs from outside or below. They see the machine as
// it is, which is why most are incomplete.
func tracingCalls() table {
	return table{
		{"ptrace", 101, 26, refuse(EPERM, "a process has one tracer, and in the tree that is pidsim; debuggers and strace cannot work there, "+
			"nor can LeakSanitizer, which ASAN_OPTIONS=detect_leaks=0 turns off")},
		{"acct", 163, 51, paths(at(0)).partial("accounting records hold real ids").leak(Always)},
		{"lookup_dcookie", 212, 253, pass},
		{"perf_event_open", 298, 336, translate(
			reg(1, TID).when(allOf(between(1, 1, 0x80000000), noBits(4, PERF_FLAG_PID_CGROUP))),
		).partial("records in the ring buffer hold real ids").leak(Always)},
		{"fanotify_init", 300, 338, observe(RecordSource)},
		{"seccomp", 317, 354, translate(
			result(TID).when(allOf(eq(0, SECCOMP_SET_MODE_FILTER),
				bits(1, SECCOMP_FILTER_FLAG_TSYNC), noBits(1, SECCOMP_FILTER_FLAG_NEW_LISTENER))),
		).on(eq(0, SECCOMP_SET_MODE_FILTER)).by(Filter).
			partial("filters that compare ids of others than the caller's own see virtual and then real ones, and those with a listener only real ones")},
		{"bpf", 321, 357, translate().with(TaskQuery, eq(0, BPF_TASK_FD_QUERY)).
			partial("programs, and links that are for a process, use real ids").
			leak(eq(0, BPF_OBJ_GET_INFO_BY_FD, BPF_LINK_CREATE))},
		{"userfaultfd", 323, 374, observe(RecordSource)},
		{"uretprobe", 335, no, pass},
		{"uprobe", 336, no, pass},
		{"io_uring_setup", 425, 425, refuse(ENOSYS, ioUringNote)},
		{"io_uring_enter", 426, 426, refuse(ENOSYS, ioUringNote)},
		{"io_uring_register", 427, 427, refuse(ENOSYS, ioUringNote)},
		{"landlock_create_ruleset", 444, 444, pass},
		{"landlock_add_rule", 445, 445, pass},
		{"landlock_restrict_self", 446, 446, pass},
		{"lsm_get_self_attr", 459, 459, pass},
		{"lsm_set_self_attr", 460, 460, pass},
		{"lsm_list_modules", 461, 461, pass},
	}
}
