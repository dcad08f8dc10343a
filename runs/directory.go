package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// A place is where the directory with the sockets can be.
type place struct {
	base string
	name string
	// shared says that base belongs to everybody, as /tmp does.
	shared bool
}

// places lists them in the order of preference.
func places() []place {
	uid := strconv.Itoa(os.Geteuid())
	var all []place
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		all = append(all, place{base: dir, name: "pidsim"})
	}
	return append(all,
		place{base: "/run/user/" + uid, name: "pidsim"},
		place{base: os.TempDir(), name: ".pidsim-" + uid, shared: true})
}

// directory opens the first usable directory and makes it if need be.
func directory() (*os.File, error) {
	var errs []error
	for _, p := range places() {
		dir, err := p.open(true)
		if err == nil {
			return dir, nil
		}
		errs = append(errs, err)
	}
	return nil, errs[len(errs)-1]
}

// directories opens every directory that there is, each once.
func directories() []*os.File {
	var (
		dirs []*os.File
		seen = map[[2]uint64]bool{}
	)
	for _, p := range places() {
		dir, err := p.open(false)
		if err != nil {
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(int(dir.Fd()), &st) != nil || seen[[2]uint64{st.Dev, st.Ino}] {
			dir.Close()
			continue
		}
		seen[[2]uint64{st.Dev, st.Ino}] = true
		dirs = append(dirs, dir)
	}
	return dirs
}

// open opens the directory and makes sure that it is the user's alone. All
// that follows is relative to the descriptor, so that nobody can exchange it.
func (p place) open(create bool) (*os.File, error) {
	path := filepath.Join(p.base, p.name)
	base, err := unix.Open(p.base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: p.base, Err: err}
	}
	defer unix.Close(base)
	if !p.shared {
		if err := own(base, 0o022); err != nil {
			return nil, fmt.Errorf("%s %w", p.base, err)
		}
	}
	fd, err := openDir(base, p.name)
	if create && err == unix.ENOENT {
		// Another run may be the first to make it.
		if err = unix.Mkdirat(base, p.name, 0o700); err == nil || err == unix.EEXIST {
			fd, err = openDir(base, p.name)
		}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if err := own(fd, 0o077); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// openDir opens a directory that is no symbolic link.
func openDir(base int, name string) (int, error) {
	return unix.Openat(base, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

var (
	errForeign = errors.New("belongs to another user")
	errOpen    = errors.New("can be used by others")
)

// own fails unless the directory is this user's and others have none of the
// rights in mask.
func own(fd int, mask uint32) error {
	var st unix.Stat_t
	switch err := unix.Fstat(fd, &st); {
	case err != nil:
		return err
	case st.Uid != uint32(os.Geteuid()):
		return errForeign
	case st.Mode&mask != 0:
		return errOpen
	}
	return nil
}

// entry is the name of a file in the directory that fits into the address of a
// socket, however long the directory's own is.
func entry(dir *os.File, name string) string {
	return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + name
}
