package bench

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{5, 1, 3}, 3},
		{[]float64{4, 1, 2, 9}, 3},
	} {
		before := slices.Clone(c.list)
		if got := median(c.list); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.list, got, c.want)
		}
		if !slices.Equal(before, c.list) {
			t.Errorf("median changed %v to %v", before, c.list)
		}
	}
}

// TestSpread holds for whatever is measured.
func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Float64Range(minSample, maxSample), 1, 20).Draw(t, "list")
		s := SpreadOf(list)
		below, above := 0, 0
		for _, v := range list {
			if v < s.Low || v > s.High {
				t.Fatalf("%v is outside of %+v", v, s)
			}
			if v < s.Median {
				below++
			}
			if v > s.Median {
				above++
			}
		}
		if 2*below > len(list) || 2*above > len(list) {
			t.Fatalf("%d below and %d above the median of %v", below, above, list)
		}
		if s.apart(s) {
			t.Fatalf("%+v is apart from itself", s)
		}
	})
}

func TestAgainst(t *testing.T) {
	list, base := []float64{3e6, 8e6}, []float64{1e6, 2e6}
	for u, want := range map[Unit][]float64{Ratio: {3, 4}, Excess: {2, 6}, Memory: {3e6, 8e6}} {
		if got := u.against(list, base); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", u, got, want)
		}
	}
}

func TestApart(t *testing.T) {
	a, b, c := Spread{2, 1, 3}, Spread{4, 3, 5}, Spread{5, 4, 6}
	if a.apart(b) || b.apart(a) || !a.apart(c) || !c.apart(a) {
		t.Error("spreads that touch, or that do not")
	}
}

func TestNiceStep(t *testing.T) {
	for v, want := range map[float64]float64{1: 1, 1.1: 2, 3: 5, 7: 10, 0.03: 0.05, 400: 500} {
		if got := niceStep(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("niceStep(%v) = %v, want %v", v, got, want)
		}
	}
}

// TestTicks: what was drawn lies within the ticks, and they are not many.
func TestTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newPlotAxis(rapid.SampledFrom([]Unit{Ratio, Excess, Memory}).Draw(t, "unit"))
		v := rapid.Float64Range(1e-18, 1e18).Draw(t, "value")
		at := a.at(v)
		list := a.ticks()
		if first, last := list[0].Value, list[len(list)-1].Value; len(list) < 2 || first > at || last < at {
			t.Fatalf("%v, drawn at %v, is outside of %+v", v, at, list)
		}
		if len(list) > 50 {
			t.Fatalf("%d ticks", len(list))
		}
	})
}

func TestWords(t *testing.T) {
	for v, want := range map[float64]string{0.5: "0 ns", 84.4: "84 ns", 9999.4: "9999 ns", 9999.6: "10.0 us", 1.5e6: "1.5 ms", 12e9: "12.0 s"} {
		if got := TimeText(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.987: "0.99", 9.994: "9.99", 9.996: "10.0", 45.26: "45.3", 99.96: "100", 1234: "1234"} {
		if got := ratioText(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 1.01: "1", 2.1: "2.1", 123.4: "123"} {
		if got := StopsText(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
