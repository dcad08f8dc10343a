package procfs

import (
	"bytes"
	"strconv"
)

// translateLocks rewrites /proc/locks. A lock whose holder the reader does not
// know is not shown, nor are those who wait for it, as in a pid namespace
// (fs/locks.c, locks_show); the numbers of the others stay.
func translateLocks(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	hidden := false
	for from, to := range lines(text) {
		if !waits(text[from:to]) {
			hidden = unknownHolder(text[from:to], ids)
		}
		if hidden {
			e.replace(from, to, "")
			continue
		}
		lockLine(&e, from, to, ids)
	}
	return e.result()
}

// waits tells whether a line is about somebody who waits for the lock above it,
// as in "1:  -> POSIX ...".
func waits(line []byte) bool {
	_, rest, _ := bytes.Cut(line, []byte(": "))
	return bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("->"))
}

// lockLine translates the holder in a line about a lock.
func lockLine(e *edit, from, to int, ids about) {
	if at, end := holder(e.text[from:to]); end > 0 {
		e.id(from+at, from+end, ids.VirtualTGID)
	}
}

// unknownHolder tells whether a lock is held by a process that the reader does
// not know. Locks of open files, -1, belong to none.
func unknownHolder(line []byte, ids about) bool {
	at, end := holder(line)
	real, ok := parseID(line[at:end])
	if !ok || real <= 0 {
		return false
	}
	_, known := ids.VirtualTGID(real)
	return !known
}

// holder finds the process id in a line about a lock: the fields before it are
// words that vary in number, after it come device and inode, start and end.
func holder(line []byte) (at, end int) {
	const after = 3
	end = len(bytes.TrimRight(line, "\n"))
	for range after {
		end = bytes.LastIndexByte(line[:end], ' ')
		if end < 0 {
			return 0, 0
		}
	}
	return bytes.LastIndexByte(line[:end], ' ') + 1, end
}

// translateFDInfo rewrites /proc/PID/fdinfo/N: the process behind a pidfd, the
// holders of locks on the file, the kernel thread of an io_uring.
func translateFDInfo(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	for from, to := range lines(text) {
		key, value, ok := bytes.Cut(text[from:to], []byte(":\t"))
		if !ok {
			continue
		}
		at, end := to-len(value), len(bytes.TrimRight(text[:to], "\n"))
		switch string(key) {
		case "Pid", "SqThread":
			e.id(at, end, ids.VirtualTID)
		case "NSpid": // a column for every pid namespace, as in status
			if tab := bytes.IndexByte(text[at:end], '\t'); tab >= 0 {
				end = at + tab
			}
			e.id(at, end, ids.VirtualTID)
		case "lock":
			lockLine(&e, at, to, ids)
		}
	}
	return e.result()
}

// translateKeys rewrites /proc/keys: the key that stands for a request names
// who asked (security/keys/request_key_auth.c).
func translateKeys(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	for from, to := range lines(text) {
		line := text[from:to]
		mark := []byte(" pid:")
		i := bytes.LastIndex(line, mark)
		if i < 0 || !bytes.Contains(line, []byte(" .request_ key:")) {
			continue
		}
		at := i + len(mark)
		if n := bytes.IndexByte(line[at:], ' '); n >= 0 && bytes.HasPrefix(line[at+n:], []byte(" ci:")) {
			e.id(from+at, from+at+n, ids.VirtualTID)
		}
	}
	return e.result()
}

// translateTimers rewrites /proc/PID/timers: whom a timer notifies, and the
// task whose processor time it measures.
func translateTimers(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	for from, to := range lines(text) {
		key, value, ok := bytes.Cut(text[from:to], []byte(": "))
		if !ok {
			continue
		}
		at, end := to-len(value), len(bytes.TrimRight(text[:to], "\n"))
		switch string(key) {
		case "notify": // "signal/pid.1234"
			if dot := bytes.LastIndexByte(text[at:end], '.'); dot >= 0 {
				e.id(at+dot+1, end, ids.VirtualTID)
			}
		case "ClockID":
			if c, ok := parseID(text[at:end]); ok {
				e.replace(at, end, strconv.Itoa(int(presentClock(c, ids))))
			}
		}
	}
	return e.result()
}

// presentClock translates the task in the number of a clock of processor time,
// which is the complement of its id above three bits
// (include/linux/posix-timers.h).
func presentClock(clock int32, ids about) int32 {
	const ofFile = 3
	if clock >= 0 || clock&ofFile == ofFile || clock>>3 == -1 {
		return clock
	}
	return ^present(^(clock>>3), ids.VirtualTID)<<3 | clock&7
}
