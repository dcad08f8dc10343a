package main

import (
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

// fakeProgram records what the relay does.
type fakeProgram struct {
	got    []os.Signal
	killed bool
	stops  int  // of pidsim itself
	waking bool // a signal that continues it is on its way
}

func (p *fakeProgram) Signal(sig os.Signal) error { p.got = append(p.got, sig); return nil }
func (p *fakeProgram) Kill() error                { p.killed = true; return nil }

// fakeTerminal is a terminal in a given state.
type fakeTerminal struct{ there, ours bool }

func (t fakeTerminal) exists() bool     { return t.there }
func (t fakeTerminal) foreground() bool { return t.ours }

var (
	noTerminal = fakeTerminal{}
	background = fakeTerminal{there: true}
	foreground = fakeTerminal{there: true, ours: true}
)

// newRelay makes a relay over fakes, with a program of real id 100.
func newRelay(term fakeTerminal) (*relay, *fakeProgram) {
	p := new(fakeProgram)
	tr := newTree()
	tr.note(tracer.Event{Kind: "start", Real: 100, Root: true})
	return &relay{program: p, tree: tr, terminal: term,
		held:     func(pid int) bool { return pid == 100 && !p.waking },
		stopSelf: func() { p.stops++ },
		active:   func(tr *tree) (active, heard bool) { return tr.running() > 0, true }}, p
}

func TestRelaySignal(t *testing.T) {
	tests := []struct {
		name    string
		sig     syscall.Signal
		term    fakeTerminal
		forward bool
	}{
		{"term", unix.SIGTERM, noTerminal, true},
		{"term at terminal", unix.SIGTERM, foreground, true},
		{"hup at terminal", unix.SIGHUP, foreground, true},
		{"usr1", unix.SIGUSR1, foreground, true},
		{"realtime", syscall.Signal(40), foreground, true},
		{"int without terminal", unix.SIGINT, noTerminal, true},
		{"int in the background", unix.SIGINT, background, true},
		{"int from keyboard", unix.SIGINT, foreground, false},
		{"quit from keyboard", unix.SIGQUIT, foreground, false},
		{"quit without terminal", unix.SIGQUIT, noTerminal, true},
		{"tstp from keyboard", unix.SIGTSTP, foreground, false},
		{"tstp in the background", unix.SIGTSTP, background, true},
		{"winch of terminal", unix.SIGWINCH, foreground, false},
		{"winch without terminal", unix.SIGWINCH, noTerminal, true},
		{"cont by fg", unix.SIGCONT, foreground, false},
		{"cont without terminal", unix.SIGCONT, noTerminal, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, p := newRelay(tt.term)
			r.signal(tt.sig)
			if got := slices.Equal(p.got, []os.Signal{tt.sig}); got != tt.forward || len(p.got) > 1 {
				t.Errorf("passed on %v, want %v", p.got, tt.forward)
			}
			if p.killed || p.stops > 0 {
				t.Errorf("killed %v, stopped %d times", p.killed, p.stops)
			}
		})
	}
}

func TestRelayAfterEnd(t *testing.T) {
	tests := []struct {
		sig   syscall.Signal
		kills bool
		stops int
	}{
		{unix.SIGINT, true, 0}, {unix.SIGTERM, true, 0}, {unix.SIGHUP, true, 0}, {unix.SIGQUIT, true, 0},
		{unix.SIGTSTP, false, 1}, {unix.SIGUSR1, false, 0}, {unix.SIGCONT, false, 0},
	}
	for _, tt := range tests {
		r, p := newRelay(foreground)
		r.ended = true
		r.signal(tt.sig)
		if p.killed != tt.kills || p.stops != tt.stops || len(p.got) > 0 {
			t.Errorf("%v: killed %v, stopped %d times, passed on %v", tt.sig, p.killed, p.stops, p.got)
		}
	}
}

func TestFollowStop(t *testing.T) {
	stop := func(real int, sig syscall.Signal) tracer.Event {
		return tracer.Event{Kind: "stop", Real: real, Signal: int(sig)}
	}
	fork := func(real int) tracer.Event { return tracer.Event{Kind: "fork", Real: real} }
	cont := func(real int) tracer.Event { return tracer.Event{Kind: "continue", Real: real} }
	exit := func(real int) tracer.Event { return tracer.Event{Kind: "exit", Real: real} }
	tests := []struct {
		name   string
		term   fakeTerminal
		events []tracer.Event
		stops  int
	}{
		{"nothing", foreground, nil, 0},
		{"alone", noTerminal, []tracer.Event{stop(100, unix.SIGSTOP)}, 1},
		{"alone, keyboard", foreground, []tracer.Event{stop(100, unix.SIGTSTP)}, 1},
		{"a child", foreground, []tracer.Event{fork(101), stop(101, unix.SIGTSTP)}, 0},
		{"continued at once", noTerminal, []tracer.Event{stop(100, unix.SIGSTOP), cont(100)}, 0},
		{"a child may continue it", noTerminal, []tracer.Event{fork(101), stop(100, unix.SIGSTOP)}, 0},
		{"a child may, at a terminal", foreground, []tracer.Event{fork(101), stop(100, unix.SIGSTOP)}, 0},
		{"keyboard stop with a daemon", foreground, []tracer.Event{fork(101), stop(100, unix.SIGTSTP)}, 1},
		{"background read", background, []tracer.Event{fork(101), stop(100, unix.SIGTTIN)}, 1},
		{"no terminal, no shell", noTerminal, []tracer.Event{fork(101), stop(100, unix.SIGTSTP)}, 0},
		{"the child stops too", noTerminal, []tracer.Event{fork(101), stop(100, unix.SIGSTOP), stop(101, unix.SIGSTOP)}, 1},
		{"the child ends", noTerminal, []tracer.Event{fork(101), stop(100, unix.SIGSTOP), exit(101)}, 1},
		{"killed when stopped", noTerminal, []tracer.Event{stop(100, unix.SIGSTOP), exit(100)}, 0},
		{"a thread ends", noTerminal, []tracer.Event{exit(105), stop(100, unix.SIGSTOP)}, 1},
		{"an unknown process stops", noTerminal, []tracer.Event{stop(105, unix.SIGSTOP), stop(100, unix.SIGSTOP)}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, p := newRelay(tt.term)
			for _, e := range tt.events {
				r.tree.note(e)
			}
			r.followStop()
			r.followStop() // once is enough
			if p.stops != tt.stops {
				t.Errorf("stopped %d times, want %d", p.stops, tt.stops)
			}
		})
	}
}

// TestFollowStopSettles changes the program's state while pidsim hesitates.
func TestFollowStopSettles(t *testing.T) {
	for _, e := range []tracer.Event{{Kind: "continue", Real: 100}, {Kind: "fork", Real: 101}, {Kind: "exit", Real: 100}} {
		synctest.Test(t, func(t *testing.T) {
			r, p := newRelay(noTerminal)
			r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGSTOP)})
			go func() {
				time.Sleep(settle / 2)
				r.tree.note(e)
			}()
			r.followStop()
			if p.stops != 0 {
				t.Errorf("pidsim stopped although %+v", e)
			}
		})
	}
	r, p := newRelay(foreground)
	r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGTSTP)})
	p.waking = true
	r.followStop()
	if p.stops != 0 {
		t.Error("pidsim stopped although SIGCONT is pending")
	}
}

// TestFollowStopUnheard is about processes that no event tells of.
func TestFollowStopUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := newRelay(noTerminal)
		r.tree.changed = make(chan struct{}, 1) // of this bubble
		var others atomic.Bool
		others.Store(true)
		r.active = func(*tree) (active, heard bool) { return others.Load(), false }
		done := make(chan struct{})
		defer close(done)
		go r.run(nil, nil, done)
		r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGSTOP)})
		time.Sleep(10 * recheck)
		synctest.Wait()
		if p.stops != 0 {
			t.Error("pidsim stopped although others run")
		}
		others.Store(false)
		time.Sleep(2 * recheck)
		synctest.Wait()
		if p.stops != 1 {
			t.Errorf("pidsim stopped %d times when the others had ended", p.stops)
		}
	})
}

// TestResume checks that a SIGCONT reaches the program once, whether the
// whole group got it or only pidsim, and however slow the supervisor is.
func TestResume(t *testing.T) {
	for name, tt := range map[string]struct {
		waking, continued, forward bool
	}{
		"only pidsim":      {forward: true},
		"group":            {continued: true},
		"group, slow tree": {waking: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, p := newRelay(background)
				r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGTSTP)})
				r.followStop()
				if p.stops != 1 {
					t.Fatalf("pidsim stopped %d times", p.stops)
				}
				p.waking = tt.waking
				if tt.continued {
					go func() {
						time.Sleep(settle / 2)
						r.tree.note(tracer.Event{Kind: "continue", Real: 100})
					}()
				}
				r.signal(unix.SIGTSTP) // what stopped both, late
				r.signal(unix.SIGCONT)
				if forwarded := len(p.got) == 1; forwarded != tt.forward {
					t.Errorf("passed on %v", p.got)
				}
				// Or even later.
				before := len(p.got)
				r.tree.note(tracer.Event{Kind: "continue", Real: 100})
				for _, r.ended = range []bool{true, false} {
					r.signal(unix.SIGTSTP)
				}
				if len(p.got) != before || p.stops != 1 {
					t.Errorf("passed on %v, stopped %d times: an old SIGTSTP", p.got, p.stops)
				}
				time.Sleep(2 * stale)
				r.signal(unix.SIGTSTP)
				if len(p.got) != before+1 {
					t.Errorf("passed on %v: not a new SIGTSTP", p.got)
				}
				// The next stop is followed as well.
				p.waking = false
				r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGSTOP)})
				r.followStop()
				if p.stops != 2 {
					t.Errorf("pidsim stopped %d times, want 2", p.stops)
				}
			})
		})
	}
}

// TestRelayRun drives the loop through the channels that it really has.
func TestRelayRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := newRelay(noTerminal)
		r.tree.changed = make(chan struct{}, 1) // of this bubble
		caught, rootExited, done := make(chan syscall.Signal), make(chan struct{}), make(chan struct{})
		go r.run(caught, rootExited, done)
		caught <- unix.SIGUSR1
		r.tree.note(tracer.Event{Kind: "stop", Real: 100, Signal: int(unix.SIGSTOP)})
		time.Sleep(2 * settle)
		synctest.Wait()
		if p.stops != 1 || !slices.Equal(p.got, []os.Signal{unix.SIGUSR1}) {
			t.Errorf("stopped %d times, passed on %v", p.stops, p.got)
		}
		close(rootExited)
		synctest.Wait()
		caught <- unix.SIGTERM
		synctest.Wait()
		if !p.killed {
			t.Error("SIGTERM after the program's end did not end the leftovers")
		}
		close(done)
	})
}
