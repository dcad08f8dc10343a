package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestEveryRow makes one round of tiny measurements, so that the benchmarks
// cannot rot. What they measure is not looked at, only that they do.
func TestEveryRow(t *testing.T) {
	o := options{
		rounds: 1, length: time.Millisecond, scale: 0.02,
		only: rowNames(), modes: modeNames(), places: []string{"one", "free"}, clock: "wall",
	}
	l, err := newLab(o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	all, err := l.measureAll(o, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range o.places {
		for i := range rows {
			r := &rows[i]
			for _, mode := range o.modes {
				c, ok := all.cell(r, place, mode)
				none := mode == "bare-filter" && r.unit == memory
				if !ok || r.unit != excess && !none && !(c.median > 0) {
					t.Errorf("%s in mode %s, place %s: got %+v, %v, want a number", r.name, mode, place, c, ok)
				}
			}
		}
	}
	if c, _ := all.cell(&rows[1], "one", "host"); c.stops < 1 {
		t.Errorf("getpid: %v stops, want at least 1", c.stops)
	}
	var out bytes.Buffer
	if err := report(&out, o, all); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if n := strings.Count(out.String(), "\n"+rows[i].what+" "); n != len(o.places) {
			t.Errorf("%q has %d rows in the report, want %d:\n%s", rows[i].what, n, len(o.places), &out)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{5, 1, 3}, 3},
		{[]float64{4, 1, 2, 9}, 3},
	} {
		if got := median(c.list); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.list, got, c.want)
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

func TestStops(t *testing.T) {
	n, err := stops("     stops  at\n         3  openat\n         3  in all\n10us in the supervisor\n")
	if n != 3 || err != nil {
		t.Errorf("got %v, %v, want 3", n, err)
	}
	if _, err := stops("nothing"); err == nil {
		t.Error("no error for text without a sum")
	}
}
