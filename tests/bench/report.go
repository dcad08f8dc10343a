package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// A key names the cell that a sample belongs to. Native samples have no mode.
type key struct {
	place, row, mode string
}

// results has the samples of every cell, in the order of the rounds.
type results map[key][]sample

// measureAll does every measurement, the native one of a row right before
// those in its modes.
func (l *lab) measureAll(o options, progress func(string)) (results, error) {
	all := results{}
	for _, place := range o.places {
		for round := range o.rounds {
			for i := range rows {
				if !slices.Contains(o.only, rows[i].name) {
					continue
				}
				progress(fmt.Sprintf("%s: round %d of %d: %s", place, round+1, o.rounds, rows[i].what))
				if err := l.measureRow(o, place, &rows[i], all); err != nil {
					return nil, fmt.Errorf("%s: %w", rows[i].name, err)
				}
			}
		}
	}
	progress("")
	return all, nil
}

func (l *lab) measureRow(o options, where string, r *row, all results) error {
	native, err := r.measure(l, nil, placeByName[where])
	if err != nil {
		return err
	}
	k := key{place: where, row: r.name}
	all[k] = append(all[k], native)
	for i := range modes {
		m := &modes[i]
		if !slices.Contains(o.modes, m.name) {
			continue
		}
		s, err := r.measure(l, m, placeByName[where])
		if err != nil {
			return err
		}
		k.mode = m.name
		all[k] = append(all[k], s)
	}
	return nil
}

// A cell is what the report says about a row in a mode.
type cell struct {
	median, low, high, stops float64
}

// cell compares a row's samples in a mode with the native ones, round by round.
func (all results) cell(r *row, place, mode string) (cell, bool) {
	native, in := all[key{place, r.name, ""}], all[key{place, r.name, mode}]
	var values, stops []float64
	for i := range in {
		v := in[i].value
		switch r.unit {
		case ratio:
			v /= native[i].value
		case excess:
			v = (v - native[i].value) / 1e6
		}
		values, stops = append(values, v), append(stops, in[i].stops)
	}
	if len(values) == 0 {
		return cell{}, false
	}
	return cell{median(values), slices.Min(values), slices.Max(values), median(stops)}, true
}

// median sorts list and returns its middle.
func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// report writes the tables.
func report(out io.Writer, o options, all results) error {
	for _, place := range o.places {
		title := "On any CPU"
		if place == "one" {
			title = "Program and supervisor on one CPU"
		}
		clock := "time"
		if o.clock == "cpu" {
			clock = "processor time"
		}
		fmt.Fprintf(out, "%s: %s over native, median of %d (lowest-highest), stops of an operation\n\n", title, clock, o.rounds)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.StripEscape)
		fmt.Fprintf(w, "\tnative\t%s\tto reach\n", strings.Join(o.modes, "\t"))
		for i := range rows {
			if slices.Contains(o.only, rows[i].name) {
				reportRow(w, o, all, &rows[i], place)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	_, err := fmt.Fprintln(out, "! misses what is to be reached")
	return err
}

func reportRow(w io.Writer, o options, all results, r *row, place string) {
	fmt.Fprintf(w, "%s\t%s", r.what, nativeText(r, all[key{place, r.name, ""}]))
	want := r.goal.one
	if place == "free" {
		want = r.goal.free
	}
	for _, name := range o.modes {
		c, ok := all.cell(r, place, name)
		m := modes[slices.IndexFunc(modes, func(m mode) bool { return m.name == name })]
		if !ok || m.bare && r.unit == memory {
			fmt.Fprint(w, "\t")
			continue
		}
		missed := !m.slow && !m.bare && (want > 0 && c.median > want || r.goal.stops > 0 && c.stops > r.goal.stops+0.05)
		fmt.Fprintf(w, "\t%s", cellText(r.unit, c, missed))
	}
	fmt.Fprintf(w, "\t%s\n", goalText(r, want))
}

func nativeText(r *row, list []sample) string {
	if r.unit == memory {
		return ""
	}
	var values []float64
	for _, s := range list {
		values = append(values, s.value)
	}
	ns := median(values)
	switch {
	case ns < 1e4:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f us", ns/1e3)
	}
	return fmt.Sprintf("%.1f ms", ns/1e6)
}

func cellText(u unit, c cell, missed bool) string {
	mark := ""
	if missed {
		mark = "!"
	}
	switch u {
	case excess:
		return fmt.Sprintf("+%.2f ms%s (%.2f-%.2f) %s", c.median, mark, c.low, c.high, stopsText(c.stops))
	case memory:
		return fmt.Sprintf("%.1f MiB%s (%.1f-%.1f)", c.median, mark, c.low, c.high)
	}
	return fmt.Sprintf("%s%s (%s-%s) %s", ratioText(c.median), mark, ratioText(c.low), ratioText(c.high), stopsText(c.stops))
}

// ratioText gives a ratio three digits or so.
func ratioText(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func stopsText(n float64) string {
	if n >= 100 || cmp.Compare(n, math.Trunc(n)) == 0 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1f", n)
}

func goalText(r *row, want float64) string {
	switch {
	case r.goal.stops > 0:
		return fmt.Sprintf("%.0f stop", r.goal.stops)
	case want == 0:
		return ""
	case r.unit == excess:
		return fmt.Sprintf("%.0f ms", want)
	case r.unit == memory:
		return fmt.Sprintf("%.0f MiB", want)
	}
	return fmt.Sprintf("%.2f", want)
}
