package bench

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// ErrNothingCommon says that two results have no measurement in common.
var ErrNothingCommon = errors.New("the two results have no measurement in common")

// WriteComparison writes what has changed from an old result to a new one. A
// change within the ranges of both has the mark of chance.
func WriteComparison(out io.Writer, before, after *Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "old: %s\nnew: %s\n%s\n", before.title(), after.title(), after.method())
	for _, why := range differences(before, after) {
		fmt.Fprintf(w, "note: %s\n", why)
	}
	common := false
	for _, row := range after.Rows {
		was, ok := before.row(row.Name)
		if !ok || was.Unit != row.Unit {
			continue
		}
		lines := compareRow(before, after, row)
		if len(lines) == 0 {
			continue
		}
		common = true
		fmt.Fprintf(w, "\n%s: %s%s\n", row.Name, row.What, unitNote(row.Unit))
		w.Flush()
		for _, line := range lines {
			fmt.Fprintln(w, line)
		}
		w.Flush()
	}
	if !common {
		return ErrNothingCommon
	}
	fmt.Fprintln(w, "\n~ the ranges of the old and the new one overlap: it may be chance")
	return w.Flush()
}

// row finds a row by its name.
func (r *Result) row(name string) (RowInfo, bool) {
	for _, row := range r.Rows {
		if row.Name == name {
			return row, true
		}
	}
	return RowInfo{}, false
}

// differences lists why two results may not be comparable.
func differences(before, after *Result) (list []string) {
	if before.Machine.CPU != after.Machine.CPU || before.Machine.CPUs != after.Machine.CPUs || before.Machine.Kernel != after.Machine.Kernel {
		list = append(list, "the machines or their kernels differ; ratios to native are comparable with care, times are not")
	}
	if before.Clock != after.Clock {
		list = append(list, "one has times of the clock and the other processor times")
	}
	if before.Rounds == 1 || after.Rounds == 1 {
		list = append(list, "one has a single round, so that it does not tell what may be chance")
	}
	if before.Command != after.Command {
		list = append(list, "the commands differ")
	}
	return list
}

// compareRow gives a line for everything in a row that both have.
func compareRow(before, after *Result, row RowInfo) (lines []string) {
	for _, p := range after.Places {
		for _, name := range after.names() {
			unit := row.Unit
			was, ok := comparedCell(before, row, before.Cell(p, row.Name, name))
			now, too := comparedCell(after, row, after.Cell(p, row.Name, name))
			if !ok || !too {
				continue
			}
			words := unit.Text
			if name == native && unit != Memory {
				words = TimeText
			}
			mark := ""
			if !was.apart(now) {
				mark = "\t~"
			}
			lines = append(lines, fmt.Sprintf("  %s\t%s\t%s -> %s\t%s%s", name, p.words(), words(was.Median), words(now.Median), change(unit, name, was.Median, now.Median), mark))
		}
	}
	return lines
}

// comparedCell is what of a cell is compared: the ratio to native, and the time
// of native itself.
func comparedCell(r *Result, row RowInfo, c *Cell) (Spread, bool) {
	if c != nil && c.Mechanism == native && len(c.Samples) > 0 {
		return SpreadOf(c.Samples), true
	}
	return r.Compare(row.Unit, c)
}

// change words the way from one median to another.
func change(u Unit, name string, was, now float64) string {
	if u == Excess && name != native { // may be about nothing
		return fmt.Sprintf("%+.2f ms", now-was)
	}
	return fmt.Sprintf("%+.1f %%", (now/was-1)*100)
}
