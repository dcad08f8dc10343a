package conformance

import (
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRealIDIsTheChosen covers what a run meets by chance only: in the host
// space the kernel gives a process of the tree, as its real id, the very id
// that the root has been given. That process must then be presented as
// another, by every call.
func TestRealIDIsTheChosen(t *testing.T) {
	if !privileged() {
		t.Skip("needs root: writing ns_last_pid")
	}
	for _, name := range []string{"fork", "ids", "wait", "waitid", "siginfo", "getpgid", "gettid", "exec_thread", "stress_fork"} {
		for _, engine := range engines() {
			t.Run(name+"/"+engine, func(t *testing.T) {
				p := program{name: name}
				want := truth(t, p, dynamic, asRoot)
				for try := range 200 {
					o := collide(t, p, engine, try)
					if !o.tree.real[o.root] {
						continue
					}
					holds(t, o)
					if diff := cmp.Diff(want.facts, o.facts); diff != "" {
						t.Errorf("facts differ (-native +pidsim):\n%s%s", diff, o.stderr)
					}
					return
				}
				t.Error("no process of the tree got the id as its real one")
			})
		}
	}
}

// collide runs a program under an id that the kernel will soon give out. How
// soon is a guess at how many tasks pidsim and others create meanwhile.
func collide(t *testing.T, p program, engine string, try int) outcome {
	t.Helper()
	p.root = freeID(p, try)
	last := strconv.Itoa(p.root - 10 - try%40)
	if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(last), 0); err != nil {
		t.Fatal(err)
	}
	return simulated(t, p, host, engine, dynamic, asRoot)
}
