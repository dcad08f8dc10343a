package procfs

import (
	"path"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const procRootInode = 1

// realFS answers from the kernel for a tracee with the given root directory.
// The tracee is the test process itself or shares its mount namespace.
type realFS struct {
	root int    // descriptor of the tracee's root
	text string // path of that root, "" when it is ours
}

func newRealFS(t testing.TB, root string) realFS {
	t.Helper()
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return realFS{root: fd, text: strings.TrimSuffix(root, "/")}
}

func (r realFS) rel(p string) string {
	if p = strings.TrimPrefix(p, "/"); p == "" {
		return "."
	}
	return p
}

func (r realFS) Outside(p string) bool {
	fd, err := unix.Openat2(r.root, p, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type != unix.PROC_SUPER_MAGIC
}

func (r realFS) Place(p string) Place {
	fd, err := unix.Openat(r.root, r.rel(p), unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return Elsewhere
	}
	defer unix.Close(fd)
	var sfs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &sfs) != nil || sfs.Type != unix.PROC_SUPER_MAGIC || unix.Fstat(fd, &st) != nil {
		return Elsewhere
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		return Elsewhere
	case st.Ino != procRootInode:
		return Inside
	}
	var buf [16]byte
	n, err := unix.Readlinkat(fd, "self", buf[:])
	if err != nil || string(buf[:n]) != strconv.Itoa(unix.Getpid()) {
		return Elsewhere
	}
	return Top
}

func (r realFS) Readlink(p string) (string, error) {
	var buf [4096]byte
	rel := r.rel(p)
	if rel == "." {
		return "", syscall.EINVAL
	}
	n, err := unix.Readlinkat(r.root, rel, buf[:])
	if err != nil {
		return "", err
	}
	text := string(buf[:n])
	if r.text != "" && isMagicPath(p) {
		switch {
		case text == r.text:
			text = "/"
		case strings.HasPrefix(text, r.text+"/"):
			text = text[len(r.text):]
		default:
			text = "(unreachable)" + text
		}
	}
	return text, nil
}

// isMagicPath is a guess that is good enough for the paths of the tests.
func isMagicPath(p string) bool {
	switch path.Base(p) {
	case "cwd", "root", "exe":
		return true
	}
	return path.Base(path.Dir(p)) == "fd"
}

// counting counts the questions.
type counting struct {
	FS
	n int
}

func (c *counting) Outside(p string) bool             { c.n++; return c.FS.Outside(p) }
func (c *counting) Place(p string) Place              { c.n++; return c.FS.Place(p) }
func (c *counting) Readlink(p string) (string, error) { c.n++; return c.FS.Readlink(p) }
