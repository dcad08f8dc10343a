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

// childTime is the processor time of all children that have been waited for,
// and of those that they had waited for.
func childTime() time.Duration {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Reap ends all children of this process, and then those that it adopts by
// that, until there are none. Those that were there before Open are left alone.
func (l *Lab) Reap() error {
	unseen := 0 // how often nobody was found though there is a child
	for deadline := time.Now().Add(reapLimit); ; {
		// Often there is nobody, and that is quickly told.
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, unix.WNOHANG|unix.WALL, nil)
		switch {
		case err == unix.ECHILD:
			return nil
		case err != nil && err != unix.EINTR:
			return fmt.Errorf("wait4: %w", err)
		case err == nil && pid > 0:
			delete(l.before, pid)
		case err == nil:
			found := 0
			for _, child := range children() {
				if !l.before[child] {
					found++
					_ = unix.Kill(child, unix.SIGKILL)
				}
			}
			// The kernel's list can miss one while others end.
			if unseen++; found > 0 {
				unseen = 0
			}
			switch {
			case unseen > 1 && len(l.before) > 0:
				return nil
			case time.Now().After(deadline):
				return errors.New("a process that was measured cannot be killed")
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
		// The name, in parentheses, may hold anything (proc(5)).
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids
}
