package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pidsim/pidsim/kernel"
)

// Plan says what is to be measured.
type Plan struct {
	Rows       []Row
	Mechanisms []Mechanism
	Places     []Place
	Rounds     int
	// Command is what the row of that name runs.
	Command string
	// Progress is told what is done next, and how much of all is done.
	Progress func(part float64, next string)
}

// Measure makes all measurements of a plan. The error is that of ctx, or a
// *[CommandError]; what else goes wrong stands in the result.
func (l *Lab) Measure(p Plan) (*Result, error) {
	r := l.newResult(p)
	var present []*Mechanism
	for i := range p.Mechanisms {
		m := &p.Mechanisms[i]
		p.progress(0, "trying "+m.Name)
		a := l.available(m)
		if l.ctx.Err() != nil {
			return nil, l.ctx.Err()
		}
		r.Mechanisms = append(r.Mechanisms, MechanismInfo{m.Name, m.What, a.Outcome, clean(a.Why), clean(a.Fix)})
		if a.Outcome == kernel.Works {
			present = append(present, m)
		}
	}
	s := series{l, p, present, make(map[key]*Cell)}
	for _, place := range p.Places {
		for round := range p.Rounds {
			for i := range p.Rows {
				if err := s.row(place, round, i); err != nil {
					return nil, err
				}
			}
		}
	}
	p.progress(1, "")
	s.collect(r)
	return r, nil
}

func (p *Plan) progress(part float64, next string) {
	if p.Progress != nil {
		p.Progress(part, next)
	}
}

// A key names a cell.
type key struct {
	place          Place
	row, mechanism string
}

// series is all rounds of a plan.
type series struct {
	lab     *Lab
	plan    Plan
	present []*Mechanism
	cells   map[key]*Cell
}

// cell gives the cell of a key.
func (s *series) cell(k key) *Cell {
	if s.cells[k] == nil {
		s.cells[k] = &Cell{Place: k.place, Row: k.row, Mechanism: k.mechanism}
	}
	return s.cells[k]
}

// row does the work of a row natively and under each mechanism.
func (s *series) row(place Place, round, i int) error {
	r := &s.plan.Rows[i]
	if err := s.measure(place, round, i, nil); err != nil {
		return err
	}
	if why := s.cell(key{place, r.Name, native}).Why; why != "" {
		return nil // without it there is nothing to compare with
	}
	for _, m := range s.present {
		if err := s.measure(place, round, i, m); err != nil {
			return err
		}
	}
	return nil
}

// measure makes one measurement. The error is one that ends them all.
func (s *series) measure(place Place, round, i int, m *Mechanism) error {
	r := &s.plan.Rows[i]
	c := s.cell(key{place, r.Name, m.name()})
	if m != nil && m.dynamic && r.static {
		c.Why = "it has an effect only on programs that are linked dynamically, and this is measured in a static one"
	}
	if c.Why != "" {
		return nil
	}
	s.plan.progress(s.part(place, round, i), fmt.Sprintf("%s, round %d of %d: %s, %s", place.words(), round+1, s.plan.Rounds, r.Name, m.name()))
	sample, err := r.Measure(s.lab, m, place)
	var failed *CommandError
	switch {
	case s.lab.ctx.Err() != nil:
		return s.lab.ctx.Err()
	case errors.As(err, &failed):
		return err
	case errors.Is(err, ErrNothing):
		c.none = true
	case err != nil:
		c.Why, c.Samples, c.stops = clean(err.Error()), nil, nil
	default:
		c.Samples, c.stops = append(c.Samples, sample.Value), append(c.stops, sample.Stops)
		if m.Emulates() && r.Unit != Memory {
			median := median(c.stops)
			c.Stops = &median
		}
	}
	return nil
}

// ErrNothing is the error of a row that has nothing to measure under a
// mechanism, or natively.
var ErrNothing = errors.New("nothing to measure")

// part is how much of everything is done when a round comes to a row.
func (s *series) part(place Place, round, row int) float64 {
	done := 0
	for i, p := range s.plan.Places {
		if p == place {
			done = i
		}
	}
	rows := len(s.plan.Rows)
	return float64((done*s.plan.Rounds+round)*rows+row) / float64(len(s.plan.Places)*s.plan.Rounds*rows)
}

// collect puts the cells into a result, in the order of reports.
func (s *series) collect(r *Result) {
	for _, place := range s.plan.Places {
		for _, row := range s.plan.Rows {
			base := s.cell(key{place, row.Name, native})
			names := append([]string{native}, namesOf(s.present, (*Mechanism).name)...)
			for _, name := range names {
				c := s.cell(key{place, row.Name, name})
				if base.Why != "" && c != base {
					c.Samples, c.Stops, c.Why = nil, nil, "it cannot be measured natively either"
				}
				if !c.none {
					r.Cells = append(r.Cells, *c)
				}
			}
		}
	}
}

// newResult describes a plan and this machine.
func (l *Lab) newResult(p Plan) *Result {
	r := &Result{
		Format: format, Version: version, Taken: time.Now().UTC().Truncate(time.Second),
		Machine: thisMachine(), Rounds: p.Rounds, LengthNS: l.Length.Nanoseconds(), Clock: "wall", Command: clean(p.Command), Places: p.Places,
	}
	if l.ProcessorTime {
		r.Clock = "processor"
	}
	for _, row := range p.Rows {
		r.Rows = append(r.Rows, RowInfo{row.Name, clean(row.What), row.Unit})
	}
	return r
}

// Interrupted tells whether err says that measurements were cut short.
func Interrupted(err error) bool { return errors.Is(err, context.Canceled) }
