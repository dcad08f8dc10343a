package vm

import (
	"slices"
	"strings"
	"testing"
)

// A step is a command of a guest and what is expected of it.
type step struct {
	name    string
	command Command
	judge   func(*testing.T, Result)
}

// take runs the steps in one guest and judges each as a test of its own.
func take(t *testing.T, m *Machine, steps ...[]step) {
	t.Helper()
	all := slices.Concat(steps...)
	commands := make([]Command, len(all))
	for i, s := range all {
		commands[i] = s.command
	}
	for i, r := range m.Run(commands...) {
		t.Run(all[i].name, func(t *testing.T) { all[i].judge(t, r) })
	}
}

// passes wants exit status 0.
func passes(t *testing.T, r Result) {
	t.Helper()
	if !r.OK() {
		t.Error(r)
	}
}

// fails wants another.
func fails(t *testing.T, r Result) {
	t.Helper()
	if r.OK() {
		t.Errorf("it was to fail: %v", r)
	}
}

// says wants exit status 0 and just that output.
func says(want string) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		t.Helper()
		if !r.OK() || strings.TrimSpace(r.Output) != want {
			t.Errorf("want %q: %v", want, r)
		}
	}
}

// mentions wants texts somewhere in the output, whatever the exit status.
func mentions(want ...string) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(r.Output, w) {
				t.Errorf("not said: %q: %v", w, r)
			}
		}
	}
}
