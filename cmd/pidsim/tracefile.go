package main

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openTrace opens the file of --trace for writing and empties it. It is
// created readable for its owner only, since it shows arguments and paths of
// the program.
//
// A symbolic link that leads to an ordinary file is refused: in a directory
// that others may write to, it would let them choose which file of the user
// is emptied. Links to anything else, such as /dev/stderr, hold nothing that
// could be lost.
func openTrace(name string) (io.WriteCloser, error) {
	if name == "-" {
		return nopCloser{os.Stderr}, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NOCTTY, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return openTraceLink(name)
	}
	if err != nil {
		return nil, unwritable(name, err)
	}
	fi, err := f.Stat()
	if err == nil && fi.Mode().IsRegular() {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, unwritable(name, err)
	}
	return f, nil
}

// openTraceLink opens what the symbolic link name leads to.
func openTraceLink(name string) (io.WriteCloser, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|unix.O_NOCTTY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, failed("--trace "+word(name), "a symbolic link that leads nowhere", "name the file itself")
	}
	if err != nil {
		return nil, unwritable(name, err)
	}
	fi, err := f.Stat()
	if err == nil && fi.Mode().IsRegular() {
		f.Close()
		return nil, failed("--trace "+word(name), "a symbolic link to an ordinary file, which would be emptied",
			"name the file itself, or - for standard error")
	}
	if err != nil {
		f.Close()
		return nil, unwritable(name, err)
	}
	return f, nil
}

// unwritable words the failure to open the file of --trace.
func unwritable(name string, err error) error {
	_, why := reason(err)
	fix := "name a file that can be written, or - for standard error"
	if errors.Is(err, fs.ErrNotExist) {
		fix = "create its directory first"
	}
	return failed("--trace "+word(name), "cannot write: "+why, fix)
}

// nopCloser is a writer that is not pidsim's to close.
type nopCloser struct{ io.Writer }

// Close implements [io.Closer].
func (nopCloser) Close() error { return nil }

// traceWriter is the file of --trace, or what became of it. The program does
// not stop because its trace cannot be written.
type traceWriter struct {
	name   string
	to     io.Writer
	failed error // the first failure; nothing is written after it
}

// Write implements [io.Writer].
func (w *traceWriter) Write(line []byte) (int, error) {
	if w.failed == nil {
		_, w.failed = w.to.Write(line)
	}
	return len(line), nil
}

// report says that the trace is not complete.
func (w *traceWriter) report() {
	if w.failed != nil {
		_, why := reason(w.failed)
		say(failed("--trace "+word(w.name), "cannot write: "+why, "the trace is incomplete").Error())
	}
}
