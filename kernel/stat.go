package kernel

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
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
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	return parseStat(b)
}

// parseStat reads its contents. The name is in parentheses and may hold some
// itself.
func parseStat(b []byte) (s stat, ok bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open {
		return s, false
	}
	fields := strings.Fields(string(b[end+1:])) // from the state, field 3, on
	if len(fields) < 20 || len(fields[0]) != 1 {
		return s, false
	}
	s.comm, s.state = string(b[open+1:end]), fields[0][0]
	var errs [5]error
	s.pid, errs[0] = strconv.Atoi(strings.TrimSpace(string(b[:open])))
	s.ppid, errs[1] = strconv.Atoi(fields[1])
	s.group, errs[2] = strconv.Atoi(fields[2])
	s.session, errs[3] = strconv.Atoi(fields[3])
	s.start, errs[4] = strconv.ParseUint(fields[19], 10, 64)
	for _, err := range errs {
		if err != nil {
			return stat{}, false
		}
	}
	return s, true
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
