package abi

// The first argument of waitid(2).
const (
	P_PID  = 1
	P_PGID = 2
)

// siPID is where siginfo_t has si_pid.
var siPID = each(16, 12)

// waitCalls collect children. All of them stop: the space must learn that a
// number is free, whatever the caller wanted to know.
var waitCalls = table{
	"wait4": {61, 114, translate(reg(0, PIDOrGroup), result(TGID)).by(Wait4)},
	"waitid": {247, 284, translate(
		reg(1, TGID).when(eq(0, P_PID)),
		reg(1, PGID).when(eq(0, P_PGID)),
		outmem(2, TGID, siPID),
	).always().by(Waitid)},
	"waitpid": {no, 7, translate(reg(0, PIDOrGroup), result(TGID)).by(Wait4)},
}
