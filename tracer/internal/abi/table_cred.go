package abi

// Options of prctl(2) that carry ids or endanger their translation.
const (
	PR_GET_DUMPABLE = 3
	PR_SET_DUMPABLE = 4
	PR_SET_SECCOMP  = 22
	PR_SCHED_CORE   = 62
	PR_SET_PTRACER  = 0x59616d61

	// The supervisor's filter may have taken new privileges away; programs
	// are told of what they have asked for themselves.
	PR_SET_NO_NEW_PRIVS = 38
	PR_GET_NO_NEW_PRIVS = 39
)

// Options of prctl(2) about credentials.
const (
	PR_GET_KEEPCAPS   = 7
	PR_SET_KEEPCAPS   = 8
	PR_CAPBSET_READ   = 23
	PR_CAPBSET_DROP   = 24
	PR_GET_SECUREBITS = 27
	PR_SET_SECUREBITS = 28
	PR_CAP_AMBIENT    = 47
)

// prSetPtracerAny allows every process to trace the caller.
const prSetPtracerAny = 0xffffffff

// credCalls read and set credentials and other attributes of the caller.
func credCalls() table {
	return table{
		{"getuid", 102, 24, credential(Getuid)},
		{"getgid", 104, 47, credential(Getgid)},
		{"setuid", 105, 23, credential(Setuid)},
		{"setgid", 106, 46, credential(Setgid)},
		{"geteuid", 107, 49, credential(Geteuid)},
		{"getegid", 108, 50, credential(Getegid)},
		{"setreuid", 113, 70, credential(Setreuid)},
		{"setregid", 114, 71, credential(Setregid)},
		{"getgroups", 115, 80, credential(Getgroups)},
		{"setgroups", 116, 81, credential(Setgroups)},
		{"setresuid", 117, 164, credential(Setresuid)},
		{"getresuid", 118, 165, credential(Getresuid)},
		{"setresgid", 119, 170, credential(Setresgid)},
		{"getresgid", 120, 171, credential(Getresgid)},
		{"setfsuid", 122, 138, credential(Setfsuid)},
		{"setfsgid", 123, 139, credential(Setfsgid)},
		{"capget", 125, 184, translate(inmem(0, TID, both(4), both(8))).creds(Capget, Always)},
		{"capset", 126, 185, translate(inmem(0, TID, both(4), both(8))).creds(Capset, Always)},
		{"personality", 135, 136, pass},
		{"modify_ldt", 154, 123, pass},
		{"prctl", 157, 172, translate(
			reg(1, TGID).when(allOf(eq(0, PR_SET_PTRACER), ne(1, prSetPtracerAny))),
			// Whatever scope argument 3 names, the id is that of a task.
			reg(2, TID).when(eq(0, PR_SCHED_CORE)),
		).with(Dumpable, eq(0, PR_GET_DUMPABLE, PR_SET_DUMPABLE)).
			with(Filter, eq(0, PR_SET_SECCOMP)).
			with(NoNewPrivs, eq(0, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS)).
			creds(PrctlCreds, eq(0, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP,
				PR_GET_SECUREBITS, PR_SET_SECUREBITS, PR_CAP_AMBIENT))},
		{"arch_prctl", 158, 384, pass},
		{"iopl", 172, 110, pass},
		{"ioperm", 173, 101, pass},
		{"set_thread_area", 205, 243, pass},
		{"get_thread_area", 211, 244, pass},
		{"add_key", 248, 286, pass},
		{"request_key", 249, 287, pass},
		{"keyctl", 250, 288, pass},
		{"getuid32", no, 199, credential(Getuid)},
		{"getgid32", no, 200, credential(Getgid)},
		{"geteuid32", no, 201, credential(Geteuid)},
		{"getegid32", no, 202, credential(Getegid)},
		{"setreuid32", no, 203, credential(Setreuid)},
		{"setregid32", no, 204, credential(Setregid)},
		{"getgroups32", no, 205, credential(Getgroups)},
		{"setgroups32", no, 206, credential(Setgroups)},
		{"setresuid32", no, 208, credential(Setresuid)},
		{"getresuid32", no, 209, credential(Getresuid)},
		{"setresgid32", no, 210, credential(Setresgid)},
		{"getresgid32", no, 211, credential(Getresgid)},
		{"setuid32", no, 213, credential(Setuid)},
		{"setgid32", no, 214, credential(Setgid)},
		{"setfsuid32", no, 215, credential(Setfsuid)},
		{"setfsgid32", no, 216, credential(Setfsgid)},
	}
}
