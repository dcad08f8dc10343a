package kernel

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/memexec"
)

// maxLimit is one more than the largest id that any kernel has
// (PID_MAX_LIMIT).
const maxLimit = 4194304

// pidMax is kernel.pid_max, one more than the largest id; 0 if unknown.
func pidMax() int {
	n, err := strconv.Atoi(readLine("/proc/sys/kernel/pid_max"))
	if err != nil {
		return 0
	}
	return n
}

// inRange says whether the machine has an id.
func inRange(pid int) error {
	if most := pidMax(); pid < 1 || most > 0 && pid >= most {
		return outOfRange(pid)
	}
	return nil
}

func outOfRange(pid int) error {
	return &RangeError{PID: pid, Max: pidMax()}
}

func inUse(pid int) error {
	return &InUseError{PID: pid, Holder: FindHolder(pid)}
}

// notPermitted words the lack of the capability.
func notPermitted(op string, errno unix.Errno) error {
	return &PermissionError{Op: op, Why: "it " + neededCapability, Fix: gainCapability, Err: errno}
}

// cannotFork words the failure to make a process.
func cannotFork(errno unix.Errno) error {
	e := &SetupError{Op: "make a process", Err: errno}
	if errno == unix.EAGAIN {
		e.Why, e.Fix = "the user, the control group or the machine has as many as it may have", "see ulimit -u and pids.max"
	}
	return e
}

// cannotStart words the failure to execute the starting program.
func cannotStart(err error) error {
	e := &SetupError{Op: "start a process", Err: err}
	if errors.Is(err, memexec.ErrNoProc) {
		e.Fix = "mount it: mount -t proc proc /proc"
	}
	return e
}

// cause is the errno in err, or err.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// readLine reads a file of one line; "" if it cannot.
func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// statusField reads a field of this process's status (proc(5)).
func statusField(name string) string {
	for line := range strings.Lines(readLine("/proc/self/status")) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
