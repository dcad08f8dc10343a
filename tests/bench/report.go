package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/pidsim/pidsim/bench"
	"github.com/pidsim/pidsim/kernel"
)

// report writes a table for each place, and why something is not in it.
func report(out io.Writer, r *bench.Result) error {
	var modes []string
	for _, m := range r.Mechanisms {
		if m.Outcome == kernel.Works {
			modes = append(modes, m.Name)
		} else {
			fmt.Fprintf(out, "%s: %s\n", m.Name, m.Why)
		}
	}
	for _, place := range r.Places {
		title := "On any CPU"
		if place == bench.One {
			title = "Program and supervisor on one CPU"
		}
		fmt.Fprintf(out, "%s: %s time over native, median of %d (lowest-highest), stops of an operation\n\n", title, r.Clock, r.Rounds)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "\tnative")
		for _, mode := range modes {
			fmt.Fprintf(w, "\t%s", mode)
		}
		fmt.Fprintln(w, "\tto reach")
		for _, row := range r.Rows {
			reportRow(w, r, modes, row, place)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	for _, c := range r.Cells {
		if c.Why != "" {
			fmt.Fprintf(out, "%s, %s: %s\n", c.Row, c.Mechanism, c.Why)
		}
	}
	_, err := fmt.Fprintln(out, "! misses what is to be reached")
	return err
}

func reportRow(w io.Writer, r *bench.Result, modes []string, row bench.RowInfo, place bench.Place) {
	fmt.Fprintf(w, "%s: %s\t%s", row.Name, row.What, nativeText(r.Native(place, row.Name)))
	g := goals[row.Name]
	want := g.one
	if place == bench.Free {
		want = g.free
	}
	for _, mode := range modes {
		c := r.Cell(place, row.Name, mode)
		s, ok := r.Compare(row.Unit, c)
		if !ok {
			fmt.Fprint(w, "\t")
			continue
		}
		missed := judged(mode) && (want > 0 && s.Median > want || g.stops > 0 && c.Stops != nil && *c.Stops > g.stops+0.05)
		fmt.Fprintf(w, "\t%s", cellText(row.Unit, s, c.Stops, missed))
	}
	fmt.Fprintf(w, "\t%s\n", goalText(row.Unit, g, want))
}

func nativeText(c *bench.Cell) string {
	if c == nil || len(c.Samples) == 0 {
		return ""
	}
	return bench.TimeText(bench.SpreadOf(c.Samples).Median)
}

func cellText(u bench.Unit, s bench.Spread, stops *float64, missed bool) string {
	mark := ""
	if missed {
		mark = "!"
	}
	text := fmt.Sprintf("%s%s (%s)", u.Text(s.Median), mark, u.RangeText(s))
	if stops != nil {
		text += " " + bench.StopsText(*stops)
	}
	return text
}

func goalText(u bench.Unit, g goal, want float64) string {
	switch {
	case g.stops > 0:
		return fmt.Sprintf("%.0f stop", g.stops)
	case want == 0:
		return ""
	}
	return u.Text(want)
}
