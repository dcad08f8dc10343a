package kernel

import (
	"fmt"
	"os"
)

// Sent tells whether the process pid, which a signal for this process names
// as its sender (si_pid of sigaction(2)), is the program or one under it. A
// process that has ended since cannot be told any more.
func (c *Cmd) Sent(pid int) bool {
	if c.run == nil || pid <= 0 {
		return false
	}
	if c.Mechanism != Namespace {
		return descends(pid, os.Getpid())
	}
	// The kernel leaves si_pid as it is in the sender's namespace. An id
	// that exists in ours as well is taken for one of those, which are few.
	first := c.run.initPID
	_, err := os.Stat(fmt.Sprintf("/proc/%d/root/proc/%d", first, pid))
	return err == nil
}

// descends tells whether pid is a process under the process top.
func descends(pid, top int) bool {
	for range 1 << 16 { // ids may be used again while we look
		if pid <= 1 {
			return false
		}
		s, _ := readStat(pid)
		if pid = s.ppid; pid == top {
			return true
		}
	}
	return false
}
