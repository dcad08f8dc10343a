package tracer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A coreDir is the folder that a task has dumped core in. Who can write there may
// put anything in the way, and this process may be root: it only touches files
// that the kernel would dump to for the task, which are its own, with no other
// name (fs/coredump.c). No name is looked up twice from outside the folder.
type coreDir struct {
	fd    int
	owner uint32
}

const (
	// maxCoreNames bounds the names that are looked at, maxCores the files.
	maxCoreNames = 1 << 12
	maxCores     = 64
)

// openCoreDir opens the folder part of a core_pattern.
func openCoreDir(t *task, dir string) (*coreDir, error) {
	owner, err := fileUser(t.tid)
	if err != nil {
		return nil, err
	}
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	from, how := "cwd", unix.OpenHow{Flags: flags}
	if path.IsAbs(dir) {
		from, how.Resolve = "root", unix.RESOLVE_IN_ROOT
	}
	base, err := unix.Open(fmt.Sprintf("/proc/%d/%s", t.tid, from), flags, 0)
	if err != nil {
		return nil, fmt.Errorf("the task's %s: %w", from, err)
	}
	fd := base
	if dir != "" {
		fd, err = unix.Openat2(base, cmp.Or(strings.TrimLeft(dir, "/"), "."), &how)
		_ = unix.Close(base)
		if err != nil {
			return nil, fmt.Errorf("the folder %s: %w", dir, err)
		}
	}
	d := &coreDir{fd, owner}
	var st unix.Statx_t
	err = unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_BASIC_STATS, &st)
	if err == nil && strings.HasPrefix(fileSystemOf(t, st), "fuse") {
		err = errors.New("it is in a file system of FUSE, which may wait for pidsim")
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *coreDir) close() { _ = unix.Close(d.fd) }

// fileUser is the user that a task's files belong to.
func fileUser(tid int) (uint32, error) {
	users := strings.Fields(fieldOf(fmt.Sprintf("/proc/%d/status", tid), "Uid"))
	if len(users) != 4 {
		return 0, fmt.Errorf("task %d has no users", tid)
	}
	n, err := strconv.ParseUint(users[3], 10, 32)
	return uint32(n), err
}

// candidates are the files that may be core files of a name, the newest first.
func (d *coreDir) candidates(c coreName) ([]string, error) {
	if c.only != "" {
		return []string{c.only}, nil
	}
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), ".")
	defer f.Close()
	names, err := f.Readdirnames(maxCoreNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	times := map[string]int64{}
	for _, name := range names {
		if st, ok := d.own(name); ok && c.pattern.MatchString(name) {
			times[name] = st.Mtim.Nano()
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { _, ok := times[name]; return !ok })
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(times[b], times[a]) })
	return names[:min(len(names), maxCores)], nil
}

// own tells whether a name is that of a file which the kernel would dump to.
func (d *coreDir) own(name string) (st unix.Stat_t, ok bool) {
	err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err == nil && d.accepts(&st)
}

func (d *coreDir) accepts(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink == 1 && st.Uid == d.owner
}

// open opens a core file. It is errNoCore if it cannot be one.
func (d *coreDir) open(name string) (*os.File, error) {
	if _, ok := d.own(name); !ok {
		return nil, errNoCore
	}
	fd, err := unix.Openat(d.fd, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || !d.accepts(&st) {
		_ = f.Close()
		return nil, errNoCore
	}
	return f, nil
}

// rename gives a core file another name. It takes the place of an earlier core
// file, as the kernel's would, but of nothing else.
func (d *coreDir) rename(name, to string) error {
	if name == to {
		return nil
	}
	err := unix.Renameat2(d.fd, name, d.fd, to, unix.RENAME_NOREPLACE)
	// EINVAL is of file systems that know no such flag.
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EINVAL) {
		var st unix.Stat_t
		there := unix.Fstatat(d.fd, to, &st, unix.AT_SYMLINK_NOFOLLOW)
		if there == nil && !d.accepts(&st) {
			return fmt.Errorf("its name keeps the real id: %s is another file", to)
		}
		err = unix.Renameat(d.fd, name, d.fd, to)
	}
	if err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	return nil
}
