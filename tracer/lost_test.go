package tracer

import (
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

func TestEarlyEnds(t *testing.T) {
	var e earlyEnds
	for tid := 1; tid <= maxEarlyEnds+10; tid++ {
		e.add(tid)
		e.add(tid)
	}
	if len(e.tids) != maxEarlyEnds || e.drop(10) || !e.drop(11) || e.drop(11) || !e.drop(maxEarlyEnds+10) {
		t.Errorf("what is remembered of %d: %v", maxEarlyEnds+10, e.tids)
	}
}

// A number that is remembered may be another task's by now, which lives.
func TestEndedEarly(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	pid := cmd.Process.Pid
	s := &supervisor{placement: &placement{tracer: unix.Gettid()}}
	if s.endedEarly(pid) {
		t.Error("a task whose end was not reported has ended early")
	}
	s.early.add(pid)
	if !s.endedEarly(pid) {
		t.Error("the end of a task was reported, and it is not traced, but has not ended early")
	}
	if err := ptrace.Seize(pid, ptrace.Options); err != nil {
		t.Skipf("needs ptrace: %v", err)
	}
	s.early.add(pid)
	if s.endedEarly(pid) {
		t.Error("a task that is traced has ended early, by a number from before")
	}
	if s.endedEarly(pid) || len(s.early.tids) != 0 {
		t.Errorf("a number is remembered after its event: %v", s.early.tids)
	}
}
