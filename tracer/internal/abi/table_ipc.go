package abi

// Commands of msgctl(2), shmctl(2) and semctl(2) that show ids.
const (
	IPC_STAT     = 2
	MSG_STAT     = 11
	MSG_STAT_ANY = 13
	SHM_STAT     = 13
	SHM_STAT_ANY = 15
	GETPID       = 11
)

// IPC_64 asks i386's ipc(2) for structures with 32-bit ids.
const IPC_64 = 0x100

// ipcCall is the part of ipc(2)'s first argument that is not a version.
const ipcCall = 0xffff

// The calls behind ipc(2).
const (
	SEMCTL = 3
	MSGCTL = 14
	SHMCTL = 24
)

// Where struct msqid64_ds has msg_lspid and msg_lrpid, and struct shmid64_ds
// has shm_cpid and shm_lpid.
var (
	msgLspid = each(96, 72)
	msgLrpid = each(100, 76)
	shmCpid  = each(80, 64)
	shmLpid  = each(84, 68)
)

func msgStat() Cond { return eq(1, IPC_STAT, MSG_STAT, MSG_STAT_ANY) }
func shmStat() Cond { return eq(1, IPC_STAT, SHM_STAT, SHM_STAT_ANY) }

func ipcMsgStat() Cond {
	return allOf(masked(0, ipcCall, MSGCTL),
		eq(2, IPC_64|IPC_STAT, IPC_64|MSG_STAT, IPC_64|MSG_STAT_ANY))
}

func ipcShmStat() Cond {
	return allOf(masked(0, ipcCall, SHMCTL),
		eq(2, IPC_64|IPC_STAT, IPC_64|SHM_STAT, IPC_64|SHM_STAT_ANY))
}

func ipcGetpid() Cond { return allOf(masked(0, ipcCall, SEMCTL), eq(3, GETPID, IPC_64|GETPID)) }

// ipcOldStat asks for structures with 16-bit ids, into which most virtual ids
// do not fit.
func ipcOldStat() Cond {
	return anyOf(
		allOf(masked(0, ipcCall, MSGCTL), eq(2, IPC_STAT, MSG_STAT, MSG_STAT_ANY)),
		allOf(masked(0, ipcCall, SHMCTL), eq(2, IPC_STAT, SHM_STAT, SHM_STAT_ANY)))
}

// ipcCalls are System V and POSIX inter-process communication.
func ipcCalls() table {
	return table{
		{"shmget", 29, 395, pass},
		{"shmat", 30, 397, pass},
		{"shmctl", 31, 396, translate(
			outmem(2, TGID, shmCpid).when(shmStat()),
			outmem(2, TGID, shmLpid).when(shmStat()))},
		{"semget", 64, 393, pass},
		{"semop", 65, no, pass},
		{"semctl", 66, 394, translate(result(TGID).when(eq(2, GETPID)))},
		{"shmdt", 67, 398, pass},
		{"msgget", 68, 399, pass},
		{"msgsnd", 69, 400, pass},
		{"msgrcv", 70, 401, pass},
		{"msgctl", 71, 402, translate(
			outmem(2, TGID, msgLspid).when(msgStat()),
			outmem(2, TGID, msgLrpid).when(msgStat()))},
		{"semtimedop", 220, no, pass},
		{"mq_open", 240, 277, pass},
		{"mq_unlink", 241, 278, pass},
		{"mq_timedsend", 242, 279, pass},
		{"mq_timedreceive", 243, 280, pass},
		{"mq_notify", 244, 281, pass},
		{"mq_getsetattr", 245, 282, pass},
		{"ipc", no, 117, translate(
			outmem(4, TGID, msgLspid).when(ipcMsgStat()),
			outmem(4, TGID, msgLrpid).when(ipcMsgStat()),
			outmem(4, TGID, shmCpid).when(ipcShmStat()),
			outmem(4, TGID, shmLpid).when(ipcShmStat()),
			result(TGID).when(ipcGetpid()),
		).partial("structures of the version before IPC_64 show real ids, cut to 16 bits").
			leak(ipcOldStat())},
		{"mq_timedsend_time64", no, 418, pass},
		{"mq_timedreceive_time64", no, 419, pass},
		{"semtimedop_time64", no, 420, pass},
	}
}
