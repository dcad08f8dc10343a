package main

import (
	"sync"
	"syscall"

	"github.com/pidsim/pidsim/tracer"
)

// tree is what job control needs to know of the processes under pidsim. It
// learns it from the tracer's events.
type tree struct {
	// changed has a value after a change that followStop may care about.
	changed chan struct{}

	mu sync.Mutex
	// stops has every live process by its real id, with the signal that it
	// is stopped by, or 0. Guarded by mu.
	stops map[int]syscall.Signal
	root  int // real id; 0 before the start and after the end. Guarded by mu.
}

func newTree() *tree {
	return &tree{changed: make(chan struct{}, 1), stops: make(map[int]syscall.Signal)}
}

// note takes in an event and tells whether it is about a process, rather than
// another thread of one. It does not block, for it runs in the supervisor.
func (t *tree) note(e tracer.Event) (process bool) {
	t.mu.Lock()
	_, known := t.stops[e.Real]
	switch e.Kind {
	case "start":
		t.root = e.Real
		t.stops[e.Real] = 0
	case "fork":
		t.stops[e.Real] = 0
	case "exit":
		delete(t.stops, e.Real)
		if e.Real == t.root {
			t.root = 0
		}
	case "stop":
		if known {
			t.stops[e.Real] = syscall.Signal(e.Signal)
		}
	case "continue":
		if known {
			t.stops[e.Real] = 0
		}
	}
	// While the root runs, births and ends change nothing, and waking a
	// goroutine at each would slow the tree down.
	wake := e.Kind == "stop" || e.Kind == "continue" || t.stops[t.root] != 0
	t.mu.Unlock()
	if wake {
		select {
		case t.changed <- struct{}{}:
		default:
		}
	}
	return known || e.Kind == "start" || e.Kind == "fork"
}

// processes is the number of live processes.
func (t *tree) processes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.stops)
}

// running is the number of processes that are not stopped.
func (t *tree) running() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, sig := range t.stops {
		if sig == 0 {
			n++
		}
	}
	return n
}

// rootID is the program's real id, or 0.
func (t *tree) rootID() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.root
}

// rootStopped is the signal that the program is stopped by, or 0.
func (t *tree) rootStopped() syscall.Signal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stops[t.root]
}
