package pidspace

// maxTombstones bounds what is remembered of tasks that are gone. It is the
// kernel's default pid_max (PID_MAX_DEFAULT, include/linux/threads.h): on a
// machine with that setting no real number stays unused for longer.
const maxTombstones = 32768

// tombstones remembers the virtual numbers of real numbers whose tasks are
// gone: the most recent ones, oldest first out. It is for its user to keep the
// limit. Without one the zero value is empty and full.
type tombstones struct {
	limit int             // how many are kept
	at    map[int32]int32 // real number to index in slots
	slots []tombstone     // slot 0 is the ring's anchor
	spare int32           // head of the chain of unused slots, by next
}

// tombstone is one slot; the used ones form a ring from the oldest to the
// newest.
type tombstone struct {
	real, virtual int32
	prev, next    int32
}

// full tells whether more than limit are recorded.
func (t *tombstones) full() bool { return len(t.at) > t.limit }

// get returns the virtual number that real had.
func (t *tombstones) get(real int32) (virtual int32, ok bool) {
	i, ok := t.at[real]
	if !ok {
		return 0, false
	}
	return t.slots[i].virtual, true
}

// put records real as the newest one.
func (t *tombstones) put(real, virtual int32) {
	t.drop(real)
	if t.at == nil {
		t.at = make(map[int32]int32)
		t.slots = make([]tombstone, 1)
	}
	i := t.spare
	if i != 0 {
		t.spare = t.slots[i].next
	} else {
		i = int32(len(t.slots))
		t.slots = append(t.slots, tombstone{})
	}
	newest := t.slots[0].prev
	t.slots[i] = tombstone{real: real, virtual: virtual, prev: newest}
	t.slots[newest].next = i
	t.slots[0].prev = i
	t.at[real] = i
}

// drop forgets real, if it is recorded.
func (t *tombstones) drop(real int32) {
	i, ok := t.at[real]
	if !ok {
		return
	}
	delete(t.at, real)
	e := t.slots[i]
	t.slots[e.prev].next = e.next
	t.slots[e.next].prev = e.prev
	t.slots[i] = tombstone{next: t.spare}
	t.spare = i
}

// oldest returns the real number that has been recorded for the longest time,
// 0 when there is none.
func (t *tombstones) oldest() int32 {
	if len(t.at) == 0 {
		return 0
	}
	return t.slots[t.slots[0].next].real
}
