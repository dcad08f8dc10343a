package abi

// pollCalls wait for descriptors.
func pollCalls() table {
	return table{
		{"poll", 7, 168, pass},
		{"select", 23, 82, pass},
		{"epoll_create", 213, 254, pass},
		{"epoll_ctl_old", 214, no, pass},
		{"epoll_wait_old", 215, no, pass},
		{"epoll_wait", 232, 256, pass},
		{"epoll_ctl", 233, 255, pass},
		{"pselect6", 270, 308, pass},
		{"ppoll", 271, 309, pass},
		{"epoll_pwait", 281, 319, pass},
		{"eventfd", 284, 323, pass},
		{"eventfd2", 290, 328, pass},
		{"epoll_create1", 291, 329, pass},
		{"epoll_pwait2", 441, 441, pass},
		{"_newselect", no, 142, pass},
		{"pselect6_time64", no, 413, pass},
		{"ppoll_time64", no, 414, pass},
	}
}
