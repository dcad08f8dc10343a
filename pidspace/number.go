package pidspace

// number is what the tree uses one real number for, like the kernel's struct
// pid: at most one task, and any number of processes that have it as their
// group or session.
type number struct {
	real int32
	// virtual is the number's image in a private space, 0 for a number
	// that belongs to an outsider. The host space keeps its permutation
	// elsewhere and leaves this 0.
	virtual int32
	// state is Tombstone when a task of the tree had the number and is
	// gone, Unknown when none ever had it.
	state TaskState
	// proc is the task's process while state is Live or Zombie.
	proc *process
	// group and session hold the processes that have this number as their
	// group and as their session, in the order of joining.
	group, session list[process]
	// inThreads links the task into its process.
	inThreads link[number]
}

// busy tells whether the kernel would still refuse to issue the number.
func (n *number) busy() bool {
	return n.proc != nil || n.group.len > 0 || n.session.len > 0
}

// id returns the real number, 0 for nil.
func (n *number) id() int32 {
	if n == nil {
		return 0
	}
	return n.real
}

// leads tells whether the task is its process's thread group leader.
func (n *number) leads() bool { return n.proc != nil && n.proc.leader == n }

// process is a thread group.
type process struct {
	leader *number
	// group and session are nil when they are not known.
	group, session *number
	// threads holds the tasks, the leader first.
	threads                    list[number]
	inTree, inGroup, inSession link[process]
	// kin is what is planned for the process; nil for nothing.
	kin *kin
	// inZombies links the process while its leader is a zombie.
	inZombies link[process]
}

// ended tells whether the process is a zombie as a whole: its leader has
// ended, and no other thread is left.
func (p *process) ended() bool {
	return p.leader.state == Zombie && p.threads.len == 1
}

// list is a doubly linked list whose links are part of its elements: removal
// from the middle and appending take constant time and no memory.
type list[T any] struct {
	first, last *link[T]
	len         int
}

// link is an element's place in one list.
type link[T any] struct {
	prev, next *link[T]
	of         *T
}

// push appends t, by way of its link e, which must be in no list.
func (l *list[T]) push(e *link[T], t *T) {
	e.of, e.prev, e.next = t, l.last, nil
	if l.last == nil {
		l.first = e
	} else {
		l.last.next = e
	}
	l.last = e
	l.len++
}

// remove takes out e, which must be in l.
func (l *list[T]) remove(e *link[T]) {
	if e.prev == nil {
		l.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	*e = link[T]{}
	l.len--
}
