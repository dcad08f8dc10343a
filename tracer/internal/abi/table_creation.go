package abi

// Flags of clone(2), unshare(2) and setns(2).
const (
	CLONE_UNTRACED = 0x00800000
	CLONE_NEWPID   = 0x20000000
)

// creationCalls make, replace and end tasks. What clone, fork and vfork return
// is known from ptrace events, so that only a clone which would escape them
// needs a stop.
func creationCalls() table {
	return table{
		{"clone", 56, 120, translate().on(bits(0, CLONE_UNTRACED|CLONE_NEWPID)).by(Clone).
			partial("CLONE_NEWPID fails with EPERM: a nested pid namespace would number its processes itself; when it fails because no id " +
				"is left there is a SIGCHLD all the same, and another thread that waits may collect the process")},
		{"fork", 57, 2, translate().by(Clone)},
		{"vfork", 58, 190, translate().by(Clone)},
		{"execve", 59, 11, paths(at(0)).by(Exec).
			partial("a program started by a /proc path that holds an id sees the real one in AT_EXECFN")},
		{"exit", 60, 1, pass},
		{"exit_group", 231, 252, pass},
		{"unshare", 272, 310, refuseWhen(bits(0, CLONE_NEWPID), EPERM,
			"CLONE_NEWPID fails with EPERM, as in clone").by(RefuseNewPID)},
		{"setns", 308, 346, refuseWhen(anyOf(eq(1, 0), bits(1, CLONE_NEWPID)), EPERM,
			"entering another pid namespace fails with EPERM, as in clone").by(RefuseNewPID)},
		{"execveat", 322, 358, paths(atDir(0, 1)).by(Exec).
			partial("see execve")},
		{"setforkpid", 391, 391, answer(Setforkpid)},
		{"clone3", 435, 435, translate().always().by(Clone3).
			partial("CLONE_NEWPID fails with EPERM, as in clone")},
	}
}
