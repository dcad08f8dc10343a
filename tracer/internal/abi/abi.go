// Package abi is the single source of what pidsim knows about the Linux
// system call interface: which calls carry process ids, where, and what the
// supervisor does about each.
//
// The table (Calls) drives the seccomp filter (package bpf), the dispatcher
// and the trace output (package tracer), `pidsim syscalls` and the generated
// documentation. Nothing else in the project may list system calls.
//
// The package promises that every system call that golang.org/x/sys/unix
// names for x86-64 and i386 has exactly one row. It makes no system calls and
// knows nothing of tracees.
package abi

// Arch is a system call interface of an x86-64 kernel. It indexes the
// two-element arrays of this package.
type Arch uint8

const (
	// X86_64 is the native 64-bit interface (AUDIT_ARCH_X86_64).
	X86_64 Arch = iota
	// I386 is the 32-bit interface (AUDIT_ARCH_I386): compat programs, and
	// int 0x80 from 64-bit code.
	I386
)

// String gives the name that users know the interface by.
func (a Arch) String() string {
	if a == I386 {
		return "i386"
	}
	return "x86-64"
}

// X32Bit marks a call number of the x32 interface (asm/unistd.h,
// __X32_SYSCALL_BIT). pidsim refuses x32 calls with ENOSYS.
const X32Bit = 0x40000000

// Kind says which id space a number belongs to.
type Kind uint8

const (
	// None is not an id.
	None Kind = iota
	// TID is the id of any thread; zero means the caller.
	TID
	// TGID is a process id.
	TGID
	// PGID is a process group id.
	PGID
	// SID is a session id.
	SID
	// PIDOrGroup is the argument of kill and wait4: a process id when
	// positive, the caller's group when 0, everything when -1, the group
	// -n when less than -1 (kill(2), wait4(2)).
	PIDOrGroup
	// Owner is the value of F_SETOWN and F_GETOWN: a process id when
	// positive, a process group when negative (fcntl(2)).
	Owner
	// ClockID is a clockid_t whose upper 29 bits may hold the complement
	// of a process or thread id (clock_getcpuclockid(3),
	// include/linux/posix-timers.h).
	ClockID
)

// Class is what the supervisor does with a call.
type Class uint8

const (
	// Pass runs the call untouched; it carries no id, or one that a Note
	// explains.
	Pass Class = iota
	// Answer gives the result without running the call.
	Answer
	// Translate runs the call with translated arguments, results or
	// memory.
	Translate
	// Observe runs the call as it is; the supervisor notes its effect.
	Observe
	// Refuse fails the call with the row's Errno, without running it.
	Refuse
)

// String gives the class as `pidsim syscalls` prints it.
func (c Class) String() string {
	return [...]string{"pass", "answer", "translate", "observe", "refuse"}[c]
}

// Op compares a masked argument with a constant, unsigned.
type Op uint8

const (
	EQ Op = iota
	NE
	GE
	LT
	// BitsSet holds when any bit of Val is set in the argument.
	BitsSet
)

// Test is one comparison on the low 32 bits of an argument register. Upper
// halves are garbage for int-typed arguments and are never looked at, except
// that Wide compares all 64 bits of a pointer with zero (EQ, NE only).
type Test struct {
	Arg  int
	Mask uint32 // 0 means all bits
	Op   Op
	Val  uint32
	Wide bool
}

// Cond is a condition on argument registers in disjunctive normal form: any
// of the inner lists, all of its tests. A nil Cond always holds.
type Cond [][]Test

// Loc says where in a call an id is.
type Loc uint8

const (
	// InReg is argument register Use.Arg, on entry.
	InReg Loc = iota
	// Result is the result register, when the call succeeded.
	Result
	// InMem is memory that argument Use.Arg points to, read by the kernel;
	// the supervisor passes a translated copy.
	InMem
	// OutMem is memory that argument Use.Arg points to, written by the
	// kernel when the call succeeded.
	OutMem
)

// Use is one place of a call that holds an id.
type Use struct {
	Loc  Loc
	Arg  int // argument index from 0; unused for Result
	Kind Kind
	// Off is the byte offset of the 32-bit id in the memory, and Size the
	// size of the whole structure (InMem only), per Arch.
	Off, Size [2]int
	// When limits the use to calls whose registers meet the condition.
	When Cond
	// ZeroIsCaller says that 0 means the calling task (InReg only).
	ZeroIsCaller bool
	// Own says that the id is the caller's, so that nothing is to do for a
	// caller whose virtual and real ids are the same.
	Own bool
}

// PathArg is an argument that names a file.
type PathArg struct {
	Path int // index of the path pointer
	Dir  int // index of the directory fd, or AtCWD
}

// AtCWD as PathArg.Dir says that relative paths start at the working
// directory.
const AtCWD = -1

// Handler names code of package tracer that does what Uses cannot say. The
// tracer binds every value, and a test fails on an unbound one.
type Handler string

// Support is how completely a row is translated, for users.
type Support uint8

const (
	// Full: every id that the call carries is virtual.
	Full Support = iota
	// Partial: some are not; Note says which.
	Partial
	// Unsupported: none are, or the call is refused; Note says why.
	Unsupported
)

// String gives the level as `pidsim syscalls` prints it.
func (s Support) String() string {
	return [...]string{"full", "partial", "unsupported"}[s]
}

// Lazy names a group of rows that a tracee's filter leaves alone until the
// supervisor appends a second filter, because the calls are frequent and
// carry ids only after an earlier call.
type Lazy uint8

const (
	// NotLazy rows are in the first filter.
	NotLazy Lazy = iota
	// LazyRecords rows matter once the process got a descriptor whose reads
	// give records with ids: signalfd, fanotify, userfaultfd, /dev/fuse.
	LazyRecords
	// LazyRenumbered are the rows with a Quiet condition, which it lifts.
	LazyRenumbered
	// LazyPasscred rows matter once the process set SO_PASSCRED.
	LazyPasscred
	// LazyReread rows matter once the process opened a file that the
	// supervisor replaced by one in memory.
	LazyReread
	// LazyIDWrite rows matter once the process opened a file for writing
	// that takes ids.
	LazyIDWrite
	// LazyNetlink rows matter once the process made a socket of
	// NETLINK_GENERIC or NETLINK_CONNECTOR.
	LazyNetlink
	// LazyCount is the number of groups.
	LazyCount
)

// Row classifies one system call.
type Row struct {
	Name string
	// NR is the number per Arch, -1 where the interface lacks the call.
	NR    [2]int
	Class Class
	// Errno is what Refuse returns, a positive Linux errno.
	Errno int
	// Stop adds to the calls that stop: a row stops when Stop holds or
	// any Use could apply (see StopCond). Needed where Handler looks at
	// calls without Uses; Always means every call.
	Stop Cond
	// Uses are the ids that plain data can describe.
	Uses []Use
	// Paths are the arguments that may lead into /proc.
	Paths []PathArg
	// PathsWhen limits the calls whose paths are looked at; nil means all.
	PathsWhen Cond
	// Handler is extra code; empty for none.
	Handler Handler
	// Cases are extra code for the calls that meet a condition, where one
	// system call is many (fcntl, ioctl, prctl): the first that holds is
	// taken instead of Handler. See HandlerFor.
	Cases []Case
	// Creds are the calls that stop only where credentials are emulated
	// (Mode.Creds), with their code, which counts more than Handler and
	// Cases.
	Creds []Case
	Lazy  Lazy
	// Before are the calls of a lazy row that stop before its group matters;
	// nil means none.
	Before Cond
	// Quiet limits the calls that stop to those that meet it, as long as no
	// process that the caller could get to know is renumbered but the root:
	// what the kernel says to the others is right as it is.
	Quiet   Cond
	Support Support
	// Leak is the condition under which the call shows or takes an id that
	// is not translated; --strict ends the run then.
	Leak Cond
	// Note tells users what is incomplete or why.
	Note string
}

// Case binds code to some of the calls of a row.
type Case struct {
	When    Cond
	Handler Handler
}

// Mode says what the supervisor of a tree looks at besides ids.
type Mode struct {
	// Strict makes calls that leak ids stop as well.
	Strict bool
	// Creds makes the calls stop that have to do with credentials, which
	// are emulated.
	Creds bool
}

// Always is the condition that every call meets.
var Always = Cond{{}}
