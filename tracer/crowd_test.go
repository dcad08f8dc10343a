package tracer

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWaited(t *testing.T) {
	const ms = int64(time.Millisecond)
	for name, test := range map[string]struct {
		before, now map[int]waiting
		want        time.Duration
	}{
		"for nobody":    {map[int]waiting{1: {5 * ms, 7}}, map[int]waiting{1: {5 * ms, 7}}, 0},
		"for others":    {map[int]waiting{1: {5 * ms, 7}}, map[int]waiting{1: {25 * ms, 7}}, 20 * time.Millisecond},
		"at a new turn": {map[int]waiting{1: {5 * ms, 7}}, map[int]waiting{1: {6 * ms, 107}}, 0},
		"a new task":    {nil, map[int]waiting{1: {5 * ms, 0}}, 5 * time.Millisecond},
		"an old task":   {map[int]waiting{1: {5 * ms, 7}}, nil, 0},
	} {
		if got := waited(test.before, test.now); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// TestPlacementLeavesCrowd: a tree of which one task computes is not held on a
// processor that others want.
func TestPlacementLeavesCrowd(t *testing.T) {
	if _, ok := account(os.Getpid()); !ok {
		t.Skip("needs CONFIG_SCHED_INFO: /proc/PID/schedstat")
	}
	var home, at unix.CPUSet
	if err := unix.SchedGetaffinity(0, &home); err != nil || home.Count() < 2 {
		t.Skipf("two processors are needed: %v", err)
	}
	const forever = "while :; do :; done"
	c := Command(4194001, "sh", "-c", forever+" & wait")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.Kill()
		_ = c.Wait()
	}()
	if err := unix.SchedGetaffinity(c.Root(), &at); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		other := exec.Command("sh", "-c", forever)
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = other.Process.Kill()
			_ = other.Wait()
		}()
		if err := unix.SchedSetaffinity(other.Process.Pid, &at); err != nil {
			t.Fatal(err)
		}
	}
	for late := time.Now().Add(time.Minute); at != home; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it is held on %v, others may use %v", at, home)
		}
		if err := unix.SchedGetaffinity(c.Root(), &at); err != nil {
			t.Fatal(err)
		}
	}
}
