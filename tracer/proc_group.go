package tracer

import (
	"bytes"
	"path"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// groupFiles are the files of control groups that list ids, and take one
// (cgroups(7)).
var groupFiles = map[string]abi.Kind{
	"cgroup.procs":   abi.TGID,
	"cgroup.threads": abi.TID,
	"tasks":          abi.TID,
}

// isGroupFile tells whether a path may lead to one, by its name alone.
func isGroupFile(name string) bool {
	switch path.Base(name) {
	case "cgroup.procs", "cgroup.threads", "tasks":
		return true
	}
	return false
}

// isGroup tells whether a file of a task is one of a control group.
func isGroup(t *task, path string) bool {
	st, err := cachedStat(path)
	if err != nil {
		return false
	}
	switch fileSystemOf(t, st) {
	case "cgroup", "cgroup2":
		return true
	case "":
		var fs unix.Statfs_t
		return unix.Statfs(path, &fs) == nil && (fs.Type == unix.CGROUP_SUPER_MAGIC || fs.Type == unix.CGROUP2_SUPER_MAGIC)
	}
	return false
}

// groupVersion is the version of control groups that an open file belongs to,
// 0 for another file.
func groupVersion(fd int) int {
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil {
		return 0
	}
	switch st.Type {
	case unix.CGROUP_SUPER_MAGIC:
		return 1
	case unix.CGROUP2_SUPER_MAGIC:
		return 2
	}
	return 0
}

// translateGroup rewrites a list of ids. Of those that the tree does not know
// version 1 shows none, and sorts; version 2 shows them as 0, and does not.
func (s *supervisor) translateGroup(text []byte, name string, fd int) (out []byte, changed bool) {
	var ids []int32
	for line := range bytes.Lines(text) {
		real, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 32)
		if err != nil {
			return text, false
		}
		ids = append(ids, s.toVirtual(groupFiles[name], int32(real)))
	}
	if groupVersion(fd) == 1 {
		ids = slices.DeleteFunc(ids, func(v int32) bool { return v == 0 })
		slices.Sort(ids)
	}
	for _, v := range ids {
		out = append(strconv.AppendInt(out, int64(v), 10), '\n')
	}
	return out, !bytes.Equal(out, text)
}
