package abi

// i386Calls are those that only i386 has, or that order their arguments
// differently there, and that no other table claims.
func i386Calls() table {
	return table{
		{"break", no, 17, pass},
		{"oldfstat", no, 28, pass},
		{"stty", no, 31, pass},
		{"gtty", no, 32, pass},
		{"prof", no, 44, pass},
		{"signal", no, 48, pass},
		{"lock", no, 53, pass},
		{"mpx", no, 56, pass},
		{"ulimit", no, 58, pass},
		{"oldolduname", no, 59, pass},
		{"sigaction", no, 67, pass},
		{"sgetmask", no, 68, pass},
		{"ssetmask", no, 69, pass},
		{"sigsuspend", no, 72, pass},
		{"sigpending", no, 73, pass},
		{"profil", no, 98, pass},
		{"socketcall", no, 102, translate().always().by(SocketCall).lazily(LazyNetlink).before(hiddenSocketcalls()).creds(SocketCall, credSocketcalls()).partial("see the calls that it stands for: " + scmNote)},
		{"olduname", no, 109, pass},
		{"idle", no, 112, pass},
		{"vm86old", no, 113, pass},
		{"sigreturn", no, 119, pass},
		{"sigprocmask", no, 126, pass},
		{"bdflush", no, 134, pass},
		{"_llseek", no, 140, reread(eq(1, 0), eq(2, 0), eq(4, 0))},
		{"vm86", no, 166, pass},
		{"ftruncate64", no, 194, pass},
		{"fstat64", no, 197, pass},
		{"fchown32", no, 207, pass},
		{"sendfile64", no, 239, pass},
		{"fstatfs64", no, 269, fstatfsRow()},
		{"fadvise64_64", no, 272, pass},
		// The kernel tells the supervisor only about the 64-bit list.
		{"set_robust_list", no, 311, observe(RobustList)},
		{"fanotify_mark", no, 339, paths(atDir(4, 5))},
	}
}
