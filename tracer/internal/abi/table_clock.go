package abi

// clockCalls read and set clocks and timers. A clock may be the CPU time of
// another process or thread.
func clockCalls() table {
	return table{
		{"nanosleep", 35, 162, pass},
		{"gettimeofday", 96, 78, pass},
		{"adjtimex", 159, 124, pass},
		{"settimeofday", 164, 79, pass},
		{"time", 201, 13, pass},
		{"restart_syscall", 219, 0, pass},
		{"timer_create", 222, 259, translate(reg(0, ClockID)).on(pointer(1)).by(TimerCreate)},
		{"timer_settime", 223, 260, pass},
		{"timer_gettime", 224, 261, pass},
		{"timer_getoverrun", 225, 262, pass},
		{"timer_delete", 226, 263, pass},
		{"clock_settime", 227, 264, translate(reg(0, ClockID))},
		{"clock_gettime", 228, 265, translate(reg(0, ClockID))},
		{"clock_getres", 229, 266, translate(reg(0, ClockID))},
		{"clock_nanosleep", 230, 267, translate(reg(0, ClockID))},
		{"timerfd_create", 283, 322, pass},
		{"timerfd_settime", 286, 325, pass},
		{"timerfd_gettime", 287, 326, pass},
		{"clock_adjtime", 305, 343, translate(reg(0, ClockID))},
		{"stime", no, 25, pass},
		{"ftime", no, 35, pass},
		{"clock_gettime64", no, 403, translate(reg(0, ClockID))},
		{"clock_settime64", no, 404, translate(reg(0, ClockID))},
		{"clock_adjtime64", no, 405, translate(reg(0, ClockID))},
		{"clock_getres_time64", no, 406, translate(reg(0, ClockID))},
		{"clock_nanosleep_time64", no, 407, translate(reg(0, ClockID))},
		{"timer_gettime64", no, 408, pass},
		{"timer_settime64", no, 409, pass},
		{"timerfd_gettime64", no, 410, pass},
		{"timerfd_settime64", no, 411, pass},
	}
}
