package abi

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Formats are those of Render.
var Formats = []string{"table", "json", "csv"}

// FormatError is a format that Render does not know.
type FormatError struct{ Format string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("unknown format %q: choose one of %s", e.Format, strings.Join(Formats, ", "))
}

// Render writes the table for users, and more lines after it.
func Render(w io.Writer, format string, more ...Line) error {
	lines := append(Lines(), more...)
	switch format {
	case "table":
		return renderTable(w, lines)
	case "json":
		return renderJSON(w, lines)
	case "csv":
		return renderCSV(w, lines)
	}
	return &FormatError{format}
}

// Line is a row as users see it.
type Line struct {
	Name    string `json:"name"`
	X86_64  *int   `json:"x86_64"` // null where the interface lacks the call
	I386    *int   `json:"i386"`
	Class   string `json:"class"`
	Stops   string `json:"stops"`
	Support string `json:"support"`
	Note    string `json:"note,omitempty"`
}

// Lines gives the whole table.
func Lines() []Line {
	lines := make([]Line, len(Calls))
	for i := range Calls {
		r := &Calls[i]
		lines[i] = Line{
			Name: r.Name, Class: r.Class.String(), Stops: r.stops(),
			Support: r.Support.String(), Note: r.Note,
		}
		if nr := &r.NR[X86_64]; *nr >= 0 {
			lines[i].X86_64 = nr
		}
		if nr := &r.NR[I386]; *nr >= 0 {
			lines[i].I386 = nr
		}
	}
	return lines
}

// stops says how often the call costs a stop: "never", "some" calls of it,
// "all", or those of a process after something that it has done.
func (r *Row) stops() string {
	arch := X86_64
	if r.NR[arch] < 0 {
		arch = I386
	}
	c, ok := StopCond(*r, arch, Mode{})
	switch {
	case !ok && r.Creds != nil:
		return "with --emulate-creds"
	case !ok:
		return "never"
	case r.Lazy == LazyRecords:
		return "after signalfd, fanotify"
	case r.Before != nil:
		return "some"
	case r.Lazy == LazyNetlink:
		return "after netlink"
	case r.Lazy == LazyPasscred:
		return "after SO_PASSCRED"
	case r.Lazy == LazyReread:
		return "after /proc file"
	case r.Lazy == LazyIDWrite:
		return "after id file"
	case c.IsAlways():
		return "all"
	default:
		return "some"
	}
}

var heading = []string{"NAME", "X86-64", "I386", "CLASS", "STOPS", "SUPPORT", "NOTE"}

func (l Line) cells(none string) []string {
	number := func(nr *int) string {
		if nr == nil {
			return none
		}
		return strconv.Itoa(*nr)
	}
	return []string{l.Name, number(l.X86_64), number(l.I386), l.Class, l.Stops, l.Support, l.Note}
}

// renderTable aligns by itself: text/tabwriter loses a column where the last
// cells of some rows are empty.
func renderTable(w io.Writer, lines []Line) error {
	rows := [][]string{heading}
	for _, l := range lines {
		rows = append(rows, l.cells("-"))
	}
	widths := make([]int, len(heading))
	for _, cells := range rows {
		for i, c := range cells {
			widths[i] = max(widths[i], len(c))
		}
	}
	var b strings.Builder
	for _, cells := range rows {
		var line strings.Builder
		for i, c := range cells {
			fmt.Fprintf(&line, "%-*s  ", widths[i], c)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func renderJSON(w io.Writer, lines []Line) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(lines)
}

func renderCSV(w io.Writer, lines []Line) error {
	cw := csv.NewWriter(w)
	records := [][]string{lower(heading)}
	for _, l := range lines {
		records = append(records, l.cells(""))
	}
	return cw.WriteAll(records)
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ReplaceAll(strings.ToLower(w), "-", "_")
	}
	return out
}
