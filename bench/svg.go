package bench

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"

	"github.com/go-analyze/charts/chartdraw"
	"github.com/go-analyze/charts/chartdraw/drawing"
)

// Sizes of a plot, in pixels.
const (
	plotWidth  = 760
	plotHeader = 64
	plotLine   = 26 // for a mechanism
	plotFrame  = 78 // around them
)

// color is that of a place in a plot. They differ for the colour-blind too.
func (p Place) color() string {
	if p == One {
		return "rgb(0,114,178)"
	}
	return "rgb(230,159,0)"
}

// WriteSVG draws a result: for each row a panel in which every mechanism has a
// line, with a dot for the median and a bar for the range at each place. Ratios
// are on a logarithmic scale.
func WriteSVG(out io.Writer, r *Result) error {
	var panels bytes.Buffer
	y := plotHeader
	for _, row := range r.Rows {
		p := r.panel(row)
		if p == nil {
			continue
		}
		var drawn bytes.Buffer
		if err := p.Render(chartdraw.SVG, &drawn); err != nil {
			return fmt.Errorf("draw row %s: %w", row.Name, err)
		}
		fmt.Fprintf(&panels, "<svg y=\"%d\" width=\"%d\" height=\"%d\">%s</svg>\n", y, p.Width, p.Height, drawn.Bytes())
		y += p.Height
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %[1]d %[2]d\">\n", plotWidth, y)
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n<g font-family=\"sans-serif\" font-size=\"12\">\n", plotWidth, y)
	fmt.Fprintf(&b, "<text x=\"12\" y=\"20\">%s</text>\n<text x=\"12\" y=\"38\">%s</text>\n", html.EscapeString(r.title()), html.EscapeString(r.method()))
	for i, p := range r.Places {
		x := 12 + 120*i
		fmt.Fprintf(&b, "<circle cx=\"%d\" cy=\"52\" r=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"56\">%s</text>\n", x+4, p.color(), x+14, p.words())
	}
	fmt.Fprintf(&b, "</g>\n%s</svg>\n", panels.Bytes())
	_, err := out.Write(b.Bytes())
	return err
}

// panel prepares the chart of a row, or nil if nothing was measured.
func (r *Result) panel(row RowInfo) *chartdraw.Chart {
	var names []string
	for _, name := range r.names()[1:] {
		if r.measured(row.Name, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	axis := newPlotAxis(row.Unit)
	c := &chartdraw.Chart{
		Title:      row.Name + ": " + shorten(row.What, 70) + unitNote(row.Unit),
		TitleStyle: chartdraw.Style{FontStyle: chartdraw.FontStyle{FontSize: 10}},
		Width:      plotWidth, Height: plotFrame + plotLine*len(names),
		Background: chartdraw.Style{Padding: chartdraw.Box{Top: 30, Left: 12, Right: 24, Bottom: 8}},
	}
	lines := []chartdraw.Tick{{Value: 0.5}, {Value: float64(len(names)) + 0.5}}
	for i, name := range names {
		line := float64(len(names) - i)
		lines = append(lines, chartdraw.Tick{Value: line, Label: name})
		for j, p := range r.Places {
			cell := r.Cell(p, row.Name, name)
			if s, ok := r.Compare(row.Unit, cell); ok {
				at := line + 0.12 - 0.24*float64(j)
				c.Series = append(c.Series, axis.draw(s, at, p.color())...)
			}
		}
	}
	c.YAxisSecondary = chartdraw.HideYAxis()
	small := chartdraw.Style{FontStyle: chartdraw.FontStyle{FontSize: 9}}
	c.YAxis = chartdraw.YAxis{Style: small, AxisType: chartdraw.YAxisSecondary, Ticks: lines,
		Range: &chartdraw.ContinuousRange{Min: 0.5, Max: float64(len(names)) + 0.5}}
	ticks := axis.ticks()
	c.XAxis = chartdraw.XAxis{Style: small, Ticks: ticks,
		Range: &chartdraw.ContinuousRange{Min: ticks[0].Value, Max: ticks[len(ticks)-1].Value}}
	for _, t := range ticks {
		c.XAxis.GridLines = append(c.XAxis.GridLines, chartdraw.GridLine{Value: t.Value,
			Style: chartdraw.Style{StrokeColor: drawing.ColorFromHex("dddddd"), StrokeWidth: 1}})
	}
	return c
}

// plotAxis is the axis of the values of a panel. Places on it are logarithms
// for ratios, and the values themselves otherwise.
type plotAxis struct {
	unit      Unit
	low, high float64 // of what was drawn
}

// newPlotAxis begins with what is always on an axis: no difference to native.
func newPlotAxis(u Unit) *plotAxis { return &plotAxis{u, 0, 0.01} }

// at places a value.
func (a *plotAxis) at(v float64) float64 {
	if a.unit == Ratio {
		v = math.Log10(v)
	}
	a.low, a.high = min(a.low, v), max(a.high, v)
	return v
}

// draw makes a bar from the lowest to the highest and a dot at the median.
func (a *plotAxis) draw(s Spread, line float64, color string) []chartdraw.Series {
	c := drawing.ParseColor(color)
	return []chartdraw.Series{
		chartdraw.ContinuousSeries{
			Style:   chartdraw.Style{StrokeColor: c, StrokeWidth: 2},
			XValues: []float64{a.at(s.Low), a.at(s.High)}, YValues: []float64{line, line},
		},
		chartdraw.ContinuousSeries{
			Style:   chartdraw.Style{DotColor: c, DotWidth: 3.5, StrokeWidth: chartdraw.Disabled},
			XValues: []float64{a.at(s.Median)}, YValues: []float64{line},
		},
	}
}

// ticks lists round values that include what was drawn.
func (a *plotAxis) ticks() (list []chartdraw.Tick) {
	add := func(at, value float64) {
		list = append(list, chartdraw.Tick{Value: at, Label: a.unit.Text(value)})
	}
	if a.unit != Ratio {
		step := niceStep((a.high - a.low) / 5)
		for i := math.Floor(a.low / step); i <= math.Ceil(a.high/step); i++ {
			add(i*step, i*step)
		}
		return list
	}
	// 1, 2 and 5 times powers of ten, or those alone if they are many.
	factors := []float64{1, 2, 5}
	if a.high-a.low > 2 {
		factors = factors[:1]
	}
	for e := math.Floor(a.low); e <= math.Ceil(a.high); e++ {
		for _, f := range factors {
			at := e + math.Log10(f)
			if at <= a.low {
				list = list[:0] // the last of these stays
			}
			add(at, f*math.Pow(10, e))
			if at >= a.high {
				return list
			}
		}
	}
	return list
}

// niceStep is the next larger of 1, 2 and 5 times a power of ten.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5} {
		if f*power >= v {
			return f * power
		}
	}
	return 10 * power
}

// shorten cuts a text that is too long for a line.
func shorten(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-3]) + "..."
	}
	return s
}
