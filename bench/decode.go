package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pidsim/pidsim/kernel"
)

// Limits for a result that is read.
const (
	maxFile   = 8 << 20
	maxNames  = 64   // rows, and mechanisms
	maxSample = 1e15 // nanoseconds: eleven days
	minSample = 1e-3
)

// MaxRounds is how many rounds a result may have.
const MaxRounds = 1000

// FormatError says that something is no result, or one that cannot be believed.
type FormatError struct{ Why string }

func (e *FormatError) Error() string { return e.Why }

// VersionError says that a result has a version that this reader does not know.
type VersionError struct{ Have int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("it has version %d of the format, and this pidsim knows version %d", e.Have, version)
}

// Encode writes a result as JSON.
func Encode(w io.Writer, r *Result) error {
	r.summarize()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Decode reads a result as Encode writes it. The error is a *[FormatError] or a
// *[VersionError], or one of the reader.
func Decode(in io.Reader) (*Result, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, &FormatError{fmt.Sprintf("it has more than %d bytes", maxFile)}
	}
	var about struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(b, &about); err != nil || about.Format != format {
		return nil, &FormatError{"it is no result of pidsim bench in JSON"}
	}
	if about.Version != version {
		return nil, &VersionError{about.Version}
	}
	r := new(Result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, &FormatError{clean(strings.TrimPrefix(err.Error(), "json: "))}
	}
	if err := r.check(); err != nil {
		return nil, &FormatError{clean(err.Error())}
	}
	r.summarize()
	return r, nil
}

// check refuses what no run could have written.
func (r *Result) check() error {
	if r.Rounds < 1 || r.Rounds > MaxRounds || r.LengthNS < 0 || r.Machine.CPUs < 0 {
		return errors.New("a number in it is out of range")
	}
	if y := r.Taken.Year(); y < 1970 || y > 9999 {
		return errors.New("its time is out of range")
	}
	if len(r.Rows) == 0 || len(r.Rows) > maxNames || len(r.Mechanisms) > maxNames {
		return fmt.Errorf("it has no rows, or more than %d rows or mechanisms", maxNames)
	}
	rows, mechanisms := make(map[string]bool), map[string]bool{native: true}
	texts := []string{r.Machine.Pidsim, r.Machine.Kernel, r.Machine.CPU, r.Command}
	for _, row := range r.Rows {
		if !slices.Contains([]Unit{Ratio, Excess, Memory}, row.Unit) {
			return fmt.Errorf("row %q has the unknown unit %q", row.Name, row.Unit)
		}
		if err := declare(rows, row.Name); err != nil {
			return err
		}
		texts = append(texts, row.What)
	}
	for _, m := range r.Mechanisms {
		if err := declare(mechanisms, m.Name); err != nil {
			return err
		}
		texts = append(texts, m.What, m.Why, m.Fix)
	}
	for _, c := range r.Cells {
		texts = append(texts, c.Why)
	}
	if slices.ContainsFunc(texts, func(s string) bool { return !printable(s) }) {
		return errors.New("a text in it cannot be printed or is too long")
	}
	if r.Clock != "wall" && r.Clock != "processor" {
		return fmt.Errorf("unknown clock %q", r.Clock)
	}
	return r.checkCells(rows, mechanisms)
}

// checkCells checks the measurements.
func (r *Result) checkCells(rows, mechanisms map[string]bool) error {
	known := make(map[Place]bool)
	for _, p := range r.Places {
		if !slices.Contains(Places(), p) || known[p] {
			return fmt.Errorf("unknown or repeated place %q", p)
		}
		known[p] = true
	}
	seen := make(map[key]bool)
	for _, c := range r.Cells {
		k := key{c.Place, c.Row, c.Mechanism}
		switch {
		case !known[c.Place] || !rows[c.Row] || !mechanisms[c.Mechanism]:
			return fmt.Errorf("a measurement of %q under %q at %q belongs nowhere", c.Row, c.Mechanism, c.Place)
		case seen[k]:
			return fmt.Errorf("%q under %q is there twice", c.Row, c.Mechanism)
		case (len(c.Samples) == 0) == (c.Why == ""):
			return fmt.Errorf("%q under %q must have either measurements or a reason", c.Row, c.Mechanism)
		case len(c.Samples) != 0 && len(c.Samples) != r.Rounds:
			return fmt.Errorf("%q under %q has %d measurements in %d rounds", c.Row, c.Mechanism, len(c.Samples), r.Rounds)
		case c.Stops != nil && !(*c.Stops >= 0 && *c.Stops <= maxSample):
			return fmt.Errorf("%q under %q has a number of stops that is out of range", c.Row, c.Mechanism)
		}
		for _, v := range c.Samples {
			if !(v >= minSample && v <= maxSample) {
				return fmt.Errorf("%q under %q has a measurement that is out of range", c.Row, c.Mechanism)
			}
		}
		seen[k] = true
	}
	return nil
}

// declare notes a name.
func declare(names map[string]bool, name string) error {
	if names[name] || !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`).MatchString(name) {
		return fmt.Errorf("the name %q is repeated or none", name)
	}
	names[name] = true
	return nil
}

// printable tells whether a text can be shown to people in one line.
func printable(s string) bool {
	return len(s) <= 4*maxText && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// works tells whether a mechanism was there.
func (m MechanismInfo) works() bool { return m.Outcome == kernel.Works }
