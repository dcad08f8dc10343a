package kernel

import (
	"errors"
	"fmt"
)

// Outcome is what a probe has found.
type Outcome uint8

const (
	// Unknown: it could not be told. Asking again may help.
	Unknown Outcome = iota
	// Works: it was done.
	Works
	// Absent: it does not work here, and the reason is known.
	Absent
)

// String gives the word for people and machines.
func (o Outcome) String() string {
	switch o {
	case Works:
		return "works"
	case Absent:
		return "absent"
	}
	return "unknown"
}

// MarshalText implements [encoding.TextMarshaler].
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *Outcome) UnmarshalText(text []byte) error {
	for _, known := range []Outcome{Unknown, Works, Absent} {
		if string(text) == known.String() {
			*o = known
			return nil
		}
	}
	return fmt.Errorf("outcome %q is not known", text)
}

// Finding is the answer of a probe.
type Finding struct {
	// Name is that of the feature.
	Name    string
	Outcome Outcome
	// Why says why it does not work or could not be told, or something
	// worth knowing about what works.
	Why string
	// Fix is what would enable it.
	Fix string
}

// conclusive tells whether asking again would give the same.
func (f Finding) conclusive() bool { return f.Outcome != Unknown }

// find turns the outcome of a try into a finding.
func find(name string, err error) Finding {
	var (
		f          = Finding{Name: name, Outcome: Absent}
		permission *PermissionError
		absent     *AbsentError
		setup      *SetupError
	)
	switch {
	case err == nil:
		f.Outcome = Works
	case errors.As(err, &permission):
		f.Why, f.Fix = message("not permitted to "+permission.Op, permission.Why, ""), permission.Fix
	case errors.As(err, &absent):
		f.Why, f.Fix = absent.Why, absent.Fix
	case errors.As(err, &setup):
		f.Outcome, f.Fix = Unknown, setup.Fix
		f.Why = (&SetupError{Op: setup.Op, Err: setup.Err, Why: setup.Why}).Error()
	default:
		f.Outcome, f.Why = Unknown, err.Error()
	}
	return f
}
