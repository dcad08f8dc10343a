package main

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// held asks the kernel whether the stopped process pid (a real id) remains so:
// it is there and no signal that would continue or kill it is on its way. Such
// a signal is pending until the supervisor has let the process go on.
func held(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && heldBy(string(status))
}

// heldBy reads the contents of a status file (proc(5)).
func heldBy(status string) bool {
	const wake = 1<<(unix.SIGCONT-1) | 1<<(unix.SIGKILL-1)
	held := false
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "State":
			held = strings.HasPrefix(value, "T") || strings.HasPrefix(value, "t")
		case "SigPnd", "ShdPnd":
			pending, err := strconv.ParseUint(value, 16, 64)
			if err != nil || pending&wake != 0 {
				return false
			}
		}
	}
	return held
}
