package tracer

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPlacementOfStrangers: whoever names a task outside of the tree does not move
// it.
func TestPlacementOfStrangers(t *testing.T) {
	p := &placement{tasks: map[int]bool{}}
	if err := unix.SchedGetaffinity(0, &p.home); err != nil || p.home.Count() < 2 {
		t.Skipf("two processors are needed: %v", err)
	}
	c := exec.Command("sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	var one, now unix.CPUSet
	for cpu := 0; one.Count() == 0; cpu++ {
		if p.home.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	has := func(want unix.CPUSet) {
		t.Helper()
		if err := unix.SchedGetaffinity(c.Process.Pid, &now); err != nil || now != want {
			t.Errorf("it has %v (%v), want %v", now, err, want)
		}
	}
	if err := unix.SchedSetaffinity(c.Process.Pid, &one); err != nil {
		t.Fatal(err)
	}
	p.free(c.Process.Pid)
	has(one)
	p.tasks[c.Process.Pid] = false // of the tree, placed
	p.free(c.Process.Pid)
	has(p.home)
}
