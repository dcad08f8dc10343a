package procfs

import (
	"cmp"
	"path"
)

// File is a kind of file whose text holds ids.
type File uint8

const (
	// NoFile is any file that this package does not translate.
	NoFile File = iota
	// Stat is /proc/PID/stat and /proc/PID/task/TID/stat.
	Stat
	// Status is /proc/PID/status and /proc/PID/task/TID/status.
	Status
	// Children is /proc/PID/task/TID/children.
	Children
	// Sched is /proc/PID/sched, also of a thread, as all that follow.
	Sched
	// Syscall is /proc/PID/syscall.
	Syscall
	// Timers is /proc/PID/timers.
	Timers
	// FDInfo is /proc/PID/fdinfo/N.
	FDInfo
	// Netlink is /proc/PID/net/netlink, where /proc/net leads.
	Netlink
	// FlowLabel is /proc/PID/net/ip6_flowlabel.
	FlowLabel
	// Locks is /proc/locks.
	Locks
	// Loadavg is /proc/loadavg.
	Loadavg
	// SysvMsg is /proc/sysvipc/msg.
	SysvMsg
	// SysvShm is /proc/sysvipc/shm.
	SysvShm
	// Keys is /proc/keys.
	Keys
	// LastPID is /proc/sys/kernel/ns_last_pid.
	LastPID
	// PIDMax is /proc/sys/kernel/pid_max.
	PIDMax
)

// MaxText is how much of a file the supervisor should be willing to read for
// a translation. Files about one process stay far below it.
const MaxText = 1 << 20

// scope says in which directories a name has its meaning.
type scope uint8

const (
	inProcess scope = 1 << iota // /proc/PID
	inThread                    // /proc/PID/task/TID
	inRoot                      // /proc
)

// about is what a translation is told besides the text.
type about struct {
	IDs
	tid int32 // the task that the file is about, real
}

// content is one row of the table of translated files.
type content struct {
	// path leads to the file from a directory of its scope; "N" at its end
	// is any file descriptor.
	path      string
	in        scope
	translate func(text []byte, ids about) ([]byte, bool)
}

// contents is the table of translated files. To add a file: a constant, a row
// and a translator. Candidate, Resolve and Translate follow it.
var contents = [...]content{
	Stat:      {"stat", inProcess | inThread, plain(TranslateStat)},
	Status:    {"status", inProcess | inThread, plain(TranslateStatus)},
	Children:  {"children", inThread, translateChildren},
	Sched:     {"sched", inProcess | inThread, translateSched},
	Syscall:   {"syscall", inProcess | inThread, translateSyscall},
	Timers:    {"timers", inProcess, translateTimers},
	FDInfo:    {"fdinfo/N", inProcess | inThread, translateFDInfo},
	Netlink:   {"net/netlink", inProcess | inThread, translateNetlink},
	FlowLabel: {"net/ip6_flowlabel", inProcess | inThread, translateFlowLabel},
	Locks:     {"locks", inRoot, translateLocks},
	Loadavg:   {"loadavg", inRoot, translateLoadavg},
	SysvMsg:   {"sysvipc/msg", inRoot, translateSysvMsg},
	SysvShm:   {"sysvipc/shm", inRoot, translateSysvShm},
	Keys:      {"keys", inRoot, translateKeys},
	LastPID:   {"sys/kernel/ns_last_pid", inRoot, translateLastPID},
	PIDMax:    {"sys/kernel/pid_max", inRoot, translatePIDMax},
}

// plain fits a translator that needs to know nothing but ids.
func plain(f func([]byte, IDs) ([]byte, bool)) func([]byte, about) ([]byte, bool) {
	return func(text []byte, ids about) ([]byte, bool) { return f(text, ids.IDs) }
}

// String gives the file's name in its directory.
func (f File) String() string {
	if f == NoFile || int(f) >= len(contents) {
		return ""
	}
	return path.Base(contents[f].path)
}

// Translate rewrites the text of the file from real to virtual ids; tid is the
// task that the file is about, if it is about one. It returns text itself and
// false when nothing had to change.
func (f File) Translate(text []byte, tid int32, ids IDs) ([]byte, bool) {
	if f == NoFile || int(f) >= len(contents) {
		return text, false
	}
	return contents[f].translate(text, about{ids, tid})
}

// contentNames are the names of translated files by their length.
var contentNames = func() (names [32][]string) {
	for f := range contents {
		if name := File(f).String(); name != "" && name != "N" {
			names[len(name)] = append(names[len(name)], name)
		}
	}
	return names
}()

// isContentName tells whether some directory has a translated file of that
// name. Descriptor 0 is the only one whose name is not that of an id.
func isContentName(name string) bool {
	if len(name) >= len(contentNames) {
		return false
	}
	for _, n := range contentNames[len(name)] {
		if n == name {
			return true
		}
	}
	return name == "0"
}

// fileIn returns the translated file that a path leads to from a directory of
// a scope.
func fileIn(in scope, name string) File {
	if dir, fd := path.Split(name); dir == "fdinfo/" && isDescriptor(fd) {
		name = "fdinfo/N"
	}
	for i := range contents {
		if contents[i].in&in != 0 && contents[i].path == name {
			return File(i)
		}
	}
	return NoFile
}

// isDescriptor tells whether a name can be that of a file descriptor.
func isDescriptor(name string) bool { return name == "0" || isID(name) }

// FileAt returns the translated file that a path from the root of a procfs
// leads to, in real numbers, and the task that it is about.
func FileAt(within string) (f File, tid int32) {
	n := classify(within)
	return n.file, cmp.Or(n.tid, n.pid)
}
