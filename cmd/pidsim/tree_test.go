package main

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

func TestTree(t *testing.T) {
	tr := newTree()
	steps := []struct {
		event   tracer.Event
		process bool
		live    int
		running int
		stopped bool
	}{
		{tracer.Event{Kind: "start", Real: 100}, true, 1, 1, false},
		{tracer.Event{Kind: "thread", Real: 105}, false, 1, 1, false},
		{tracer.Event{Kind: "fork", Real: 101}, true, 2, 2, false},
		{tracer.Event{Kind: "exec", Real: 101}, true, 2, 2, false},
		{tracer.Event{Kind: "stop", Real: 101, Signal: int(unix.SIGTSTP)}, true, 2, 1, false},
		{tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGTSTP)}, true, 2, 0, true},
		{tracer.Event{Kind: "exit", Real: 105}, false, 2, 0, true},
		{tracer.Event{Kind: "continue", Real: 100}, true, 2, 1, false},
		{tracer.Event{Kind: "exit", Real: 100}, true, 1, 0, false},
		{tracer.Event{Kind: "continue", Real: 101}, true, 1, 1, false},
		{tracer.Event{Kind: "exit", Real: 101}, true, 0, 0, false},
	}
	for i, s := range steps {
		process := tr.note(s.event)
		if process != s.process || tr.processes() != s.live || tr.running() != s.running || (tr.rootStopped() != 0) != s.stopped {
			t.Errorf("after step %d, %+v: process %v, %d live, %d running, root stopped by %d; want %+v",
				i, s.event, process, tr.processes(), tr.running(), tr.rootStopped(), s)
		}
		announced := false
		select {
		case <-tr.changed:
			announced = true
		default:
		}
		if want := s.stopped || s.event.Kind == "stop" || s.event.Kind == "continue"; announced != want {
			t.Errorf("step %d, %+v: announced %v, want %v", i, s.event, announced, want)
		}
	}
}
