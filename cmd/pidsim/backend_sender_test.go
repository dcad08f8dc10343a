package main

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSender has signals sent in several ways.
func TestSender(t *testing.T) {
	c := make(chan os.Signal, 16)
	signal.Notify(c, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGWINCH)
	defer signal.Stop(c)
	recordSenders()
	recordSenders() // once more changes nothing
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
