package bench

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// A Unit says how the measurements of a row are compared with the native ones.
type Unit string

const (
	// Ratio is time over the native time.
	Ratio Unit = "ratio"
	// Excess is time beyond the native time, in milliseconds.
	Excess Unit = "excess"
	// Memory is not compared: MiB of the supervisor.
	Memory Unit = "memory"
)

// A Row is one kind of work.
type Row struct {
	// Name is what users call it, What says what it is.
	Name, What string
	Unit       Unit
	// Measure does the work once; a nil mechanism is native.
	Measure func(*Lab, *Mechanism, Place) (Sample, error)
	// static says that it is measured in the probe.
	static bool
	// rare rows are measured only if they are asked for.
	rare bool
}

// A Sample is one measurement.
type Sample struct {
	// Value is the nanoseconds of an operation; MiB in a row of memory.
	Value float64
	// Stops is how often an operation stopped, where that is counted.
	Stops float64
}

// How much work there is in rows that are not repeated for a time.
const (
	shellLoop = 100 // programs that the shell loop starts
	startUps  = 5   // starts of a program in a round
)

// operations are the rows that the probe repeats. A batch is done between two
// looks at the clock.
var operations = []struct {
	name, what, op string
	batch          int
	rare           bool
}{
	{"getpid", "the id of the process", opGetpid, 200, false},
	{"gettid", "the id of the thread", opGettid, 200, false},
	{"getuid", "a call without ids, which nothing has to touch", opGetuid, 200, false},
	{"open", "open + close of a file", opOpen, 100, false},
	{"fork", "fork + exit + wait", opFork, 4, false},
	{"vfork", "vfork + exit + wait", opVfork, 10, true},
	{"thread", "thread create + join", opThread, 10, false},
	{"exec", "fork + exec of a static program + wait", opExec, 4, false},
	{"spawn", "posix_spawn of true + wait", opSpawn, 2, false},
}

// Rows lists the kinds of work, in the order of reports. The one called command
// is there if a command is not empty.
func Rows(command string) []Row {
	rows := []Row{{Name: "start", What: "start-up of true", Unit: Excess, Measure: (*Lab).startUp}}
	for _, o := range operations {
		rows = append(rows, Row{Name: o.name, What: o.what, Unit: Ratio, static: true, rare: o.rare,
			Measure: func(l *Lab, m *Mechanism, p Place) (Sample, error) { return l.repeat(m, p, o.op, o.batch) }})
	}
	rows = append(rows, Row{Name: "shell", What: fmt.Sprintf("sh: %d times true", shellLoop), Unit: Ratio, Measure: (*Lab).shell})
	if command != "" {
		rows = append(rows, Row{Name: "command", What: command, Unit: Ratio,
			Measure: func(l *Lab, m *Mechanism, p Place) (Sample, error) { return l.command(m, p, command) }})
	}
	return rows
}

// RowNames lists the names of all rows.
func RowNames() []string { return namesOf(Rows("true"), func(r Row) string { return r.Name }) }

// ChooseRows picks rows by name; without a name, all but rare ones.
func ChooseRows(rows []Row, names []string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		if len(names) == 0 {
			return r.rare
		}
		return !slices.Contains(names, r.Name)
	})
}

// namesOf lists a name of each.
func namesOf[T any](list []T, name func(T) string) (names []string) {
	for _, e := range list {
		names = append(names, name(e))
	}
	return names
}

// repeat has the probe repeat an operation.
func (l *Lab) repeat(m *Mechanism, p Place, op string, batch int) (Sample, error) {
	var words []string
	switch op {
	case opOpen:
		words = []string{"/dev/null"}
	case opExec:
		words = []string{l.probe, opExit}
	case opSpawn:
		program, err := exec.LookPath("true")
		if err != nil {
			return Sample{}, err
		}
		words = []string{program}
	}
	numbers := []string{fmt.Sprint(l.Length.Nanoseconds()), fmt.Sprint(batch)}
	return l.Probe(m, p, slices.Concat([]string{op}, numbers, words)...)
}

// Run has the probe run a program and take its time, so that neither the start
// of the probe nor that of a supervisor is a part of it.
func (l *Lab) Run(m *Mechanism, p Place, program string, args ...string) (Sample, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return Sample{}, err
	}
	return l.Probe(m, p, slices.Concat([]string{opRun, "0", "0", path}, args)...)
}

// Probe runs the probe and divides what it found by the operations it made.
func (l *Lab) Probe(m *Mechanism, p Place, args ...string) (Sample, error) {
	o, err := l.whole(m, p, probeLimit, append([]string{l.probe}, args...)...)
	r, readErr := readProbe(o.stdout)
	switch {
	case l.ctx.Err() != nil:
		return Sample{}, l.ctx.Err()
	case err != nil && len(o.stdout) == probeResultSize && readErr != nil:
		return Sample{}, readErr
	case err != nil:
		return Sample{}, err
	case readErr != nil:
		return Sample{}, readErr
	}
	idle, err := l.idleCost(m)
	if err != nil {
		return Sample{}, err
	}
	made := float64(r.count + r.warm)
	s := Sample{Value: float64(r.ns) / float64(r.count), Stops: max(0, o.stops-idle.stops) / made}
	if l.ProcessorTime {
		if o.cpu <= idle.cpu {
			return Sample{}, errTooShort
		}
		s.Value = float64(o.cpu-idle.cpu) / made
	}
	return s, nil
}

// errTooShort says that chance is larger than what is measured.
var errTooShort = errors.New("its processor time cannot be told from that of a program that does nothing; repeat it for longer")

// idleCost is the cost of a probe that does nothing, the least of a few.
func (l *Lab) idleCost(m *Mechanism) (outcome, error) {
	name := m.name()
	if least, ok := l.idle[name]; ok {
		return least, nil
	}
	var least outcome
	for i := range 3 {
		o, err := l.whole(m, One, probeLimit, l.probe, opExit)
		if err != nil {
			return outcome{}, err
		}
		if i == 0 || o.cpu < least.cpu {
			least = o
		}
	}
	l.idle[name] = least
	return least, nil
}

// shell runs a shell that starts many programs, one after the other.
func (l *Lab) shell(m *Mechanism, p Place) (Sample, error) {
	program, err := exec.LookPath("true") // by its path, or it is the shell's own
	if err != nil {
		return Sample{}, err
	}
	n := max(1, int(shellLoop*l.scale()))
	script := `i=0; while [ $i -lt "$1" ]; do "$0"; i=$((i + 1)); done`
	return l.Run(m, p, "sh", "-c", script, program, fmt.Sprint(n))
}

// startUp measures whole runs of a program that does nothing.
func (l *Lab) startUp(m *Mechanism, p Place) (s Sample, err error) {
	program, err := exec.LookPath("true")
	if err != nil {
		return Sample{}, err
	}
	n := max(1, int(startUps*l.scale()))
	for range n {
		o, err := l.whole(m, p, probeLimit, program)
		if err != nil {
			return Sample{}, err
		}
		s.Value += float64(l.timeOf(o)) / float64(n)
		s.Stops += o.stops / float64(n)
	}
	return s, nil
}

// command measures whole runs of a user's command, by the shell. Under a
// mechanism it may take long, but not for ever.
func (l *Lab) command(m *Mechanism, p Place, text string) (Sample, error) {
	limit := commandLimit
	if m != nil && l.natively > 0 {
		limit = min(limit, probeLimit+100*l.natively)
	}
	o, err := l.whole(m, p, limit, "/bin/sh", "-c", text)
	if m == nil && err == nil {
		l.natively = o.took
	}
	var failed *statusError
	if m == nil && errors.As(err, &failed) {
		return Sample{}, &CommandError{Command: text, End: failed.end}
	}
	return Sample{float64(l.timeOf(o)), o.stops}, err
}

// CommandError says that the user's command fails without any mechanism.
type CommandError struct {
	Command string
	// End is how it ended: "ended with status 3".
	End string
}

func (e *CommandError) Error() string { return fmt.Sprintf("%s: it %s", e.Command, e.End) }

// timeOf is what a whole run took, by the clock that counts.
func (l *Lab) timeOf(o outcome) time.Duration {
	if l.ProcessorTime {
		return o.cpu
	}
	return o.took
}
