package abi

// The first argument of waitid(2).
const (
	P_PID  = 1
	P_PGID = 2
)

// siPID is where siginfo_t has si_pid.
var siPID = each(16, 12)

// otherGroup holds for a wait for a process group other than the caller's: one
// that the root leads has the root's number.
func otherGroup() Cond {
	return allOf(ge(0, 1<<31), ne(0, 0xffffffff))
}

// waitCalls collect children. All of them stop, because the space wants to
// learn that a number is free, except in the host space as long as every child
// has its real number; there the kernel can be asked.
func waitCalls() table {
	return table{
		{"wait4", 61, 114, translate(reg(0, PIDOrGroup), result(TGID)).by(Wait4).quiet(otherGroup())},
		{"waitid", 247, 284, translate(
			reg(1, TGID).when(eq(0, P_PID)),
			reg(1, PGID).when(eq(0, P_PGID)),
			outmem(2, TGID, siPID),
		).always().by(Waitid).quiet(allOf(eq(0, P_PGID), ne(1, 0)))},
		{"waitpid", no, 7, translate(reg(0, PIDOrGroup), result(TGID)).by(Wait4).quiet(otherGroup())},
	}
}
