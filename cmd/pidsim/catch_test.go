package main

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSender has signals sent in several ways.
func TestSender(t *testing.T) {
	c := caughtSignals(t)
	got := func(want unix.Signal) {
		t.Helper()
		select {
		case sig := <-c:
			if sig != want {
				t.Errorf("signal %v, want %v", sig, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no %v", want)
		}
	}
	self := os.Getpid()
	for range 1000 {
		if err := unix.Kill(self, unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		got(unix.SIGUSR1)
	}
	if s := sender(unix.SIGUSR1); s != self {
		t.Errorf("sender %d, want %d", s, self)
	}
	cmd := exec.Command("sh", "-c", "echo $$; kill -USR2 "+strconv.Itoa(self)+"; read x")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	got(unix.SIGUSR2)
	if s := sender(unix.SIGUSR2); s != cmd.Process.Pid {
		t.Errorf("sender %d, want %d", s, cmd.Process.Pid)
	}
	in.Close()
	_ = cmd.Wait()
	// The kernel's own have no sender.
	if _, err := unix.Setitimer(unix.ITIMER_REAL, unix.Itimerval{Value: unix.Timeval{Usec: 1000}}); err != nil {
		t.Fatal(err)
	}
	got(unix.SIGALRM)
	if s := sender(unix.SIGALRM); s != 0 {
		t.Errorf("sender %d of the kernel's signal", s)
	}
}

// caughtSignals catches signals for a test and gives what is caught.
func caughtSignals(t *testing.T) <-chan syscall.Signal {
	t.Helper()
	c, err := catchSignals()
	if err != nil {
		t.Fatal(err)
	}
	caught := make(chan syscall.Signal, 16)
	go c.deliver(caught)
	return caught
}

func TestFatal(t *testing.T) {
	c, err := catchSignals()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		sent []syscall.Signal
		want syscall.Signal
	}{
		{nil, 0},
		{[]syscall.Signal{unix.SIGUSR1, unix.SIGWINCH}, 0},
		{[]syscall.Signal{unix.SIGUSR1, unix.SIGINT}, unix.SIGINT},
	} {
		for _, sig := range tt.sent {
			// To this thread, so that it is handled on return.
			runtime.LockOSThread()
			if err := unix.Tgkill(os.Getpid(), unix.Gettid(), sig); err != nil {
				t.Fatal(err)
			}
			runtime.UnlockOSThread()
		}
		if got := c.fatal(); got != tt.want {
			t.Errorf("fatal after %v = %v, want %v", tt.sent, got, tt.want)
		}
	}
}

// TestCatchSignals checks what is caught and that an ignored signal stays
// ignored until the program has inherited that.
func TestCatchSignals(t *testing.T) {
	signal.Ignore(unix.SIGUSR2)
	defer signal.Reset(unix.SIGUSR2)
	c, err := catchSignals()
	if err != nil {
		t.Fatal(err)
	}
	if !ignored(unix.SIGUSR2) || !slices.Contains(c.ignored, unix.SIGUSR2) {
		t.Errorf("SIGUSR2 is no longer ignored; noted as ignored: %v", c.ignored)
	}
	c.catchIgnored()
	if ignored(unix.SIGUSR2) {
		t.Error("SIGUSR2 is still ignored")
	}
	if ignored(unix.SIGPIPE) {
		t.Error("the program would inherit that SIGPIPE is ignored")
	}
	caught := make(chan syscall.Signal)
	go c.deliver(caught)
	for _, sig := range []syscall.Signal{unix.SIGUSR2, unix.SIGHUP, unix.SIGTERM, unix.SIGTSTP, unix.SIGSEGV, 32, lastSignal} {
		if err := unix.Kill(os.Getpid(), sig); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-caught:
			if got != sig {
				t.Errorf("caught %v, want %v", got, sig)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%v was not caught", sig)
		}
	}
}

// TestFaults: what a fault of this process raises is the Go runtime's.
func TestFaults(t *testing.T) {
	caught := caughtSignals(t)
	defer func() {
		if r := recover(); r == nil {
			t.Error("no panic")
		}
		select {
		case sig := <-caught:
			t.Errorf("%v was caught", sig)
		default:
		}
	}()
	var nowhere *int
	*nowhere = 1
}
