package kernel

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWithin(t *testing.T) {
	self := os.Getpid()
	for name, tt := range map[string]struct {
		pid, top int
		want     bool
	}{
		"self under parent": {self, os.Getppid(), true},
		"parent under self": {os.Getppid(), self, false},
		"self under self":   {self, self, true},
		"nobody":            {0, self, false},
		"no such process":   {4194303, self, false},
		"init":              {1, self, false},
		"init under itself": {1, 1, true},
		"an end":            {4194303, 4194303, false},
	} {
		if got := within(tt.pid, tt.top); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSent: the ids by which the program's signals name it.
func TestSent(t *testing.T) {
	if Command(Namespace, 4242, "true").Sent(os.Getpid()) {
		t.Error("a command that was not started has sent a signal")
	}
	eachOwn(t, func(t *testing.T, m Mechanism) {
		other := exec.Command("sleep", "3600")
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = other.Process.Kill()
			_ = other.Wait()
		}()
		s := begin(t, m, "sleep", "3600")
		for pid, want := range map[int]bool{
			s.PID: true, other.Process.Pid: false, os.Getppid(): false, 0: false, 4194303: false, os.Getpid(): false,
		} {
			if got := s.Sent(pid); got != want {
				t.Errorf("process %d: %v", pid, got)
			}
		}
		if err := s.Signal(unix.SIGKILL); err != nil {
			t.Error(err)
		}
		_ = s.Wait()
		if s.Sent(s.PID) {
			t.Error("a program that has ended has sent a signal")
		}
	})
}
