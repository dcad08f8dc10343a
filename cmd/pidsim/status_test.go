package main

import (
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

func TestStatusLines(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// As a caller would pass it: not closed on exec.
	fd, err := unix.Dup(int(w.Fd()))
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStatus(fd)
	if err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the program would inherit the descriptor (flags %#x, %v)", flags, err)
	}
	s.event(tracer.Event{Kind: "start", Virtual: 7, Real: 100, Root: true}, true)
	s.event(tracer.Event{Kind: "fork", Virtual: 8, Real: 101}, true)
	s.event(tracer.Event{Kind: "thread", Virtual: 9, Real: 102}, false)
	s.event(tracer.Event{Kind: "exit", Virtual: 9, Real: 102}, false)
	s.event(tracer.Event{Kind: "stop", Virtual: 8, Real: 101, Signal: 19}, true)
	s.event(tracer.Event{Kind: "exit", Virtual: 8, Real: 101, Status: tracer.Status{Signal: 11, Core: true}}, true)
	s.event(tracer.Event{Kind: "exit", Virtual: 7, Real: 100, Root: true}, true)
	s.end(0)
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"event":"start","virtual":7,"real":100,"root":true}
{"event":"fork","virtual":8,"real":101}
{"event":"thread","virtual":9,"real":102}
{"event":"exit","virtual":9,"real":102}
{"event":"stop","virtual":8,"real":101,"signal":19}
{"event":"exit","virtual":8,"real":101,"exit":139,"core":true,"signal":11}
{"event":"exit","virtual":7,"real":100,"root":true,"exit":0}
{"event":"end","exit":0}
`
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestStatusReaderGone checks that a reader who leaves does not stop the run.
func TestStatusReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(w.Fd()))
	w.Close()
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStatus(fd)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * statusBacklog {
		s.event(tracer.Event{Kind: "fork", Virtual: 8, Real: 101}, true)
	}
	s.end(0)
}

func TestStatusDescriptor(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	readOnly, err := unix.Dup(int(null.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(readOnly)
	tests := []struct {
		name string
		fd   int
	}{
		{"closed", 1 << 20},
		{"read-only", readOnly},
		{"pidsim's own", int(null.Fd())},
	}
	for _, tt := range tests {
		_, err := openStatus(tt.fd)
		var f *failure
		if !errors.As(err, &f) || f.code != exitFailed || f.fix == "" {
			t.Errorf("%s: openStatus(%d) = %v", tt.name, tt.fd, err)
		}
	}
	if s, err := openStatus(-1); s != nil || err != nil {
		t.Errorf("openStatus(-1) = %v, %v; want none", s, err)
	}
}
