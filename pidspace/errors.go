package pidspace

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels; every error of this package wraps one of them. The errno that a
// kernel with setforkpid or clone3's set_tid would answer is given with each.
var (
	// ErrInUse means that a wanted number is busy (EEXIST).
	ErrInUse = errors.New("number is in use")
	// ErrExhausted means that every number of the space is busy (EAGAIN).
	ErrExhausted = errors.New("every number is in use")
	// ErrRange means that a number cannot be an id in this space (EINVAL).
	ErrRange = errors.New("number is out of range")
	// ErrUnknown means that a real number belongs to no task of the tree
	// (ESRCH).
	ErrUnknown = errors.New("no such task in the tree")
	// ErrSyntax means that a text is not what it should be.
	ErrSyntax = errors.New("invalid syntax")
)

// ConfigError reports a field of [Config] with which no space can be made.
type ConfigError struct {
	// Field is the name of the field.
	Field string
	// Value is what it holds.
	Value int
	// Reason says why that cannot be, Hint what to do about it.
	Reason, Hint string
	// Err is the sentinel: [ErrRange] or [ErrInUse].
	Err error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("pidspace: %s %d: %s: %s", e.Field, e.Value, e.Reason, e.Hint)
}

// Unwrap returns the sentinel.
func (e *ConfigError) Unwrap() error { return e.Err }

// PlanError reports a plan that cannot be carried out.
type PlanError struct {
	// Item is the part of the plan that is wrong, as it was written.
	Item string
	// Reason says why it is wrong, Hint what to do about it.
	Reason, Hint string
	// Err is the sentinel: [ErrSyntax], [ErrRange] or [ErrInUse].
	Err error
}

func (e *PlanError) Error() string {
	var b strings.Builder
	b.WriteString("plan")
	if e.Item != "" {
		fmt.Fprintf(&b, ": %q", clip(e.Item))
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	if e.Hint != "" {
		fmt.Fprintf(&b, ": %s", e.Hint)
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *PlanError) Unwrap() error { return e.Err }

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
