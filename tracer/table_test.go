package tracer

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// TestProcesses looks at a tree in which a process sleeps, one is stopped and
// one is a zombie.
func TestProcesses(t *testing.T) {
	session, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	groups := map[pidspace.Kind]int{pidspace.Host: unix.Getpgrp(), pidspace.Private: 299}
	sessions := map[pidspace.Kind]int{pidspace.Host: session, pidspace.Private: 298}
	for kind := range groups {
		plan, err := pidspace.NewPlan(4300, 4301, 4302)
		if err != nil {
			t.Fatal(err)
		}
		c := Command(4242, "sh", "-c", "sleep 100 & sleep 101 & sh -c 'exit 0' & kill -STOP 4301; exec sleep 102")
		c.Space, c.Plan = kind, plan
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		want := "4242 S; 4300 S; 4301 T; 4302 Z"
		var got string
		for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			var all []string
			for _, p := range c.Processes() {
				all = append(all, strconv.Itoa(p.PID)+" "+string(rune(p.State)))
			}
			got = strings.Join(all, "; ")
		}
		if got != want {
			t.Errorf("%v: the processes are %s, want %s", kind, got, want)
		}
		for _, p := range c.Processes() {
			if p.PID == 4242 && (!slices.Equal(p.Args, []string{"sleep", "102"}) || p.Name != "sleep" || p.Real != c.Root()) {
				t.Errorf("%v: the root is %+v", kind, p)
			}
			if p.PID != 4242 && (p.PPID != 4242 || p.PGID != groups[kind] || p.SID != sessions[kind] || p.Threads != 1) {
				t.Errorf("%v: %+v", kind, p)
			}
		}
		_ = c.Kill()
		_ = c.Wait()
		for _, p := range c.Processes() { // whoever has adopted them may not have collected them yet
			if p.State != 'Z' {
				t.Errorf("%v: left: %+v", kind, p)
			}
		}
	}
	if got := Command(1, "true").Processes(); got != nil {
		t.Errorf("before the start there is %v", got)
	}
}
