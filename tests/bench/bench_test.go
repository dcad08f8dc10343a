package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pidsim/pidsim/bench"
	"github.com/pidsim/pidsim/kernel"
)

// TestEveryRow makes one round of tiny measurements, so that the benchmarks
// cannot rot. What they measure is not looked at, only that they do.
func TestEveryRow(t *testing.T) {
	o := options{
		rounds: 1, length: time.Millisecond, scale: 0.02,
		only: rowNames(), modes: bench.MechanismNames(), places: []string{"one", "free"}, clock: "wall",
	}
	r, err := measure(t.Context(), o, func(float64, string) {})
	if err != nil {
		t.Fatal(err)
	}
	emulated := make(map[string]bool)
	for _, m := range bench.Mechanisms() {
		emulated[m.Name] = m.Emulates()
	}
	for _, m := range r.Mechanisms {
		switch {
		case m.Outcome == kernel.Works:
		case m.Why == "":
			t.Errorf("%s is not measured, and no reason is given", m.Name)
		case emulated[m.Name]:
			t.Errorf("%s: %s", m.Name, m.Why)
		default:
			t.Logf("%s is not measured: %s", m.Name, m.Why)
			continue
		}
		for _, place := range r.Places {
			for _, row := range r.Rows {
				c := r.Cell(place, row.Name, m.Name)
				_, measured := r.Compare(row.Unit, c)
				switch {
				case row.Unit == bench.Memory && !emulated[m.Name]:
					if c != nil {
						t.Errorf("%s has memory: %v", m.Name, c)
					}
				case !measured && m.Name != "faketime":
					t.Errorf("%s in mode %s, place %s: got %+v, want a measurement", row.Name, m.Name, place, c)
				}
			}
		}
	}
	for _, name := range []string{"getpid", "gettid"} {
		if c := r.Cell(bench.One, name, "host"); c == nil || c.Stops == nil || *c.Stops < 1 {
			t.Errorf("%s: %+v, want at least 1 stop", name, c)
		}
	}
	if c := r.Cell(bench.One, "getuid", "host"); c == nil || c.Stops == nil || *c.Stops > 0.5 {
		t.Errorf("getuid: %+v, want no stop", c)
	}
	var out bytes.Buffer
	if err := report(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		if n := strings.Count(out.String(), "\n"+row.Name+": "); n < len(r.Places) {
			t.Errorf("%q has %d rows in the report, want %d:\n%s", row.Name, n, len(r.Places), &out)
		}
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-rounds", "3", "-only", "getpid,make", "-places", "free"})
	if err != nil || o.rounds != 3 || len(o.only) != 2 || len(o.modes) != len(modes) || o.places[0] != "free" {
		t.Errorf("got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-only", "nothing"}, {"-modes", "fast"}, {"-rounds", "0"}, {"-scale", "0"}, {"-clock", "sun"}, {"word"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("parse(%q) succeeds, want an error", args)
		}
	}
}
