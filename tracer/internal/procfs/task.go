package procfs

import (
	"bytes"
	"fmt"
	"strconv"
)

// translateChildren rewrites /proc/PID/task/TID/children. A child that the
// reader does not know is not listed.
func translateChildren(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	for at := 0; at < len(text); {
		end := len(text)
		if n := bytes.IndexByte(text[at:], ' '); n >= 0 {
			end = at + n
		}
		if real, ok := parseID(text[at:end]); ok {
			if _, known := ids.VirtualTGID(real); known {
				e.id(at, end, ids.VirtualTGID)
			} else {
				e.replace(at, min(end+1, len(text)), "")
			}
		}
		at = end + 1
	}
	return e.result()
}

// translateSched rewrites /proc/PID/sched: the heading, and the group in which
// tasks share memory, which is named after one of them.
func translateSched(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	// The name in front may hold anything, even a newline.
	heading := len(text)
	if n := bytes.Index(text, []byte("\n-----")); n >= 0 {
		heading = n
	}
	if end := bytes.LastIndex(text[:heading], []byte(", #threads: ")); end >= 0 {
		e.id(bytes.LastIndexByte(text[:end], '(')+1, end, ids.VirtualTID)
	}
	mark := []byte("numa_group_id=")
	if n := bytes.Index(text[heading:], mark); n >= 0 {
		at := heading + n + len(mark)
		end := at
		for end < len(text) && text[end]-'0' <= 9 {
			end++
		}
		e.id(at, end, ids.VirtualTID)
	}
	return e.result()
}

// translateSyscall rewrites /proc/PID/syscall: the arguments of the call that
// the task is in are shown as the program passed them.
func translateSyscall(text []byte, ids about) ([]byte, bool) {
	const number, args = 1, 6
	row := bytes.Fields(text)
	if len(row) < number+args {
		return text, false // running, or not in a call
	}
	passed, ok := ids.CallArgs(ids.tid)
	if !ok {
		return text, false
	}
	e := edit{text: text}
	at := 0
	for i, field := range row[:number+args] {
		at += bytes.Index(text[at:], field)
		if i >= number {
			e.replace(at, at+len(field), fmt.Sprintf("%#x", passed[i-number]))
		}
		at += len(field)
	}
	return e.result()
}

// translateLoadavg rewrites /proc/loadavg, whose last field is the id that was
// given last.
func translateLoadavg(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	end := len(bytes.TrimRight(text, "\n"))
	at := bytes.LastIndexByte(text[:end], ' ') + 1
	if real, ok := parseID(text[at:end]); ok && at > 0 {
		e.replace(at, end, strconv.Itoa(int(ids.LastID(real))))
	}
	return e.result()
}

// translateLastPID rewrites /proc/sys/kernel/ns_last_pid.
func translateLastPID(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	end := len(bytes.TrimRight(text, "\n"))
	if real, ok := parseID(text[:end]); ok {
		e.replace(0, end, strconv.Itoa(int(ids.LastID(real))))
	}
	return e.result()
}

// translatePIDMax rewrites /proc/sys/kernel/pid_max.
func translatePIDMax(text []byte, ids about) ([]byte, bool) {
	e := edit{text: text}
	e.replace(0, len(bytes.TrimRight(text, "\n")), strconv.Itoa(int(ids.IDMax())))
	return e.result()
}
