package abi

// identityCalls ask for, or change, who the caller is (pid_namespaces(7),
// credentials(7)).
func identityCalls() table {
	return table{
		{"getpid", 39, 20, answer(Getpid)},
		{"setpgid", 109, 57, translate(reg(0, TID), reg(1, PGID)).always().by(Setpgid)},
		{"getppid", 110, 64, translate(result(TGID)).by(Getppid)},
		{"getpgrp", 111, 65, answer(Getpgrp)},
		{"setsid", 112, 66, translate(result(SID)).by(Setsid)},
		{"getpgid", 121, 132, translate(taskOrCaller(0), result(PGID)).always().by(Getpgid)},
		{"getsid", 124, 147, translate(taskOrCaller(0), result(SID)).always().by(Getsid)},
		{"gettid", 186, 224, answer(Gettid)},
		{"set_tid_address", 218, 258, translate(result(TID).own())},
	}
}
