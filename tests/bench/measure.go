package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A place says which CPUs a measurement may use.
type place uint8

const (
	// free is every CPU that this process has.
	free place = iota
	// one is a single CPU for program and supervisor.
	one
)

var placeByName = map[string]place{"free": free, "one": one}

// pid is the id that supervised programs get.
const pid = "4242"

// command prepares a run of program, in a mode or natively.
func (l *lab) command(m *mode, program ...string) *exec.Cmd {
	switch {
	case m == nil:
	case m.bare:
		program = append([]string{l.dynamic, "allow"}, program...)
	default:
		program = append(append([]string{l.pidsim, "--pid", pid, "--stats"}, m.args...), program...)
	}
	c := exec.Command(program[0], program[1:]...)
	c.Env = append(os.Environ(), "PROBE_STATIC="+l.static)
	return c
}

// start starts c on the CPUs of p. A process inherits them from the thread
// that makes it.
func start(c *exec.Cmd, p place) error {
	if p == free {
		return c.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, single unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	for cpu := len(all) * 64; cpu >= 0; cpu-- {
		if all.IsSet(cpu) {
			single.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &single); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	err := c.Start()
	if e := unix.SchedSetaffinity(0, &all); e != nil {
		return errors.Join(err, fmt.Errorf("sched_setaffinity: %w", e))
	}
	return err
}

// A cost is what a run as a whole has cost.
type cost struct {
	// cpu is the processor time in nanoseconds of all its processes.
	cpu float64
	// stops is the number of stops.
	stops float64
}

// whole runs c to its end and returns what it wrote and cost. A nil mode is
// native.
func whole(c *exec.Cmd, m *mode, p place) (stdout string, total cost, err error) {
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	err = start(c, p)
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		return "", cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, e.String())
	}
	total.cpu = float64(c.ProcessState.UserTime() + c.ProcessState.SystemTime())
	if m != nil && !m.bare {
		total.stops, err = stops(e.String())
	}
	return o.String(), total, err
}

// probe runs the probe and divides what it found by the operations it made.
func (l *lab) probe(m *mode, p place, args ...any) (sample, error) {
	words := []string{l.dynamic}
	for _, a := range args {
		words = append(words, fmt.Sprint(a))
	}
	stdout, total, err := whole(l.command(m, words...), m, p)
	if err != nil {
		return sample{}, err
	}
	var n, ns, warm float64
	if _, err := fmt.Sscan(stdout, &n, &ns, &warm); err != nil || n <= 0 || ns <= 0 {
		return sample{}, fmt.Errorf("probe printed %q", stdout)
	}
	idle, err := l.idleCost(m)
	if err != nil {
		return sample{}, err
	}
	s := sample{value: ns / n, stops: max(0, total.stops-idle.stops) / (n + warm)}
	if l.cpu {
		s.value = max(1, total.cpu-idle.cpu) / (n + warm)
	}
	return s, nil
}

// idleCost is the cost of a probe that does nothing, the least of a few.
func (l *lab) idleCost(m *mode) (cost, error) {
	name := ""
	if m != nil {
		name = m.name
	}
	if least, ok := l.idle[name]; ok {
		return least, nil
	}
	var least cost
	for i := range 5 {
		_, c, err := whole(l.command(m, l.dynamic, "exit"), m, one)
		if err != nil {
			return cost{}, err
		}
		if i == 0 || c.cpu < least.cpu {
			least = c
		}
	}
	l.idle[name] = least
	return least, nil
}

var stopsInAll = regexp.MustCompile(`(?m)^ *([0-9]+)  in all$`)

// stops finds the number of stops in the text of --stats.
func stops(text string) (float64, error) {
	found := stopsInAll.FindStringSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("--stats printed %q", text)
	}
	return strconv.ParseFloat(found[1], 64)
}

// shellLoop runs a shell that starts many programs, one after the other.
func (l *lab) shellLoop(m *mode, p place) (sample, error) {
	n := max(1, int(shellLoop*l.scale))
	script := fmt.Sprintf("for ((i = 0; i < %d; i++)); do /bin/true; done", n)
	return l.probe(m, p, "run", "bash", "-c", script)
}

// build compiles the project from scratch, two files at a time.
func (l *lab) build(m *mode, p place) (sample, error) {
	return l.probe(m, p, "run", "make", "-s", "-B", "-j2", "-C", l.project())
}

// startUp measures whole runs from outside.
func (l *lab) startUp(m *mode, p place) (sample, error) {
	n := max(1, int(startUps*l.scale))
	var s sample
	for range n {
		c := l.command(m, "/bin/true")
		begin := time.Now()
		_, total, err := whole(c, m, p)
		took := float64(time.Since(begin))
		if err != nil {
			return sample{}, err
		}
		if l.cpu {
			took = total.cpu
		}
		s.value += took / float64(n)
		s.stops += total.stops / float64(n)
	}
	return s, nil
}

// memory runs n idle processes and looks at the supervisor's memory.
func (l *lab) memory(m *mode, p place, n int) (sample, error) {
	if m == nil || m.bare {
		return sample{}, nil
	}
	c := l.command(m, l.dynamic, "idle", strconv.Itoa(n))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		return sample{}, err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return sample{}, err
	}
	if err := start(c, p); err != nil {
		return sample{}, err
	}
	ready := make([]byte, len("ready"))
	_, readErr := io.ReadFull(stdout, ready)
	peak, peakErr := highWater(c.Process.Pid)
	stdin.Close()
	if err := errors.Join(c.Wait(), readErr, peakErr); err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, &stderr)
	}
	return sample{value: peak}, nil
}

// highWater is the most memory that a process has had resident, in MiB.
func highWater(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("no VmHWM in the status of process %d", pid)
}
