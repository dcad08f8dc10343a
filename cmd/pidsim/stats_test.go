package main

import (
	"testing"

	"github.com/pidsim/pidsim/tracer"
)

func TestStatsText(t *testing.T) {
	got := statsText(tracer.Stats{Stops: map[string]int{"kill": 2, "getpid": 2, "(fork)": 16}, SupervisorNS: 2_000_000, Tasks: 3, Peak: 2})
	const want = `     stops  at
        16  (fork)
         2  getpid
         2  kill
        20  in all
2ms in the supervisor, 100µs for a stop; 3 tasks, at most 2 at once
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := statsText(tracer.Stats{}); got == "" {
		t.Error("no text for a run without stops")
	}
}

func TestLeftovers(t *testing.T) {
	for n, want := range map[int]string{
		1: "the program has ended, but a process that it started still runs and cannot without pidsim; ^C ends the rest, --kill-on-exit does so at once",
		3: "the program has ended, but 3 processes that it started still run and cannot without pidsim; ^C ends the rest, --kill-on-exit does so at once",
	} {
		if got := leftovers(n); got != want {
			t.Errorf("leftovers(%d) = %q", n, got)
		}
	}
}
