package tracer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// openFiles makes the program's first three files. It returns their
// descriptors and the files to close once the program has them.
func (r *run) openFiles(c *Cmd) (fds []uintptr, child []*os.File, err error) {
	r.copying = make(chan error, 3)
	add := func(f *os.File, ours bool) {
		fds = append(fds, f.Fd())
		if ours {
			child = append(child, f)
		}
	}
	null := func(flag int) error {
		f, err := os.OpenFile(os.DevNull, flag, 0)
		if err == nil {
			add(f, true)
		}
		return err
	}
	switch in := c.Stdin.(type) {
	case nil:
		err = null(os.O_RDONLY)
	case *os.File:
		add(in, false)
	default:
		var pr, pw *os.File
		if pr, pw, err = os.Pipe(); err == nil {
			add(pr, true)
			r.feed(pw, in)
		}
	}
	if err != nil {
		return nil, child, fmt.Errorf("standard input: %w", err)
	}
	for i, w := range []io.Writer{c.Stdout, c.Stderr} {
		switch out := w.(type) {
		case nil:
			err = null(os.O_WRONLY)
		case *os.File:
			add(out, false)
		default:
			if i == 1 && sameWriter(c.Stdout, c.Stderr) {
				fds = append(fds, fds[1])
				continue
			}
			var pr, pw *os.File
			if pr, pw, err = os.Pipe(); err == nil {
				add(pw, true)
				r.drain(out, pr)
			}
		}
		if err != nil {
			return nil, child, fmt.Errorf("standard output: %w", err)
		}
	}
	return fds, child, nil
}

// sameWriter compares writers, which may be of an incomparable type.
func sameWriter(a, b io.Writer) (same bool) {
	defer func() { _ = recover() }()
	return a == b
}

// feed copies in to the program's standard input. A program that does not read
// it all is no error, and the run does not wait for a reader that blocks.
func (r *run) feed(pipe *os.File, in io.Reader) {
	r.parent = append(r.parent, pipe)
	r.todo = append(r.todo, func() {
		_, _ = io.Copy(pipe, in)
		_ = pipe.Close()
	})
}

// drain copies what the program writes to out.
func (r *run) drain(out io.Writer, pipe *os.File) {
	r.parent = append(r.parent, pipe)
	r.copies++
	r.todo = append(r.todo, func() {
		_, err := io.Copy(out, pipe)
		if errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE) {
			err = nil
		}
		r.copying <- err
	})
}

// startCopying begins what feed and drain have planned.
func (r *run) startCopying() {
	for _, f := range r.todo {
		go f()
	}
}
