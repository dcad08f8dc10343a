package bench

import (
	"fmt"
	"math"
)

// TimeText is a time in the unit that suits it.
func TimeText(ns float64) string {
	switch {
	case ns < 9999.5:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 999.95e3:
		return fmt.Sprintf("%.1f us", ns/1e3)
	case ns < 9999.5e6:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
	return fmt.Sprintf("%.1f s", ns/1e9)
}

// ratioText gives a ratio three digits or so.
func ratioText(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// StopsText is a number of stops.
func StopsText(n float64) string {
	if n >= 100 || math.Abs(n-math.Round(n)) < 0.05 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1f", n)
}

// Text words a number of this unit, a comparison with native.
func (u Unit) Text(v float64) string {
	switch u {
	case Excess:
		return fmt.Sprintf("%+.2f ms", v)
	case Memory:
		return fmt.Sprintf("%.1f MiB", v)
	}
	return ratioText(v)
}

// RangeText words the range of a spread.
func (u Unit) RangeText(s Spread) string {
	switch u {
	case Excess:
		return fmt.Sprintf("%.2f to %.2f", s.Low, s.High)
	case Memory:
		return fmt.Sprintf("%.1f to %.1f", s.Low, s.High)
	}
	return ratioText(s.Low) + " to " + ratioText(s.High)
}

// cellText words a cell: its median, and the range if there are more rounds
// than one. A native one is a time.
func (r *Result) cellText(u Unit, c *Cell) (middle, around string) {
	s, ok := r.Compare(u, c)
	switch {
	case !ok:
		return "-", ""
	case c.Mechanism == native && u != Memory:
		s = SpreadOf(c.Samples)
		middle, around = TimeText(s.Median), TimeText(s.Low)+" to "+TimeText(s.High)
	default:
		middle, around = u.Text(s.Median), u.RangeText(s)
	}
	if len(c.Samples) == 1 {
		around = ""
	}
	return middle, around
}

// names lists native and the mechanisms that were there.
func (r *Result) names() []string {
	names := []string{native}
	for _, m := range r.Mechanisms {
		if m.works() {
			names = append(names, m.Name)
		}
	}
	return names
}

// measured tells whether there is a cell with measurements for a row and a
// mechanism, at some place.
func (r *Result) measured(row, mechanism string) bool {
	for _, p := range r.Places {
		if c := r.Cell(p, row, mechanism); c != nil && len(c.Samples) > 0 {
			return true
		}
	}
	return false
}

// stopsOf words the stops of an operation, of the first place that has them.
func (r *Result) stopsOf(row, mechanism string) string {
	for _, p := range r.Places {
		if c := r.Cell(p, row, mechanism); c != nil && c.Stops != nil {
			return StopsText(*c.Stops)
		}
	}
	return ""
}
