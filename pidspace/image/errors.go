package image

import (
	"errors"
	"fmt"
)

// Sentinels; every [FormatError] wraps one of them.
var (
	// ErrFormat means that something is not an image, or a damaged one.
	ErrFormat = errors.New("not a valid image")
	// ErrVersion means an image of a format that this package is too old
	// for.
	ErrVersion = errors.New("unknown format version")
	// ErrTooLarge means that an image exceeds a bound of this package.
	ErrTooLarge = errors.New("image too large")
	// ErrInconsistent means that an image contradicts itself, or has ids
	// that cannot be.
	ErrInconsistent = errors.New("inconsistent image")
)

// FormatError tells why an image was refused.
type FormatError struct {
	// Offset is where in the file, in bytes.
	Offset int64
	// Reason is what is wrong there.
	Reason string
	// Err is the sentinel.
	Err error
}

func (e *FormatError) Error() string { return fmt.Sprintf("offset %d: %s", e.Offset, e.Reason) }

// Unwrap returns the sentinel.
func (e *FormatError) Unwrap() error { return e.Err }

// CheckError tells why identities do not make an image.
type CheckError struct {
	// Index is the process in question, -1 for the image as a whole.
	Index int
	// Reason is what is wrong with it.
	Reason string
	// Err is the sentinel: [ErrInconsistent] or [ErrTooLarge].
	Err error
}

func (e *CheckError) Error() string { return e.Reason }

// Unwrap returns the sentinel.
func (e *CheckError) Unwrap() error { return e.Err }
