package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// number is a flag's value that is a decimal number in a range, exactly as
// people write one: no sign, no leading zero, no 0x, no underscore. (pflag's
// own integers read 010 as 8.) Zero in p means that the flag was not given,
// unless min is 0.
type number struct {
	p        *int
	min, max int
	what     string // "a process id", for messages
}

// processID is the value of flags that name an id.
func processID(p *int, what string) *number {
	return &number{p: p, min: 1, max: pidspace.MaxPID, what: what}
}

// Set implements [pflag.Value].
func (n *number) Set(s string) error {
	v, ok := decimal(s)
	if !ok || v < n.min || v > n.max {
		return &valueError{why: "not " + n.what, fix: fmt.Sprintf("give a decimal number from %d to %d", n.min, n.max)}
	}
	*n.p = v
	return nil
}

// String implements [pflag.Value].
func (n *number) String() string {
	if *n.p < n.min {
		return ""
	}
	return strconv.Itoa(*n.p)
}

// Type implements [pflag.Value].
func (n *number) Type() string { return "N" }

// processOrFile is the value of -pid: a process id, or @FILE for the id in a
// pid file.
func processOrFile(p *int) *pidValue { return &pidValue{*processID(p, "a process id")} }

// pidValue is a number that may be in a file.
type pidValue struct{ number }

// Set implements [pflag.Value].
func (v *pidValue) Set(s string) error {
	path, ok := strings.CutPrefix(s, "@")
	if !ok {
		return v.number.Set(s)
	}
	text, err := readPIDFile(path)
	if err != nil {
		_, why := reason(err)
		return &valueError{why: "cannot read the pid file: " + why, fix: "check that the program that should write it has run"}
	}
	if v.number.Set(text) != nil {
		return &valueError{why: "the pid file begins with " + word(text) + ", not with a process id", fix: "its first line must be a decimal number"}
	}
	return nil
}

// maxPIDFile is more than any pid file has: some have a few lines.
const maxPIDFile = 4096

// readPIDFile returns the first line of a file without the blanks around it.
func readPIDFile(path string) (string, error) {
	// A pipe that nobody writes to must not block.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPIDFile+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxPIDFile {
		return "", fmt.Errorf("it has more than %d bytes", maxPIDFile)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.Trim(line, " \t\r"), nil
}

// decimal reads digits without leading zeros.
func decimal(s string) (int, bool) {
	if s == "" || len(s) > 9 || s[0] == '0' && s != "0" {
		return 0, false
	}
	v := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// planValue is the value of --plan.
type planValue struct {
	plan *pidspace.Plan
	text string
}

// Set implements [pflag.Value].
func (p *planValue) Set(s string) error {
	plan, err := pidspace.ParsePlan(s)
	var bad *pidspace.PlanError
	if errors.As(err, &bad) {
		return &valueError{why: planReason(bad), fix: bad.Hint}
	}
	if err != nil {
		return err
	}
	*p.plan, p.text = plan, s
	return nil
}

// planReason says what is wrong with a plan, and where in it.
func planReason(e *pidspace.PlanError) string {
	if e.Item == "" {
		return e.Reason
	}
	return word(e.Item) + ": " + e.Reason
}

// String implements [pflag.Value].
func (p *planValue) String() string { return p.text }

// Type implements [pflag.Value].
func (p *planValue) Type() string { return "LIST" }

// spaceValue is the value of --space.
type spaceValue struct{ kind *pidspace.Kind }

// Set implements [pflag.Value].
func (v spaceValue) Set(s string) error {
	k, err := pidspace.ParseKind(s)
	if err != nil {
		return &valueError{why: "unknown pid space", fix: "known are host and private"}
	}
	*v.kind = k
	return nil
}

// String implements [pflag.Value].
func (v spaceValue) String() string { return v.kind.String() }

// Type implements [pflag.Value].
func (v spaceValue) Type() string { return "KIND" }

// backends are the values of --backend; auto comes first and is the default.
var backends = append([]string{"auto", "ptrace"}, mechanismNames()...)

// choice is the value of a flag that takes one of a few words.
type choice struct {
	p     *string
	what  string // "backend", for messages
	known []string
}

// Set implements [pflag.Value].
func (c *choice) Set(s string) error {
	for _, k := range c.known {
		if s == k {
			*c.p = s
			return nil
		}
	}
	return &valueError{why: "unknown " + c.what, fix: "known are " + list(c.known)}
}

// String implements [pflag.Value].
func (c *choice) String() string { return *c.p }

// Type implements [pflag.Value].
func (c *choice) Type() string { return "NAME" }

// valueError says why a flag's value is no good, and what to do.
type valueError struct{ why, fix string }

// Error implements error.
func (e *valueError) Error() string { return e.why + "; " + e.fix }

// list joins words for a sentence.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return "none"
	case 1:
		return words[0]
	default:
		s := words[0]
		for _, w := range words[1 : n-1] {
			s += ", " + w
		}
		return s + " and " + words[n-1]
	}
}

// explained says why pflag refused a value.
func explained(f *pflag.Flag, err error) *valueError {
	var v *valueError
	switch {
	case errors.As(err, &v):
		return v
	case f.Value.Type() == "bool":
		return &valueError{why: "not true or false", fix: "give the flag without a value"}
	}
	return &valueError{why: "not a value for this flag", fix: seeHelp}
}

// choices is the value of a flag that takes words of a list, with commas.
type choices struct {
	p     *[]string
	what  string // "row", for messages
	known func() []string
}

// Set implements [pflag.Value].
func (c *choices) Set(s string) error {
	known := c.known()
	var words []string
	for w := range strings.SplitSeq(s, ",") {
		if !slices.Contains(known, w) {
			return &valueError{why: "unknown " + c.what + " " + word(w), fix: "known are " + list(known)}
		}
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	*c.p = words
	return nil
}

// String implements [pflag.Value].
func (c *choices) String() string { return strings.Join(*c.p, ",") }

// Type implements [pflag.Value].
func (c *choices) Type() string { return "LIST" }

// duration is the value of a flag that takes a time in a range.
type duration struct {
	p        *time.Duration
	min, max time.Duration
}

// Set implements [pflag.Value].
func (d *duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v < d.min || v > d.max {
		return &valueError{why: "not a time", fix: fmt.Sprintf("give one from %v to %v, such as 50ms", d.min, d.max)}
	}
	*d.p = v
	return nil
}

// String implements [pflag.Value].
func (d *duration) String() string { return d.p.String() }

// Type implements [pflag.Value].
func (d *duration) Type() string { return "TIME" }
