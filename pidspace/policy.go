package pidspace

// Policy chooses the numbers of new tasks, processes and threads alike, that
// neither ask for one nor have one planned. A private space without a policy
// uses [Sequential]; a host space without one lets tasks keep their real
// numbers.
//
// A policy has state and belongs to one [Space], which calls it under its own
// lock: a policy must not call the space except through the [Numbers] that it
// is given.
type Policy interface {
	// Next returns the number for a new task, one for which n.Free is true.
	// Zero leaves the choice to the space, which then does what it would
	// do without a policy. An error ends the creation; one that wraps
	// [ErrExhausted] says that no number is left.
	Next(n Numbers) (int32, error)
	// Freed tells that v was in use by the tree and no longer is.
	Freed(v int32)
}

// Numbers is what a [Policy] may know of its space.
type Numbers interface {
	// Free tells whether v may be given to a new task: it is in range,
	// not busy, not planned and not kept for an outsider.
	Free(v int32) bool
	// PIDMax is one more than the largest number to be given.
	PIDMax() int32
	// Root is the number of the root process.
	Root() int32
}

// Sequential returns the kernel's policy (alloc_pid in kernel/pid.c): the
// lowest free number above the last one given, cyclically up to pid_max. Once
// numbers above 300 are in use a new round starts at 300. Numbers that were
// asked for do not move it.
func Sequential() Policy { return &sequential{} }

type sequential struct {
	next int32 // where to look first; 0 before the first use
}

func (q *sequential) Next(n Numbers) (int32, error) {
	if q.next == 0 {
		q.next = n.Root() + 1
	}
	first, end := int32(1), n.PIDMax()
	if q.next > reserved {
		first = reserved
	}
	start := max(q.next, first)
	v := firstFree(n, start, end)
	if v == 0 {
		v = firstFree(n, first, min(start, end))
	}
	if v == 0 {
		return 0, ErrExhausted
	}
	q.next = v + 1
	return v, nil
}

func (q *sequential) Freed(int32) {}

// firstFree returns the lowest free number from start to end-1, or 0.
func firstFree(n Numbers, start, end int32) int32 {
	for v := start; v < end; v++ {
		if n.Free(v) {
			return v
		}
	}
	return 0
}

// Reuse returns a policy that gives the most recently freed number first, to
// provoke what a program does when an id means another process at once. With
// no freed number at hand it leaves the choice to the space.
func Reuse() Policy { return &reuse{} }

// maxFreed bounds how many freed numbers Reuse remembers.
const maxFreed = maxTombstones

type reuse struct {
	freed []int32 // the most recent last
}

func (u *reuse) Next(n Numbers) (int32, error) {
	for len(u.freed) > 0 {
		v := u.freed[len(u.freed)-1]
		u.freed = u.freed[:len(u.freed)-1]
		if n.Free(v) {
			return v, nil
		}
	}
	return 0, nil
}

func (u *reuse) Freed(v int32) {
	if len(u.freed) == 2*maxFreed {
		u.freed = append(u.freed[:0], u.freed[maxFreed:]...)
	}
	u.freed = append(u.freed, v)
}

// Ordered returns a policy that gives the listed numbers in their order, each
// once, passing over those that are not free. At the end of the list it leaves
// the choice to the space. Other than a [Plan] it covers threads, too.
func Ordered(ids ...VTID) Policy {
	o := &ordered{ahead: make([]int32, len(ids))}
	for i, id := range ids {
		o.ahead[i] = int32(id)
	}
	return o
}

type ordered struct {
	ahead []int32
}

func (o *ordered) Next(n Numbers) (int32, error) {
	for len(o.ahead) > 0 {
		v := o.ahead[0]
		o.ahead = o.ahead[1:]
		if n.Free(v) {
			return v, nil
		}
	}
	return 0, nil
}

func (o *ordered) Freed(int32) {}
