package main

import "time"

// A mode is a way to run a program other than natively.
type mode struct {
	name string
	// args are the flags for pidsim.
	args []string
	// bare is a seccomp filter that allows everything, without pidsim: what
	// no use of seccomp can be faster than.
	bare bool
	// slow says that every system call stops: nothing is promised.
	slow bool
}

var modes = []mode{
	{name: "bare-filter", bare: true},
	{name: "host", args: []string{"--space", "host"}},
	{name: "private", args: []string{"--space", "private"}},
	{name: "host-noseccomp", args: []string{"--space", "host", "--no-seccomp"}, slow: true},
	{name: "private-noseccomp", args: []string{"--space", "private", "--no-seccomp"}, slow: true},
}

// A unit says how the cells of a row are compared and written.
type unit uint8

const (
	// ratio is time over the native time.
	ratio unit = iota
	// excess is time in milliseconds over the native time.
	excess
	// memory is MiB of the supervisor.
	memory
)

// A goal is the largest cell that is good enough.
type goal struct {
	// one and free are for the two placements; 0 is no goal.
	one, free float64
	// stops is the number of stops that an operation may take; 0 is no
	// goal.
	stops float64
}

// A row is one kind of work.
type row struct {
	name string
	what string
	unit unit
	goal goal
	// measure does the work once; a nil mode is native.
	measure func(*lab, *mode, place) (sample, error)
}

// A sample is the result of one measurement.
type sample struct {
	// value is in nanoseconds for an operation, or in MiB.
	value float64
	// stops is the number of stops of an operation.
	stops float64
}

const (
	shellLoop     = 200 // programs that the shell loop starts
	sourceFiles   = 16  // files of the project that make compiles
	startUps      = 10  // starts of /bin/true in a round
	manyProcesses = 1000
)

var rows = []row{
	{name: "getuid", what: "system call without ids", goal: goal{one: 1.10, free: 1.10},
		measure: operation("getuid")},
	{name: "getpid", what: "answered system call", goal: goal{stops: 1},
		measure: operation("getpid")},
	{name: "open", what: "openat + close",
		measure: operation("open")},
	{name: "fork", what: "fork + exit + wait", goal: goal{one: 1.35},
		measure: operation("fork")},
	{name: "vfork", what: "vfork + exit + wait",
		measure: operation("vfork")},
	{name: "thread", what: "thread create + join",
		measure: operation("thread")},
	{name: "exec", what: "fork + exec static + wait",
		measure: operation("exec")},
	{name: "spawn", what: "posix_spawn /bin/true + wait", goal: goal{one: 1.08},
		measure: operation("spawn")},
	{name: "bash", what: "bash: 200 x /bin/true", goal: goal{free: 1.10},
		measure: (*lab).shellLoop},
	{name: "make", what: "make -j2 of a C project",
		measure: (*lab).build},
	{name: "start", what: "start-up of true, over native", unit: excess, goal: goal{free: 3},
		measure: (*lab).startUp},
	{name: "memory1", what: "supervisor, 1 process", unit: memory, goal: goal{free: 20},
		measure: holding(1)},
	{name: "memory1000", what: "supervisor, 1000 processes", unit: memory, goal: goal{free: 40},
		measure: holding(manyProcesses)},
}

func rowNames() []string {
	var names []string
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}

func modeNames() []string {
	var names []string
	for _, m := range modes {
		names = append(names, m.name)
	}
	return names
}

// operation measures one of the probe's small operations.
func operation(name string) func(*lab, *mode, place) (sample, error) {
	return func(l *lab, m *mode, p place) (sample, error) {
		return l.probe(m, p, name, milliseconds(l.length))
	}
}

// holding measures the supervisor of n idle processes.
func holding(n int) func(*lab, *mode, place) (sample, error) {
	return func(l *lab, m *mode, p place) (sample, error) {
		return l.memory(m, p, max(1, int(float64(n)*min(1, l.scale))))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
