package bench

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/pidsim/pidsim/kernel"
)

// Result has the measurements of a run, and everything that is needed to
// understand them. It is what the JSON form holds.
type Result struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Taken      time.Time       `json:"taken"`
	Machine    Machine         `json:"machine"`
	Rounds     int             `json:"rounds"`
	LengthNS   int64           `json:"length_ns"` // of the repetition of small operations
	Clock      string          `json:"clock"`     // wall or processor
	Command    string          `json:"command,omitempty"`
	Places     []Place         `json:"places"`
	Rows       []RowInfo       `json:"rows"`
	Mechanisms []MechanismInfo `json:"mechanisms"`
	Cells      []Cell          `json:"cells"`
}

// What Format and Version say. The version changes when a reader of the old one
// would misunderstand.
const (
	format  = "pidsim-bench"
	version = 1
)

// Machine is where a result comes from.
type Machine struct {
	Pidsim string `json:"pidsim,omitempty"` // its version
	Kernel string `json:"kernel"`
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"` // that may be used
}

// RowInfo describes a row.
type RowInfo struct {
	Name string `json:"name"`
	What string `json:"what"`
	Unit Unit   `json:"unit"`
}

// MechanismInfo describes a mechanism, and whether there was one.
type MechanismInfo struct {
	Name    string         `json:"name"`
	What    string         `json:"what"`
	Outcome kernel.Outcome `json:"outcome"`
	Why     string         `json:"why,omitempty"`
	Fix     string         `json:"fix,omitempty"`
}

// Cell has the measurements of a row under a mechanism, or "native".
type Cell struct {
	Place     Place  `json:"place"`
	Row       string `json:"row"`
	Mechanism string `json:"mechanism"`
	// Samples has one measurement for each round: nanoseconds of an
	// operation, or MiB. A cell without them has the reason in Why.
	Samples []float64 `json:"samples,omitempty"`
	// Stops is how often an operation stopped, the median.
	Stops *float64 `json:"stops,omitempty"`
	Why   string   `json:"why,omitempty"`

	// For readers that do not want to calculate: the samples summed up, and
	// compared with the native ones in the way of the row's unit.
	Time     *Spread `json:"summary,omitempty"`
	Compared *Spread `json:"compared,omitempty"`

	stops []float64
	none  bool // there is nothing to measure
}

// Cell finds a cell, or nil.
func (r *Result) Cell(place Place, row, mechanism string) *Cell {
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Place == place && c.Row == row && c.Mechanism == mechanism {
			return c
		}
	}
	return nil
}

// Native finds the native cell of a row, or nil.
func (r *Result) Native(place Place, row string) *Cell { return r.Cell(place, row, native) }

// Compare compares a cell with the native one, round by round. It is false for
// a cell without measurements.
func (r *Result) Compare(u Unit, c *Cell) (Spread, bool) {
	if c == nil || len(c.Samples) == 0 {
		return Spread{}, false
	}
	if u == Memory {
		return SpreadOf(c.Samples), true
	}
	base := r.Native(c.Place, c.Row)
	if base == nil || len(base.Samples) != len(c.Samples) {
		return Spread{}, false
	}
	return SpreadOf(u.against(c.Samples, base.Samples)), true
}

// summarize fills in what can be calculated.
func (r *Result) summarize() {
	units := make(map[string]Unit)
	for _, row := range r.Rows {
		units[row.Name] = row.Unit
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		c.Time, c.Compared = nil, nil
		if len(c.Samples) > 0 {
			s := SpreadOf(c.Samples)
			c.Time = &s
		}
		if s, ok := r.Compare(units[c.Row], c); ok && c.Mechanism != native && units[c.Row] != Memory {
			c.Compared = &s
		}
	}
}

// unmeasured is a reason for what is not in a report, and what it is a reason
// for.
type unmeasured struct {
	mechanism, why, fix string
	rows                []string // none: all of them
}

// Missing lists what could not be measured.
func (r *Result) missing() (list []unmeasured) {
	for _, m := range r.Mechanisms {
		if m.Outcome != kernel.Works {
			list = append(list, unmeasured{mechanism: m.Name, why: m.Why, fix: m.Fix})
		}
	}
	at := make(map[[2]string]int)
	for _, c := range r.Cells {
		if c.Why == "" {
			continue
		}
		id := [2]string{c.Mechanism, c.Why}
		i, ok := at[id]
		if !ok {
			i = len(list)
			at[id] = i
			list = append(list, unmeasured{mechanism: c.Mechanism, why: c.Why})
		}
		if rows := list[i].rows; len(rows) == 0 || rows[len(rows)-1] != c.Row {
			list[i].rows = append(rows, c.Row)
		}
	}
	for i := range list {
		list[i].rows = unique(list[i].rows)
	}
	return list
}

// unique drops repetitions.
func unique(words []string) (out []string) {
	seen := make(map[string]bool)
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// text words it in a line.
func (u unmeasured) text() string {
	s := u.mechanism
	if len(u.rows) > 0 {
		s += " (" + strings.Join(u.rows, ", ") + ")"
	}
	s += ": " + u.why
	if u.fix != "" {
		s += "; " + u.fix
	}
	return s
}

// maxText is how long a text in a result may be.
const maxText = 1000

// clean makes text fit for a result: one line that can be printed.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return '?'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText])
	}
	return text
}

// title says in a line what a result is of.
func (r *Result) title() string {
	m := r.Machine
	s := fmt.Sprintf("%s UTC, %s, %s, %d CPUs", r.Taken.UTC().Format("2006-01-02 15:04"), m.Kernel, m.CPU, m.CPUs)
	if m.CPUs == 1 {
		s = strings.TrimSuffix(s, "s")
	}
	if m.Pidsim != "" {
		s += ", pidsim " + m.Pidsim
	}
	return s
}

// method says in a line how it came about.
func (r *Result) method() string {
	what := "time"
	if r.Clock != "wall" {
		what = "processor time"
	}
	rounds := "one round"
	if r.Rounds != 1 {
		rounds = fmt.Sprintf("median of %d rounds and range", r.Rounds)
	}
	return what + " as a multiple of the native time, " + rounds
}
