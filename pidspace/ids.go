package pidspace

// The four kinds of ids. They are never instantiated; they only tell
// [Virtual] and [Real] apart.
type (
	// TID is the kind of the id of any thread (gettid(2)).
	TID struct{}
	// TGID is the kind of a process id: the TID of the thread group leader
	// (getpid(2)).
	TGID struct{}
	// PGID is the kind of a process group id (getpgrp(2)).
	PGID struct{}
	// SID is the kind of a session id (getsid(2)).
	SID struct{}
)

// IDKind is any of the four kinds of ids.
type IDKind interface{ TID | TGID | PGID | SID }

// Virtual is an id as the programs of the tree see it.
type Virtual[K IDKind] int32

// Real is an id as the kernel uses it, in the supervisor's pid namespace.
type Real[K IDKind] int32

// Short names: V for virtual and R for real, then the kind.
type (
	// VTID is the virtual id of a thread.
	VTID = Virtual[TID]
	// VTGID is the virtual id of a process.
	VTGID = Virtual[TGID]
	// VPGID is the virtual id of a process group.
	VPGID = Virtual[PGID]
	// VSID is the virtual id of a session.
	VSID = Virtual[SID]
	// RTID is the real id of a thread.
	RTID = Real[TID]
	// RTGID is the real id of a process.
	RTGID = Real[TGID]
	// RPGID is the real id of a process group.
	RPGID = Real[PGID]
	// RSID is the real id of a session.
	RSID = Real[SID]
)

const (
	// Limit is one more than the largest id that any kernel can issue:
	// PID_MAX_LIMIT of include/linux/threads.h on 64-bit machines.
	Limit = 4 * 1024 * 1024
	// MaxPID is the largest id that any kernel can issue.
	MaxPID = Limit - 1
	// Outer stands for the real id of a process group or session that has
	// no number here: one of an outer pid namespace (pid_namespaces(7)), or
	// that of an init process which never called setsid(2). The kernel says
	// 0, which most calls take for the caller's own. It never issues Outer.
	Outer = Limit
	// MinPIDMax is the smallest pid_max that the kernel accepts: one more
	// than RESERVED_PIDS (kernel/pid.c, pid_max_min).
	MinPIDMax = reserved + 1
	// reserved is RESERVED_PIDS of kernel/pid.c: where allocation restarts
	// after it has reached pid_max.
	reserved = 300
)

// valid tells whether n can be an id at all.
func valid(n int32) bool { return n >= 1 && n <= MaxPID }

// gathers tells whether n can be the real id of a process group or session.
func gathers(n int32) bool { return valid(n) || n == Outer }
