package procfs

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
)

// ErrDirents means that bytes are not the result of getdents64(2).
var ErrDirents = errors.New("not a directory listing")

// DirentFormat is the layout of a record for one of the system calls that list
// a directory.
type DirentFormat uint8

const (
	// Dirent64 is struct linux_dirent64, of getdents64(2).
	Dirent64 DirentFormat = iota
	// DirentLong is struct linux_dirent of 64-bit programs, of getdents(2).
	DirentLong
	// DirentCompat is struct linux_dirent of 32-bit programs.
	DirentCompat
)

// dirent is an entry of a directory.
type dirent struct {
	name string
	ino  uint64
	kind byte
	// at is the position of the directory at which the entry is next, and
	// the d_off of the entry before it.
	at int64
}

// Dirents makes what a call that lists the root of a procfs or a task
// directory gives to the tracee: ids are virtual, entries whose id is not
// known are missing, and the processes come in the order of their virtual
// numbers.
//
// Raw is the whole listing of the directory as the supervisor itself read it
// with getdents64(2), from position 0 to the end, one buffer after another.
// Pos is the file position of the tracee's descriptor and size that of its
// buffer. The result is what to put there, empty at the end, and the position
// that the tracee's descriptor must be given. An error is EINVAL or EOVERFLOW
// for the call to fail with, or ErrDirents.
//
// Nothing need be remembered about an open directory. The kernel's position in
// /proc is the number of the next process plus a constant, so that a listing
// continues at the right place whatever was born or died meanwhile. Here it is
// the same with the virtual number, and what d_off holds is again a position;
// telldir, seekdir, lseek, and descriptors that are duplicated, inherited or
// sent therefore work without our knowing of it. A task directory lists
// threads in the order of their creation and its positions count them; there
// order and positions stay, for every id is only spelled differently.
//
// Since a record can grow by its longer name, fewer may fit into the buffer
// than the kernel would put there; the position then is that of the first one
// that did not fit.
func Dirents(dir Kind, raw []byte, format DirentFormat, pos int64, size int,
	virtual func(real int32) (int32, bool)) (out []byte, next int64, err error) {
	entries, end, err := parseDirents(raw)
	if err != nil {
		return nil, pos, err
	}
	entries = presentDirents(dir, entries, virtual)
	next = max(pos, end)
	first := len(entries)
	for i, e := range entries {
		if e.at >= pos {
			first = i
			break
		}
	}
	for i := first; i < len(entries); i++ {
		e, off := &entries[i], end
		if i+1 < len(entries) {
			off = entries[i+1].at
		}
		record, err := format.encode(e, off)
		if err == nil && len(out)+len(record) > size {
			err = syscall.EINVAL
		}
		if err != nil {
			if len(out) > 0 {
				return out, e.at, nil
			}
			return nil, pos, err
		}
		out = append(out, record...)
	}
	return out, next, nil
}

// presentDirents gives the entries their virtual names, and for the root of a
// procfs the order and positions that follow from them.
func presentDirents(dir Kind, entries []dirent, virtual func(int32) (int32, bool)) []dirent {
	base := processBase(entries)
	shown := entries[:0]
	for _, e := range entries {
		if isID(e.name) {
			v, ok := virtual(idOf(e.name))
			if !ok || v <= 0 {
				continue
			}
			e.name = strconv.Itoa(int(v))
			if dir == ProcRoot {
				e.at = base + int64(v)
			}
		}
		shown = append(shown, e)
	}
	if dir == ProcRoot {
		slices.SortStableFunc(shown, func(a, b dirent) int { return cmp.Compare(a.at, b.at) })
	}
	return shown
}

// processBase is what the kernel adds to the number of a process to make its
// position. A process that ended while the listing was read makes the
// difference at the next one too small.
func processBase(entries []dirent) int64 {
	var base int64
	for _, e := range entries {
		if isID(e.name) {
			base = max(base, e.at-int64(idOf(e.name)))
		}
	}
	return base
}

// Offsets in struct linux_dirent64.
const (
	dirent64Off    = 8
	dirent64Reclen = 16
	dirent64Type   = 18
	dirent64Name   = 19

	maxDirent64 = 280 // with the longest name, NAME_MAX bytes
)

// parseDirents reads struct linux_dirent64 records, and the position of the
// end of the directory.
func parseDirents(raw []byte) (entries []dirent, end int64, err error) {
	for at := 0; at < len(raw); {
		left := raw[at:]
		if len(left) < dirent64Name {
			return nil, 0, fmt.Errorf("record at byte %d: %w", at, ErrDirents)
		}
		length := int(binary.NativeEndian.Uint16(left[dirent64Reclen:]))
		if length <= dirent64Name || length > min(len(left), maxDirent64) {
			return nil, 0, fmt.Errorf("record at byte %d has length %d: %w", at, length, ErrDirents)
		}
		name := left[dirent64Name:length]
		if i := slices.Index(name, 0); i >= 0 {
			name = name[:i]
		}
		entries = append(entries, dirent{
			name: string(name),
			ino:  binary.NativeEndian.Uint64(left),
			kind: left[dirent64Type],
			at:   end,
		})
		end = int64(binary.NativeEndian.Uint64(left[dirent64Off:]))
		at += length
	}
	return entries, end, nil
}

// encode makes the record of an entry whose successor is at position off.
func (f DirentFormat) encode(e *dirent, off int64) ([]byte, error) {
	switch f {
	case DirentLong:
		const name = 18
		b := make([]byte, roundUp(name+len(e.name)+2, 8))
		binary.NativeEndian.PutUint64(b, e.ino)
		binary.NativeEndian.PutUint64(b[8:], uint64(off))
		binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
		copy(b[name:], e.name)
		b[len(b)-1] = e.kind
		return b, nil
	case DirentCompat:
		const name = 10
		if e.ino != uint64(uint32(e.ino)) {
			return nil, syscall.EOVERFLOW
		}
		b := make([]byte, roundUp(name+len(e.name)+2, 4))
		binary.NativeEndian.PutUint32(b, uint32(e.ino))
		binary.NativeEndian.PutUint32(b[4:], uint32(off))
		binary.NativeEndian.PutUint16(b[8:], uint16(len(b)))
		copy(b[name:], e.name)
		b[len(b)-1] = e.kind
		return b, nil
	}
	b := make([]byte, roundUp(dirent64Name+len(e.name)+1, 8))
	binary.NativeEndian.PutUint64(b, e.ino)
	binary.NativeEndian.PutUint64(b[dirent64Off:], uint64(off))
	binary.NativeEndian.PutUint16(b[dirent64Reclen:], uint16(len(b)))
	b[dirent64Type] = e.kind
	copy(b[dirent64Name:], e.name)
	return b, nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
