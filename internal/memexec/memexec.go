// Package memexec starts programs from files that need no name, such as those
// in memory.
package memexec

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrNoProc says that there is no /proc, without which a file that has no name
// cannot be executed.
var ErrNoProc = errors.New("/proc is not mounted")

// ForkExec is syscall.ForkExec of the program that image is open on.
func ForkExec(image *os.File, argv []string, attr *syscall.ProcAttr) (int, error) {
	defer runtime.KeepAlive(image)
	fd := int(image.Fd())
	if beyond := reach(attr.Files); fd < beyond {
		// With a low limit there may be no such number. Then most
		// numbers do well enough.
		if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, beyond); err == nil {
			defer unix.Close(high)
			fd = high
		}
	}
	path := fmt.Sprintf("/proc/self/fd/%d", fd)
	pid, err := syscall.ForkExec(path, argv, attr)
	if err == unix.ENOENT && unix.Access(path, unix.F_OK) != nil {
		err = ErrNoProc
	}
	return pid, err
}

// reach is above every descriptor that the new process may have put another
// file under when it comes to the exec: those of files; above them one for each
// file that would be overwritten before it is in its place; and one that its
// errors go through.
func reach(files []uintptr) int {
	last, moved := len(files), 0
	for i, fd := range files {
		last = max(last, int(fd))
		if int(fd) < i {
			moved++
		}
	}
	return last + 1 + moved + 1 + 1
}
