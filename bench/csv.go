package bench

import (
	"encoding/csv"
	"io"
	"strconv"
)

// csvHeader names the columns. Times are in nanoseconds, except that a row of
// memory has MiB. The comparison is a ratio, or milliseconds in a row whose
// unit is excess.
var csvHeader = []string{"place", "row", "mechanism", "unit", "rounds", "median", "low", "high", "compared", "compared_low", "compared_high", "stops", "why"}

// WriteCSV writes a result as comma-separated values (RFC 4180), a line for
// each cell. A mechanism that was not there has a line without a place.
func WriteCSV(out io.Writer, r *Result) error {
	r.summarize()
	units := make(map[string]Unit)
	for _, row := range r.Rows {
		units[row.Name] = row.Unit
	}
	w := csv.NewWriter(out)
	_ = w.Write(csvHeader) // Error has it
	for _, m := range r.Mechanisms {
		if !m.works() {
			_ = w.Write([]string{"", "", m.Name, "", "0", "", "", "", "", "", "", "", m.Why})
		}
	}
	for _, c := range r.Cells {
		line := []string{string(c.Place), c.Row, c.Mechanism, string(units[c.Row]), strconv.Itoa(len(c.Samples))}
		line = append(line, csvSpread(c.Time)...)
		line = append(line, csvSpread(c.Compared)...)
		stops := ""
		if c.Stops != nil {
			stops = csvNumber(*c.Stops)
		}
		_ = w.Write(append(line, stops, c.Why))
	}
	w.Flush()
	return w.Error()
}

func csvSpread(s *Spread) []string {
	if s == nil {
		return []string{"", "", ""}
	}
	return []string{csvNumber(s.Median), csvNumber(s.Low), csvNumber(s.High)}
}

// csvNumber gives as many digits as mean something, without an exponent.
func csvNumber(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
