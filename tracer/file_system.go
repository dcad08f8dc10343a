package tracer

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// The file system of a file may be a process of the tree (FUSE). That waits for
// this process while it is stopped, and so this one must not wait for it: what
// the kernel does not know by itself is not asked for.

// cachedStat is what the kernel knows of a file.
func cachedStat(path string) (st unix.Statx_t, err error) {
	err = unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS, &st)
	return st, err
}

// fileSystemOf is the type of the file system that has a file, such as mqueue;
// empty if it is not mounted where the task is.
func fileSystemOf(t *task, st unix.Statx_t) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", t.tid))
	if err != nil {
		return ""
	}
	device := fmt.Sprintf("%d:%d", st.Dev_major, st.Dev_minor)
	for line := range strings.Lines(string(text)) {
		if mount, rest, ok := strings.Cut(line, " - "); ok {
			if f := strings.Fields(mount); len(f) > 2 && f[2] == device {
				kind, _, _ := strings.Cut(rest, " ")
				return kind
			}
		}
	}
	return ""
}

// isProc tells whether a file is one of procfs.
func isProc(path string) bool {
	const blockSize = 1024 // fs/proc/root.c
	st, err := cachedStat(path)
	if err != nil || st.Dev_major != 0 || st.Blksize != blockSize {
		return false
	}
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == procMagic
}

// served tells whether a path of a task leads into a file system of FUSE by its
// text. What is in /proc is not asked for, because nearly all is procfs there.
func served(t *task, path string) bool {
	if path == "/proc" || strings.HasPrefix(path, "/proc/") {
		return false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", t.tid))
	if err != nil {
		return false
	}
	return servedBy(string(text), path)
}

// servedBy is served for the text of mountinfo (proc(5)). The last mount on the
// longest way counts.
func servedBy(mounts, path string) bool {
	longest, fuse := 0, false
	for line := range strings.Lines(mounts) {
		mount, rest, ok := strings.Cut(line, " - ")
		f := strings.Fields(mount)
		if !ok || len(f) < 5 {
			continue
		}
		point := mountPoint.Replace(f[4])
		if len(point) >= longest && (point == "/" || path == point || strings.HasPrefix(path, point+"/")) {
			longest, fuse = len(point), strings.HasPrefix(rest, "fuse")
		}
	}
	return fuse
}

// mountPoint undoes what the kernel does to a name in mountinfo.
var mountPoint = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
