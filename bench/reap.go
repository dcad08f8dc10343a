package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// reapLimit is how long processes get to die that were killed.
const reapLimit = 10 * time.Second

// Reap ends all children of this process, and then those that it adopts by
// that, until there are none.
func Reap() error {
	for deadline := time.Now().Add(reapLimit); ; {
		// Often there is nobody, and that is quickly told.
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG|unix.WALL, nil)
		switch {
		case err == unix.ECHILD:
			return nil
		case err != nil && err != unix.EINTR:
			return fmt.Errorf("wait4: %w", err)
		case err == nil && pid == 0:
			if time.Now().After(deadline) {
				return errors.New("a process that was measured cannot be killed")
			}
			for _, child := range children() {
				_ = unix.Kill(child, unix.SIGKILL)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// children lists the children of this process. Where the kernel has no such
// list they are searched for.
func children() (pids []int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	if len(lists) > 0 {
		return pids
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		text, _ := os.ReadFile(stat)
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids
}
