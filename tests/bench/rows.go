package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/pidsim/pidsim/bench"
)

// A goal is the largest cell that is good enough.
type goal struct {
	// one and free are for the two places; 0 is no goal.
	one, free float64
	// stops is the number of stops that an operation may take; 0 is no
	// goal.
	stops float64
}

var goals = map[string]goal{
	"getuid":     {one: 1.10, free: 1.10},
	"getpid":     {stops: 1},
	"gettid":     {stops: 1},
	"fork":       {one: 1.35},
	"spawn":      {one: 1.08},
	"shell":      {free: 1.10},
	"start":      {free: 3},
	"memory1":    {free: 20},
	"memory1000": {free: 40},
}

// allRows are the rows of pidsim bench and some that are for those who work on
// pidsim.
func allRows() []bench.Row {
	return append(bench.Rows(""),
		bench.Row{Name: "make", What: "make -j2 of a project in C", Unit: bench.Ratio, Measure: build},
		bench.Row{Name: "memory1", What: "the supervisor of 1 process", Unit: bench.Memory, Measure: holding(1)},
		bench.Row{Name: "memory1000", What: "the supervisor of 1000 processes", Unit: bench.Memory, Measure: holding(1000)},
	)
}

func rowNames() (names []string) {
	for _, r := range allRows() {
		names = append(names, r.Name)
	}
	return names
}

// build compiles the project from scratch, two files at a time.
func build(l *bench.Lab, m *bench.Mechanism, p bench.Place) (bench.Sample, error) {
	return l.Run(m, p, "make", "-s", "-B", "-j2", "-C", project(l))
}

// holding measures the supervisor of n idle processes.
func holding(n int) func(*bench.Lab, *bench.Mechanism, bench.Place) (bench.Sample, error) {
	return func(l *bench.Lab, m *bench.Mechanism, p bench.Place) (bench.Sample, error) {
		if !m.Emulates() {
			return bench.Sample{}, bench.ErrNothing
		}
		peak, err := hold(l, m, p, max(1, int(float64(n)*min(1, l.Scale))))
		return bench.Sample{Value: peak}, errors.Join(err, l.Reap())
	}
}

// holdLimit is more than 1000 forks take on a slow machine.
const holdLimit = time.Minute

// hold runs n idle processes and looks at the supervisor's memory.
func hold(l *bench.Lab, m *bench.Mechanism, p bench.Place, n int) (peak float64, err error) {
	ctx, cancel := context.WithTimeout(l.Context(), holdLimit)
	defer cancel()
	c := l.Command(ctx, m, l.ProbeIdle(n)...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := l.Start(c, p); err != nil {
		return 0, err
	}
	_, readErr := io.ReadFull(stdout, make([]byte, 1))
	if readErr == nil {
		peak, err = highWater(c.Process.Pid)
	}
	_ = stdin.Close()
	if waitErr := c.Wait(); errors.Join(waitErr, readErr, err) != nil {
		return 0, fmt.Errorf("%w\n%s", errors.Join(waitErr, readErr, err), &stderr)
	}
	return peak, nil
}

// highWater is the most memory that a process has had resident, in MiB.
func highWater(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		var kib float64
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("no VmHWM in the status of process %d", pid)
}

// judged tells whether a mode has goals to reach.
func judged(mode string) bool {
	all := bench.Mechanisms()
	i := slices.IndexFunc(all, func(m bench.Mechanism) bool { return m.Name == mode })
	return i >= 0 && all[i].Emulates() && !all[i].Slow
}
