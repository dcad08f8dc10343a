package suites

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long the ends of processes that were killed may take.
const patience = 10 * time.Second

// sweep ends every process that descends from this one and collects the
// orphans among them.
func sweep() error {
	self := os.Getpid()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		killDescendants(self)
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		for err == nil && pid > 0 {
			pid, err = unix.Wait4(-1, nil, unix.WNOHANG, nil)
		}
		if errors.Is(err, unix.ECHILD) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("processes that do not end: %v", descendants(self))
}

// killDescendants kills what descends from pid, but not pid itself.
func killDescendants(pid int) {
	for _, p := range descendants(pid) {
		_ = unix.Kill(p, unix.SIGKILL)
	}
}

// descendants lists the children of a process, their children and so on.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		if child, parent, ok := parentIn(stat); ok {
			children[parent] = append(children[parent], child)
		}
	}
	found := append([]int(nil), children[pid]...)
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// parentIn reads a process's id and its parent's from a stat file (proc(5)).
// The name of the program, in parentheses, can hold anything.
func parentIn(stat string) (child, parent int, ok bool) {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0, false
	}
	line := string(text)
	var state string
	_, errChild := fmt.Sscan(line, &child)
	_, errParent := fmt.Sscan(line[strings.LastIndexByte(line, ')')+1:], &state, &parent)
	return child, parent, errChild == nil && errParent == nil
}
