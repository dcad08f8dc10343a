package kernel

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestUnder(t *testing.T) {
	all := map[int]stat{1: {}, 10: {ppid: 1}, 20: {ppid: 10}, 30: {ppid: 31}, 31: {ppid: 30}, 40: {ppid: 5}}
	for pid, want := range map[int]bool{1: false, 10: true, 20: true, 30: false, 40: false, 50: false} {
		if got := under(all, pid, 10); got != want {
			t.Errorf("process %d: %v", pid, got)
		}
	}
}

// TestActive: processes that the program has left running when it stops.
func TestActive(t *testing.T) {
	if Command(Namespace, 4242, "true").Active() {
		t.Error("a command that was not started is active")
	}
	eachOwn(t, func(t *testing.T, m Mechanism) {
		s := begin(t, m, "sh", "-c", `sh -c 'kill -STOP $PPID; exec sleep 3600'; true`)
		stopped := func() bool { return stateOf(s.Root()) == 'T' }
		await(t, "the program stops", stopped)
		if !s.Active() {
			t.Error("nothing is active although the program's child runs")
		}
		child := childOf(t, s.Root())
		send(t, child, unix.SIGSTOP)
		await(t, "the child stops", func() bool { return stateOf(child) == 'T' })
		if s.Active() {
			t.Error("something is active although all is stopped")
		}
		send(t, s.Root(), unix.SIGCONT)
		await(t, "the program goes on", func() bool { return !stopped() })
		if !s.Active() {
			t.Error("nothing is active although the program runs")
		}
		send(t, child, unix.SIGKILL)
		_ = s.Wait()
		if s.Active() {
			t.Error("something is active after the end")
		}
	})
}

func send(t *testing.T, pid int, sig unix.Signal) {
	t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		t.Fatalf("send %v to %d: %v", sig, pid, err)
	}
}

// childOf is the only child of a process.
func childOf(t *testing.T, parent int) (child int) {
	t.Helper()
	await(t, "the program has a child", func() bool {
		eachProcess(func(s stat) bool {
			if s.ppid == parent {
				child = s.pid
			}
			return child != 0
		})
		return child != 0
	})
	return child
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}
