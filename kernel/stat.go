package kernel

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pidsim/pidsim/internal/procstat"
)

// stat is what /proc/PID/stat says about a task (proc(5)).
type stat struct {
	pid                  int
	comm                 string
	state                byte
	ppid, group, session int
	start                uint64 // in ticks since the boot
}

// ticks is the unit of times in /proc on every Linux: USER_HZ.
const ticks = 100

// readStat reads the stat file of a process or thread.
func readStat(pid int) (stat, bool) {
	s, err := procstat.Read("/proc/" + strconv.Itoa(pid))
	if err != nil {
		return stat{}, false
	}
	return stat{pid: pid, comm: s.Comm, state: s.State, ppid: s.PPID, group: s.PGRP, session: s.Session, start: s.Start}, true
}

// stateOf is the state of a task, 0 when it cannot be seen.
func stateOf(pid int) byte {
	s, _ := readStat(pid)
	return s.state
}

// age is how long ago a task started; negative if unknown.
func (s stat) age() time.Duration {
	word, _, _ := strings.Cut(readLine("/proc/uptime"), " ")
	up, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return -1
	}
	return max(0, time.Duration((up-float64(s.start)/ticks)*float64(time.Second)))
}

// eachProcess calls f for all processes that /proc shows, until f is done.
func eachProcess(f func(stat) (done bool)) {
	dir, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && f(s) {
			return
		}
	}
}
