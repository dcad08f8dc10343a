package abi

// leastRecord is the size of struct fanotify_event_metadata, the smallest record
// with an id that can be read from a descriptor.
const leastRecord = 24

// signalCalls send and receive signals. Signals that interrupt a program are
// translated at their delivery, which is not a call.
func signalCalls() table {
	return table{
		{"read", 0, 3, translate().on(ge(2, leastRecord)).by(ReadRecords).lazily(LazyRecords).
			partial("of files that were not opened in the tree, and of /dev/fuse when another process has opened it, ids are real; " +
				"so are those in the text of a message queue that is not opened by a path with mqueue/ in it")},
		{"rt_sigaction", 13, 174, pass},
		{"rt_sigprocmask", 14, 175, pass},
		{"rt_sigreturn", 15, 173, pass},
		{"readv", 19, 145, translate().always().by(ReadRecords).lazily(LazyRecords).
			partial("see read")},
		{"pause", 34, 29, pass},
		{"getitimer", 36, 105, pass},
		{"alarm", 37, 27, pass},
		{"setitimer", 38, 104, pass},
		{"kill", 62, 37, translate(reg(0, PIDOrGroup)).always().by(Kill)},
		{"rt_sigpending", 127, 176, pass},
		{"rt_sigtimedwait", 128, 177, translate().on(pointer(1)).by(Sigtimedwait)},
		{"rt_sigqueueinfo", 129, 178, translate(reg(0, TID)).always().by(Sigqueueinfo)},
		{"rt_sigsuspend", 130, 179, pass},
		{"sigaltstack", 131, 186, pass},
		{"tkill", 200, 238, translate(reg(0, TID)).by(TaskSignal)},
		{"tgkill", 234, 270, translate(reg(0, TGID), reg(1, TID)).by(TaskSignal)},
		{"signalfd", 282, 321, observe(RecordSource)},
		{"signalfd4", 289, 327, observe(RecordSource)},
		{"rt_tgsigqueueinfo", 297, 335, translate(reg(0, TGID), reg(1, TID)).always().by(Sigqueueinfo)},
		{"preadv2", 327, 378, translate().on(eq(3, readAtPosition)).by(ReadRecords).lazily(LazyRecords).
			partial("see read")},
		{"pidfd_send_signal", 424, 424, translate().on(pointer(2)).by(Sigqueueinfo)},
		{"rt_sigtimedwait_time64", no, 421, translate().on(pointer(1)).by(Sigtimedwait)},
	}
}
