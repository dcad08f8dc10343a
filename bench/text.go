package bench

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"text/tabwriter"
)

// WriteText writes a result for people at a terminal: for each row a table of
// the mechanisms, one a line.
func WriteText(out io.Writer, r *Result) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n%s\n", r.title(), r.method())
	for _, row := range r.Rows {
		fmt.Fprintf(w, "\n%s: %s%s\n", row.Name, row.What, unitNote(row.Unit))
		w.Flush() // each table has its own columns
		r.textRow(w, row)
		w.Flush()
	}
	if list := r.missing(); len(list) > 0 {
		fmt.Fprint(w, "\nNot measured:\n")
		for _, u := range list {
			fmt.Fprintf(w, "  %s\n", u.text())
		}
	}
	w.Flush()
	_, err := out.Write(regexp.MustCompile(` +\n`).ReplaceAll(b.Bytes(), []byte("\n")))
	return err
}

// unitNote says how a row is to be read if it is not as the others.
func unitNote(u Unit) string {
	switch u {
	case Excess:
		return ", more than native"
	case Memory:
		return ", in memory"
	}
	return ""
}

// textRow writes the table of a row.
func (r *Result) textRow(w io.Writer, row RowInfo) {
	fmt.Fprint(w, "  ")
	for _, p := range r.Places {
		fmt.Fprintf(w, "\t%s\t", p.words())
	}
	stops := false
	for _, name := range r.names() {
		stops = stops || r.stopsOf(row.Name, name) != ""
	}
	if stops {
		fmt.Fprint(w, "\tstops")
	}
	fmt.Fprintln(w)
	for _, name := range r.names() {
		if !r.measured(row.Name, name) {
			continue
		}
		fmt.Fprintf(w, "  %s", name)
		for _, p := range r.Places {
			middle, around := r.cellText(row.Unit, r.Cell(p, row.Name, name))
			fmt.Fprintf(w, "\t%s\t%s", middle, around)
		}
		if s := r.stopsOf(row.Name, name); s != "" {
			fmt.Fprintf(w, "\t%s", s)
		}
		fmt.Fprintln(w)
	}
}
