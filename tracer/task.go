package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/cred"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A task is a thread of the tree. All its ids are real; the virtual ones are
// package pidspace's.
type task struct {
	tid   int
	state state
	proc  *process
	// virtual is the task's virtual id. It never changes, except that a
	// thread that execs takes over its leader's.
	virtual int32
	// creator is the task that created it, 0 when that is not known.
	creator int
	// birth is the wait status that a held task is stopped with.
	birth uint32
	// suspects are those that may have created a held task; nil unless it
	// has been inquired.
	suspects map[int]bool
	// opts are the ptrace options in force.
	opts int
	call call
	// nudged says that the supervisor has interrupted it.
	nudged bool
	// waited is the last call with a timeout that an ignored signal has ended.
	waited wait
	// careful says that memory is looked at only when it is there; absent is
	// what was not, fetched what has been fetched for the current call, and
	// fetching is set while the task does that.
	careful  bool
	absent   pageRange
	fetched  []pageRange
	fetching *injection
	// robust32 is the head of the list that set_robust_list of the i386
	// interface registered, 0 for none.
	robust32 uint64
	// request is the virtual id that setforkpid has asked for. While there is
	// one, every call of the task stops.
	request int32
	// tidWord is where the kernel wrote the task's id at its birth
	// (CLONE_CHILD_SETTID), 0 for nowhere.
	tidWord uint64
	// noNewPrivs says that the task has none because of a program of the
	// tree (PR_SET_NO_NEW_PRIVS); the supervisor's own doing is not shown.
	noNewPrivs bool
	// cred are the emulated credentials, nil if none are.
	cred *cred.Cred
	// repair is an argument register to put back at birth, because the
	// creator's was changed when the registers were copied.
	repair register
}

// leader tells whether the task is its process's main thread.
func (t *task) leader() bool { return t.proc != nil && t.tid == t.proc.pid }

// renumbered tells whether the task's virtual id differs from the real one.
func (t *task) renumbered() bool { return int(t.virtual) != t.tid }

// A process is a thread group.
type process struct {
	pid   int
	root  bool
	tasks map[int]*task
	mem   *memory
	// parent is the process that created it, nil when that is not known;
	// zombies are the children that have ended and that it has not been
	// seen to collect.
	parent  *process
	zombies map[int]bool
	ended   bool
	stopped bool
	filters filters
	// wanted are groups whose filters are to be appended at the next call of
	// a thread.
	wanted []abi.Lazy
	// selfSent are the signals that the supervisor has sent to the process in
	// its own name, by number.
	selfSent map[int]bool
	// apart says that the process cannot reach this one's files: it has
	// other rights.
	apart bool
	// peer is as whom the process has last connected sockets, or nil; for
	// emulated credentials.
	peer *person
	// undumpable is what the program set with PR_SET_DUMPABLE 0.
	undumpable bool
	// dumped says that its core file has been seen to.
	dumped bool
	// netlink says that the process has had a netlink socket.
	netlink bool
	// lazy are the appended filters in force.
	lazy lazies
}

// lazies tells which groups of lazy rows stop in a process.
type lazies [abi.LazyCount]bool

// A register is an argument register and the value it must get back.
type register struct {
	reg   ptrace.Reg
	value uint64
	set   bool
}

// argRegs are the argument registers of both interfaces in order.
var argRegs = [2][6]ptrace.Reg{
	abi.X86_64: {ptrace.RDI, ptrace.RSI, ptrace.RDX, ptrace.R10, ptrace.R8, ptrace.R9},
	abi.I386:   {ptrace.RBX, ptrace.RCX, ptrace.RDX, ptrace.RSI, ptrace.RDI, ptrace.RBP},
}

// A call is the system call that a task is in. It is live from the entry stop
// to the exit stop, if there is one.
type call struct {
	row  *abi.Row
	arch abi.Arch
	// nr and regs are the call's number and registers as the program entered
	// it.
	nr   uint64
	regs [6]uint64
	// args are the arguments as the program gave them, never translated. They
	// are regs, but for those of a socketcall, which come from memory.
	args [6]uint64
	// sent are the arguments as the kernel gets them.
	sent [6]uint64
	// changed has a bit for every argument register to restore at exit.
	changed uint8
	// exit says that the exit stop is wanted.
	exit bool
	// entered says that the call was handled at a stop that comes before the
	// filters.
	entered bool
	// answered says that the result is to be given at the exit stop.
	answered bool
	result   int64
	// child is the virtual id of the task that the call created, the
	// result that the program is to see.
	child int32
	// failure is the error of a creation that was undone, collect the
	// process that the creator has to collect first.
	failure unix.Errno
	collect int
	// undone is the pidfd of a creation that was undone, if there is one.
	undone  int32
	hasFile bool
	// copies are structures that the kernel reads in place of the
	// program's.
	copies  [2]structCopy
	ncopies int
	// slot is the scratch memory in use.
	slot slot
	// length is the result that the program is to see of a call that
	// another was made in place of.
	length int64
	// opening is what an open is to do at its exit, caught the scratch
	// memory where the kernel puts a path that may hold ids.
	opening *opening
	caught  uint64
	// ownBefore is whether the task had an affinity of its own.
	ownBefore bool
	// records is what a read gives.
	records recordKind
	// notification is the number under which a listener was told of the
	// call, foreign that it is the listener who answers.
	notification uint64
	foreign      bool
	// became says that the kernel runs another call in its place.
	became bool
	// attempts says that the call is the creation which a pending request is
	// for, and which uses it up also by failing.
	attempts bool
	// births are the words that a creation asked for (clone only).
	births cloneArgs
}

// A structCopy is an in-structure that was copied to scratch memory.
type structCopy struct {
	arg        int
	from, to   uint64
	size, off  int
	given, put uint32
}

// cloneArgs are the arguments of a creation that matter for ids
// (clone(2)).
type cloneArgs struct {
	// want is the virtual id that the new task is to have, 0 for any.
	want int32
	// number is the call's, 0 when the entry was not seen.
	number              uint64
	flags               uint64
	exitSignal          int
	parentTID, childTID uint64
	// pidfd is where the number of a descriptor goes (CLONE_PIDFD).
	pidfd    uint64
	stripped bool
}
