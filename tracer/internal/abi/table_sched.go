package abi

// The first argument of getpriority(2) and setpriority(2).
const (
	PRIO_PROCESS = 0
	PRIO_PGRP    = 1
)

// The first argument of ioprio_get(2) and ioprio_set(2).
const (
	IOPRIO_WHO_PROCESS = 1
	IOPRIO_WHO_PGRP    = 2
)

// schedCalls read or set what the scheduler, the memory policy and the
// resource limits of a task are. An id of 0 is the caller and needs no stop.
func schedCalls() table {
	return table{
		{"sched_yield", 24, 158, pass},
		{"getrlimit", 97, 76, pass},
		{"getrusage", 98, 77, pass},
		{"times", 100, 43, pass},
		{"getpriority", 140, 96, translate(
			taskOrCaller(1).when(eq(0, PRIO_PROCESS)),
			reg(1, PGID).when(eq(0, PRIO_PGRP)))},
		{"setpriority", 141, 97, translate(
			taskOrCaller(1).when(eq(0, PRIO_PROCESS)),
			reg(1, PGID).when(eq(0, PRIO_PGRP)))},
		{"sched_setparam", 142, 154, translate(taskOrCaller(0))},
		{"sched_getparam", 143, 155, translate(taskOrCaller(0))},
		{"sched_setscheduler", 144, 156, translate(taskOrCaller(0))},
		{"sched_getscheduler", 145, 157, translate(taskOrCaller(0))},
		{"sched_get_priority_max", 146, 159, pass},
		{"sched_get_priority_min", 147, 160, pass},
		{"sched_rr_get_interval", 148, 161, translate(taskOrCaller(0))},
		{"setrlimit", 160, 75, pass},
		{"sched_setaffinity", 203, 241, translate(taskOrCaller(0)).by(Setaffinity).always()},
		{"sched_getaffinity", 204, 242, translate(taskOrCaller(0)).by(Getaffinity).always()},
		{"mbind", 237, 274, pass},
		{"set_mempolicy", 238, 276, pass},
		{"get_mempolicy", 239, 275, pass},
		{"ioprio_set", 251, 289, translate(
			taskOrCaller(1).when(eq(0, IOPRIO_WHO_PROCESS)),
			reg(1, PGID).when(eq(0, IOPRIO_WHO_PGRP)))},
		{"ioprio_get", 252, 290, translate(
			taskOrCaller(1).when(eq(0, IOPRIO_WHO_PROCESS)),
			reg(1, PGID).when(eq(0, IOPRIO_WHO_PGRP)))},
		{"migrate_pages", 256, 294, translate(taskOrCaller(0))},
		{"move_pages", 279, 317, translate(taskOrCaller(0))},
		{"prlimit64", 302, 340, translate(taskOrCaller(0))},
		{"getcpu", 309, 318, pass},
		{"sched_setattr", 314, 351, translate(taskOrCaller(0)).on(pointer(1)).by(Setattr)},
		{"sched_getattr", 315, 352, translate(taskOrCaller(0))},
		{"set_mempolicy_home_node", 450, 450, pass},
		{"nice", no, 34, pass},
		{"ugetrlimit", no, 191, pass},
		{"sched_rr_get_interval_time64", no, 423, translate(taskOrCaller(0))},
	}
}
