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
		// Other children of this process are not the program's: those of
		// a shell that has executed it.
		return within(pid, c.run.root)
	}
	// The kernel leaves si_pid as it is in the sender's namespace. An id
	// that exists in ours as well is taken for one of those, which are few.
	first := c.run.initPID
	_, err := os.Stat(fmt.Sprintf("/proc/%d/root/proc/%d", first, pid))
	return err == nil
}

// within tells whether pid is the process top or one under it.
func within(pid, top int) bool {
	for range 1 << 16 { // ids may be used again while we look
		s, found := readStat(pid)
		if !found || pid == top {
			return found
		}
		pid = s.ppid
	}
	return false
}
