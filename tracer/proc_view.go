package tracer

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/cred"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
)

// A procView shows package procfs the file system as a task sees it, and the
// ids as its space has them. It implements procfs.FS and procfs.IDs.
type procView struct {
	s *supervisor
	t *task
}

// procRootInode is the inode of the root directory of every procfs
// (fs/proc/internal.h, PROC_ROOT_INO).
const procRootInode = 1

// procMagic is f_type of procfs (linux/magic.h, PROC_SUPER_MAGIC).
const procMagic = 0x9fa0

// root is the path that leads to the task's root directory.
func (v procView) root() string { return fmt.Sprintf("/proc/%d/root", v.t.tid) }

// Outside implements procfs.FS.
func (v procView) Outside(path string) bool {
	if served(v.t, path) {
		return true
	}
	root, err := unix.Open(v.root(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(root)
	fd, err := unix.Openat2(root, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type != procMagic
}

// Place implements procfs.FS.
func (v procView) Place(path string) procfs.Place {
	if served(v.t, path) {
		return procfs.Elsewhere
	}
	full := v.root() + path
	fd, err := unix.Open(full, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return procfs.Elsewhere
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &fs) != nil || fs.Type != procMagic || unix.Fstat(fd, &st) != nil {
		return procfs.Elsewhere
	}
	if st.Ino != procRootInode {
		return procfs.Inside
	}
	var self [16]byte
	n, err := unix.Readlinkat(fd, "self", self[:])
	if err != nil || string(self[:n]) != strconv.Itoa(v.s.self) {
		return procfs.Elsewhere
	}
	return procfs.Top
}

// Readlink implements procfs.FS.
func (v procView) Readlink(path string) (string, error) {
	if served(v.t, path) {
		return "", unix.EINVAL
	}
	return os.Readlink(v.root() + path)
}

// VirtualTID implements procfs.IDs.
func (v procView) VirtualTID(r int32) (int32, bool) { return v.virtual(abi.TID, r) }

// VirtualTGID implements procfs.IDs.
func (v procView) VirtualTGID(r int32) (int32, bool) { return v.virtual(abi.TGID, r) }

// VirtualPGID implements procfs.IDs.
func (v procView) VirtualPGID(r int32) (int32, bool) { return v.virtual(abi.PGID, r) }

// VirtualSID implements procfs.IDs.
func (v procView) VirtualSID(r int32) (int32, bool) { return v.virtual(abi.SID, r) }

func (v procView) virtual(k abi.Kind, r int32) (int32, bool) {
	x := v.s.toVirtual(k, r)
	return x, x != 0
}

// NetlinkPort implements procfs.IDs. Sockets of renumbered processes have the
// virtual id of theirs for a port (supervisor.port), except for the few that
// the kernel has named.
func (v procView) NetlinkPort(port int32) int32 {
	if _, ok := v.s.lookupReal(abi.TGID, port); ok {
		return port
	}
	if shown, ok := v.VirtualTGID(port); ok {
		return shown
	}
	return port
}

// RunState implements procfs.IDs: a task that is in a group stop shows it;
// others run, except that a task which waits for the supervisor's next look at
// it would not be stopped at all.
func (v procView) RunState(tid int32) byte {
	if t := v.s.tasks[int(tid)]; t != nil && t.state == stateStopped {
		return 'T'
	}
	return 'R'
}

// HideFilters implements procfs.IDs.
func (v procView) HideFilters(tid int32) (filters int, noNewPrivs bool) {
	t := v.s.tasks[int(tid)]
	switch {
	case t != nil && t.proc != nil:
		o := v.s.oursIn(t)
		return o.filters, o.noNewPrivs
	case t == nil && v.s.space.State(pidspace.RTID(tid)) == pidspace.Zombie:
		o := v.s.departed.of[int(tid)].ours
		return o.filters, o.noNewPrivs
	}
	return 0, false
}

// ours is what a task has only because of the supervisor.
type ours struct {
	filters    int
	noNewPrivs bool
}

func (s *supervisor) oursIn(t *task) ours {
	if s.cmd.NoSeccomp {
		return ours{}
	}
	o := ours{filters: 1, noNewPrivs: s.noNewPrivs && !t.noNewPrivs}
	for _, on := range t.proc.lazy {
		if on {
			o.filters++
		}
	}
	return o
}

// Credentials implements procfs.IDs.
func (v procView) Credentials(tid int32) *cred.Cred {
	if v.s.space.State(pidspace.RTID(tid)) == pidspace.Tombstone {
		return nil // the number is somebody else's by now
	}
	return v.s.credOf(int(tid))
}

// CallArgs implements procfs.IDs.
func (v procView) CallArgs(tid int32) (args [6]uint64, ok bool) {
	t := v.s.tasks[int(tid)]
	if t == nil || t.call.row == nil || t.call.changed == 0 {
		return args, false
	}
	return t.call.args, true
}

// LastID implements procfs.IDs.
func (v procView) LastID(real int32) int32 {
	if last, ok := v.s.space.Last(); ok {
		return int32(last)
	}
	return v.s.toVirtual(abi.TID, real)
}

// IDMax implements procfs.IDs.
func (v procView) IDMax() int32 { return int32(v.s.space.PIDMax()) }
