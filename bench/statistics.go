package bench

import "slices"

// A Spread is what is said about a list of measurements.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// SpreadOf sums up a list, which must not be empty.
func SpreadOf(list []float64) Spread {
	return Spread{median(list), slices.Min(list), slices.Max(list)}
}

// median returns the middle of a list, which stays as it is.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

// against compares measurements with the native ones of the same rounds, in
// the way of a unit.
func (u Unit) against(list, native []float64) []float64 {
	out := slices.Clone(list)
	for i := range out {
		switch u {
		case Ratio:
			out[i] /= native[i]
		case Excess:
			out[i] = (out[i] - native[i]) / 1e6
		}
	}
	return out
}

// apart tells whether two spreads do not touch, so that a difference is more
// than chance.
func (s Spread) apart(t Spread) bool { return s.High < t.Low || t.High < s.Low }
