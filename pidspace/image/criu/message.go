package criu

import (
	"fmt"
	"math/bits"

	"github.com/VictoriaMetrics/easyproto"
)

// The messages of CRIU (images/*.proto there), cut down to what holds identity.
// The types of go-criu have everything, but what they register costs every start
// of a program that contains them half a millisecond; the tests compare with them.

// A message can be decoded.
type message interface {
	// required has a bit for the number of each field that must be there.
	required() uint64
	// field takes over a field; it is false if that has another type than
	// its number says. Others than those wanted are passed over.
	field(f *easyproto.FieldContext) bool
}

// unmarshal decodes b into m.
func unmarshal(b []byte, m message) error {
	var (
		f    easyproto.FieldContext
		seen uint64
		err  error
	)
	for len(b) > 0 {
		if b, err = f.NextField(b); err != nil {
			return err
		}
		if !m.field(&f) {
			return fmt.Errorf("field %d is malformed", f.FieldNum)
		}
		seen |= 1 << f.FieldNum
	}
	if missing := m.required() &^ seen; missing != 0 {
		return fmt.Errorf("field %d is missing", bits.TrailingZeros64(missing))
	}
	return nil
}

// fields is the set of the field numbers from 1 to n.
func fields(n int) uint64 { return 1<<(n+1) - 2 }

// set takes over a value.
func set[T any](to *T, get func() (T, bool)) (ok bool) {
	*to, ok = get()
	return ok
}

// add takes over one or more values of a repeated field.
func add[T any](to *[]T, unpack func([]T) ([]T, bool)) (ok bool) {
	*to, ok = unpack(*to)
	return ok
}

// some takes over a value that may be missing.
func some[T any](to **T, get func() (T, bool)) bool {
	v, ok := get()
	*to = &v
	return ok
}

// within decodes a message in a message.
func within(m message, f *easyproto.FieldContext) bool {
	b, ok := f.MessageData()
	return ok && unmarshal(b, m) == nil
}

// inventoryEntry says what kind of dump it is.
type inventoryEntry struct{ imgVersion uint32 }

func (*inventoryEntry) required() uint64 { return fields(1) }

func (m *inventoryEntry) field(f *easyproto.FieldContext) bool {
	return f.FieldNum != 1 || set(&m.imgVersion, f.Uint32)
}

// pstreeEntry is a process in the tree.
type pstreeEntry struct {
	pid, ppid, pgid, sid uint32
	threads              []uint32
}

func (*pstreeEntry) required() uint64 { return fields(4) }

func (m *pstreeEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 1:
		return set(&m.pid, f.Uint32)
	case 2:
		return set(&m.ppid, f.Uint32)
	case 3:
		return set(&m.pgid, f.Uint32)
	case 4:
		return set(&m.sid, f.Uint32)
	case 5:
		return add(&m.threads, f.UnpackUint32s)
	}
	return true
}

// coreEntry is a thread; of the first one in a process tc is about that.
type coreEntry struct {
	tc         *taskCoreEntry
	threadCore *threadCoreEntry
}

func (*coreEntry) required() uint64 { return 0 }

func (m *coreEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 3:
		m.tc = new(taskCoreEntry)
		return within(m.tc, f)
	case 5:
		m.threadCore = new(threadCoreEntry)
		return within(m.threadCore, f)
	}
	return true
}

// taskCoreEntry is what the threads of a process share.
type taskCoreEntry struct {
	taskState uint32
	comm      string
	rlimits   taskRlimitsEntry
}

func (*taskCoreEntry) required() uint64 { return fields(6) }

func (m *taskCoreEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 1:
		return set(&m.taskState, f.Uint32)
	case 6:
		return set(&m.comm, f.String)
	case 8:
		return within(&m.rlimits, f)
	}
	return true
}

// taskRlimitsEntry has the resource limits in the order of their numbers.
type taskRlimitsEntry struct{ rlimits []rlimitEntry }

func (*taskRlimitsEntry) required() uint64 { return 0 }

func (m *taskRlimitsEntry) field(f *easyproto.FieldContext) bool {
	if f.FieldNum != 1 {
		return true
	}
	m.rlimits = append(m.rlimits, rlimitEntry{})
	return within(&m.rlimits[len(m.rlimits)-1], f)
}

type rlimitEntry struct{ cur, max uint64 }

func (*rlimitEntry) required() uint64 { return fields(2) }

func (m *rlimitEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 1:
		return set(&m.cur, f.Uint64)
	case 2:
		return set(&m.max, f.Uint64)
	}
	return true
}

// threadCoreEntry is what each thread has of its own.
type threadCoreEntry struct {
	schedNice   *int32
	schedPolicy *uint32
	schedPrio   uint32
	creds       *credsEntry
}

func (*threadCoreEntry) required() uint64 { return fields(2) }

func (m *threadCoreEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 3:
		return some(&m.schedNice, f.Sint32)
	case 4:
		return some(&m.schedPolicy, f.Uint32)
	case 5:
		return set(&m.schedPrio, f.Uint32)
	case 10:
		m.creds = new(credsEntry)
		return within(m.creds, f)
	}
	return true
}

// credsEntry has users, groups and the words of capability sets.
type credsEntry struct {
	uid, gid, euid, egid, suid, sgid, fsuid, fsgid uint32
	capInh, capPrm, capEff, capBnd                 []uint32
	groups                                         []uint32
}

func (*credsEntry) required() uint64 { return fields(8) }

func (m *credsEntry) field(f *easyproto.FieldContext) bool {
	switch n := f.FieldNum; n {
	case 1, 2, 3, 4, 5, 6, 7, 8:
		ids := [...]*uint32{1: &m.uid, &m.gid, &m.euid, &m.egid, &m.suid, &m.sgid, &m.fsuid, &m.fsgid}
		return set(ids[n], f.Uint32)
	case 9:
		return add(&m.capInh, f.UnpackUint32s)
	case 10:
		return add(&m.capPrm, f.UnpackUint32s)
	case 11:
		return add(&m.capEff, f.UnpackUint32s)
	case 12:
		return add(&m.capBnd, f.UnpackUint32s)
	case 14:
		return add(&m.groups, f.UnpackUint32s)
	}
	return true
}

// idsEntry tells who shares what with whom, by numbers.
type idsEntry struct{ pidNsID uint32 }

func (*idsEntry) required() uint64 { return fields(4) }

func (m *idsEntry) field(f *easyproto.FieldContext) bool {
	return f.FieldNum != 5 || set(&m.pidNsID, f.Uint32)
}

// fsEntry has the directories of a process, by the number of the file.
type fsEntry struct {
	cwdID, rootID uint32
	umask         *uint32
}

func (*fsEntry) required() uint64 { return fields(2) }

func (m *fsEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 1:
		return set(&m.cwdID, f.Uint32)
	case 2:
		return set(&m.rootID, f.Uint32)
	case 3:
		return some(&m.umask, f.Uint32)
	}
	return true
}

// mmEntry is an address space.
type mmEntry struct{ exeFileID uint32 }

func (*mmEntry) required() uint64 { return fields(12) }

func (m *mmEntry) field(f *easyproto.FieldContext) bool {
	return f.FieldNum != 12 || set(&m.exeFileID, f.Uint32)
}

// fileEntry is an open file; reg is set for what has a path.
type fileEntry struct {
	id  uint32
	reg *regFileEntry
}

func (*fileEntry) required() uint64 { return fields(2) }

func (m *fileEntry) field(f *easyproto.FieldContext) bool {
	switch f.FieldNum {
	case 2:
		return set(&m.id, f.Uint32)
	case 3:
		m.reg = new(regFileEntry)
		return within(m.reg, f)
	}
	return true
}

type regFileEntry struct{ name string }

func (*regFileEntry) required() uint64 { return 1 << 6 }

func (m *regFileEntry) field(f *easyproto.FieldContext) bool {
	return f.FieldNum != 6 || set(&m.name, f.String)
}
