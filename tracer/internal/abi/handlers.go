package abi

// The handlers that rows name. Where a row has Uses as well, they stay true:
// a handler that does not finish the call at its entry leaves them to the
// code that every row shares.
const (
	// Getpid answers with the caller's process id.
	Getpid Handler = "getpid"
	// Gettid answers with the caller's thread id.
	Gettid Handler = "gettid"
	// Getppid lets the kernel find the parent, which reparenting changes,
	// and translates it; a parent outside the tree is the space's to name.
	Getppid Handler = "getppid"
	// Getpgrp answers with the caller's process group.
	Getpgrp Handler = "getpgrp"
	// Getpgid answers for argument 0 and leaves others to the Uses.
	Getpgid Handler = "getpgid"
	// Getsid answers for argument 0 and leaves others to the Uses.
	Getsid Handler = "getsid"
	// Setpgid tells the space about a group change that succeeded.
	Setpgid Handler = "setpgid"
	// Setsid tells the space about a new session.
	Setsid Handler = "setsid"

	// Clone sees only registers that ask for an untraced child
	// (CLONE_UNTRACED, which it clears) or for a pid namespace
	// (CLONE_NEWPID, EPERM). Creation itself, by clone, fork and vfork, is
	// seen as ptrace events.
	Clone Handler = "clone"
	// Clone3 is Clone for flags in memory, and takes set_tid as a wish for
	// a virtual id.
	Clone3 Handler = "clone3"
	// Setforkpid emulates the call of the patched kernel.
	Setforkpid Handler = "setforkpid"
	// RobustList notes where an i386 task keeps its robust futexes.
	RobustList Handler = "robust-list"
	// Filter notes that the process has seccomp filters of its own, which
	// see the ids that the supervisor puts into registers.
	Filter Handler = "filter"
	// Notification shows a listener who made a call, and its arguments as
	// they were given.
	Notification Handler = "notification"
	// TaskQuery translates whose descriptor bpf(2) is asked about.
	TaskQuery Handler = "task-query"
	// Response notes that a listener has answered a call in the kernel's
	// place, so that the result is not the kernel's.
	Response Handler = "response"
	// Exec watches execve and execveat: the paths, the robust lists that a
	// successful exec walks, the threads that it ends.
	Exec Handler = "exec"
	// RefuseNewPID fails with Errno what would lead into another pid
	// namespace and runs the rest (unshare, setns). A setns without a type
	// needs a look at its descriptor.
	RefuseNewPID Handler = "refuse-newpid"

	// Kill keeps -1, 0 and groups inside the tree.
	Kill Handler = "kill"
	// TaskSignal keeps signals for one thread from what is process 1.
	TaskSignal Handler = "task-signal"
	// Sigqueueinfo decides whether the si_pid of a caller's own siginfo
	// must be real: argument 2 of rt_sigqueueinfo and pidfd_send_signal, 3
	// of rt_tgsigqueueinfo. Almost always it must be left alone.
	Sigqueueinfo Handler = "sigqueueinfo"
	// Sigtimedwait translates the siginfo at argument 1 by its layout.
	Sigtimedwait Handler = "sigtimedwait"
	// RecordSource notes that the process may now read records with ids
	// from a descriptor; it makes the LazyRecords rows matter.
	RecordSource Handler = "record-source"
	// ReadRecords translates the ids in such records, if the descriptor
	// is a signalfd.
	ReadRecords Handler = "read-records"

	// Wait4 tells the space which child the caller collected.
	Wait4 Handler = "wait4"
	// Waitid is Wait4 for waitid, whose child may be named only in the
	// siginfo, or not at all when the caller passes none.
	Waitid Handler = "waitid"

	// TimerCreate translates the thread of a SIGEV_THREAD_ID sigevent.
	TimerCreate Handler = "timer-create"

	// FcntlGetlk translates l_pid, unless l_type says F_UNLCK, when the
	// word is the caller's own.
	FcntlGetlk Handler = "fcntl-getlk"
	// FcntlGetown translates a result in which a negative number is a
	// process group, never an errno other than EBADF.
	FcntlGetown Handler = "fcntl-getown"
	// FcntlOwnEx translates struct f_owner_ex by its type word, into the
	// kernel (F_SETOWN_EX) or out of it (F_GETOWN_EX).
	FcntlOwnEx Handler = "fcntl-own-ex"
	// Dumpable keeps a process readable for the supervisor: it answers
	// PR_SET_DUMPABLE 0 without running it, and PR_GET_DUMPABLE with what
	// was asked for last.
	Dumpable Handler = "dumpable"
	// NoNewPrivs notes PR_SET_NO_NEW_PRIVS and answers PR_GET_NO_NEW_PRIVS
	// where the supervisor has set it as well.
	NoNewPrivs Handler = "no-new-privs"
	// PidfdInfo translates pid, tgid and ppid of struct pidfd_info (at 16,
	// 20 and 24) if its mask says that they are filled.
	PidfdInfo Handler = "pidfd-info"
	// Peercred translates the pid of struct ucred, if optlen reaches it.
	Peercred Handler = "peercred"

	// SocketCall makes of a socketcall the call that it stands for.
	SocketCall Handler = "socketcall"
	// NetlinkSocket notes that the process has a netlink socket.
	NetlinkSocket Handler = "netlink-socket"
	// SocketName translates the address at argument 1, a path in /proc, and
	// names netlink sockets by the caller's virtual id; SendTo does so for
	// the address at argument 4, and translates what netlink messages say.
	SocketName Handler = "socket-name"
	SendTo     Handler = "sendto"
	// RecvFrom translates what netlink messages say of tasks.
	RecvFrom Handler = "recvfrom"
	// Sendmsg and Sendmmsg make the credentials of messages real.
	Sendmsg  Handler = "sendmsg"
	Sendmmsg Handler = "sendmmsg"
	// Passcred notes that the process will be told who sends to it.
	Passcred Handler = "passcred"
	// Recvmsg and Recvmmsg make received credentials virtual.
	Recvmsg  Handler = "recvmsg"
	Recvmmsg Handler = "recvmmsg"

	// Open translates a path and substitutes the contents of files that
	// show ids.
	Open Handler = "open"
	// Readlink translates a path, and the text of links that show ids.
	Readlink Handler = "readlink"
	// Getcwd translates the path of a directory in procfs.
	Getcwd Handler = "getcwd"
	// Reread brings the text of a substituted file up to date when it is
	// read from its beginning again.
	Reread Handler = "reread"
	// Fstatfs shows the file system that a substituted file stands for.
	Fstatfs Handler = "fstatfs"
	// WriteID translates what is written to cgroup.procs and its like, and
	// takes what is written to ns_last_pid.
	WriteID Handler = "writeid"

	// Getdents lists the directories of procfs whose entries are ids.
	Getdents Handler = "getdents"
	// Setaffinity notes that a task has chosen its processors.
	Setaffinity Handler = "setaffinity"
	// Setattr gives a task all of its processors that is to have a deadline.
	Setattr Handler = "setattr"
	// Getaffinity shows the processors that a task would have without the
	// supervisor's placement.
	Getaffinity Handler = "getaffinity"

	// The calls that ask for and change credentials, where those are
	// emulated.
	Getuid    Handler = "getuid"
	Geteuid   Handler = "geteuid"
	Getgid    Handler = "getgid"
	Getegid   Handler = "getegid"
	Getresuid Handler = "getresuid"
	Getresgid Handler = "getresgid"
	Getgroups Handler = "getgroups"
	Setuid    Handler = "setuid"
	Setgid    Handler = "setgid"
	Setreuid  Handler = "setreuid"
	Setregid  Handler = "setregid"
	Setresuid Handler = "setresuid"
	Setresgid Handler = "setresgid"
	Setfsuid  Handler = "setfsuid"
	Setfsgid  Handler = "setfsgid"
	Setgroups Handler = "setgroups"
	Capget    Handler = "capget"
	Capset    Handler = "capset"
	// PrctlCreds answers the options of prctl about capabilities.
	PrctlCreds Handler = "prctl-creds"
	// PeerCreds notes with which credentials a process becomes the peer of
	// others (SO_PEERCRED).
	PeerCreds Handler = "peer-creds"
	// PeerGroups tells of the groups of a peer (SO_PEERGROUPS).
	PeerGroups Handler = "peer-groups"
	// ConnectCreds is PeerCreds and SocketName.
	ConnectCreds Handler = "connect-creds"

	// Reboot ends the processes of a private space instead of the machine.
	Reboot Handler = "reboot"
	// Refusal fails the call with Errno; Note is what to tell the user.
	Refusal Handler = "refusal"
)

// Handlers lists every handler, for the test that all are bound.
var Handlers = []Handler{
	Getpid, Gettid, Getppid, Getpgrp, Getpgid, Getsid, Setpgid, Setsid,
	Clone, Clone3, Setforkpid, RobustList, Filter, Notification, Response, TaskQuery, Exec, RefuseNewPID,
	Kill, TaskSignal, Sigqueueinfo, Sigtimedwait, RecordSource, ReadRecords,
	Wait4, Waitid, TimerCreate,
	SocketCall, NetlinkSocket, SocketName, SendTo, RecvFrom,
	FcntlGetlk, FcntlGetown, FcntlOwnEx, Dumpable, NoNewPrivs, PidfdInfo, Peercred,
	Sendmsg, Sendmmsg, Passcred, Recvmsg, Recvmmsg,
	Open, Readlink, Getcwd, Reread, Fstatfs, WriteID, Getdents, Setaffinity, Setattr, Getaffinity, Reboot, Refusal,
	Getuid, Geteuid, Getgid, Getegid, Getresuid, Getresgid, Getgroups,
	Setuid, Setgid, Setreuid, Setregid, Setresuid, Setresgid, Setfsuid, Setfsgid, Setgroups,
	Capget, Capset, PrctlCreds, PeerCreds, PeerGroups, ConnectCreds,
}
