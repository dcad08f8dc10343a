package suites

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stressors are those of stress-ng that deal with processes, their ids,
// signals, locks, terminals, and what System V and netlink tell of them.
var stressors = []struct {
	name string
	ops  int
	// seconds are when the stressor stops, even if it has not done ops.
	seconds int
	short   bool // run with -short, too
	more    []string
}{
	{name: "clone", ops: 60, seconds: 20},
	{name: "fork", ops: 500, seconds: 20, short: true},
	{name: "vfork", ops: 500, seconds: 20},
	{name: "kill", ops: 200, seconds: 20, short: true},
	{name: "pidfd", ops: 200, seconds: 20},
	{name: "sigq", ops: 500, seconds: 20},
	{name: "session", ops: 200, seconds: 20},
	{name: "wait", ops: 200, seconds: 20, short: true},
	{name: "zombie", ops: 500, seconds: 20},
	{name: "daemon", ops: 300, seconds: 20},
	{name: "fcntl", ops: 200, seconds: 20},
	{name: "lockf", ops: 500, seconds: 20},
	// Other tests need terminals, too.
	{name: "pty", ops: 20, seconds: 20, more: []string{"--pty-max", "64"}},
	{name: "schedpolicy", ops: 100, seconds: 20},
	{name: "procfs", ops: 20, seconds: 10},
	{name: "sem-sysv", ops: 500, seconds: 20},
	{name: "shm-sysv", ops: 20, seconds: 20},
	{name: "sockpair", ops: 50, seconds: 20},
	{name: "netlink-task", ops: 200, seconds: 20},
	{name: "prctl", ops: 50, seconds: 20, short: true},
}

// TestStressNG runs stressors that verify what the kernel does.
func TestStressNG(t *testing.T) {
	t.Parallel()
	need(t, "stress-ng")
	for _, s := range stressors {
		t.Run(s.name, func(t *testing.T) {
			if testing.Short() && !s.short {
				t.Skip("left out by -short")
			}
			t.Parallel()
			found := inAllWays(t, func(t *testing.T, w way) findings {
				dir := workspace(t, users()[0])
				c := command{
					way: w, user: users()[0], dir: dir, limit: time.Minute,
					argv: []string{
						"stress-ng", "--verify", "--metrics-brief", "--no-rand-seed", "--temp-path", dir,
						"--" + s.name, "2", "--" + s.name + "-ops", strconv.Itoa(s.ops),
						"--timeout", strconv.Itoa(s.seconds),
					},
				}
				c.argv = append(c.argv, s.more...)
				r := c.run(t)
				f := stressFindings(r.out, s.name, s.ops)
				f["exit status"] = strconv.Itoa(r.code)
				if w != native && !strings.Contains(r.out, "["+strconv.Itoa(c.id)+"]") {
					t.Errorf("%s: the messages do not come from process %d:\n%s", w.name, c.id, tail(r.out))
				}
				return f
			})
			for _, w := range simulated {
				compare(t, "stress-ng "+s.name, w, found[native], found[w])
			}
		})
	}
}

var stressMessage = regexp.MustCompile(`^stress-ng: *(\w+): *\[\d+\] +(.*)`)

// stressFindings takes the messages about failures, and how much was done.
func stressFindings(out, stressor string, ops int) findings {
	f := findings{"end": "none", "operations": "some"}
	var failures []string
	for line := range strings.Lines(out) {
		m := stressMessage.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		kind, text := m[1], m[2]
		fields := strings.Fields(text)
		switch {
		case kind == "metrc" && len(fields) == 7 && fields[0] == stressor:
			// It may do one more than it was asked for.
			if n, err := strconv.Atoi(fields[1]); err == nil && n >= ops {
				f["operations"] = "all"
			}
		case strings.Contains(text, "successful run completed"):
			f["end"] = fields[0]
		case kind != "info" && kind != "metrc":
			failures = append(failures, kind+": "+text)
		}
	}
	slices.Sort(failures)
	f["failures"] = strings.Join(slices.Compact(failures), "; ")
	return f
}
