package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestRestless reads a tree that never stays the same: in vain, or frozen.
func TestRestless(t *testing.T) {
	pid, _ := start(t, sh("while :; do /bin/true; done"))
	var e *Error
	if _, err := Read(pid, Options{Tree: true}); err == nil {
		t.Log("the tree held still by chance")
	} else if !errors.Is(err, ErrUnsteady) || !errors.As(err, &e) || !strings.Contains(e.Fix, "--freeze") {
		t.Errorf("%v", err)
	}
	for range 5 {
		mustRead(t, pid, Options{Tree: true, Freeze: true})
	}
}

// TestFreezeLeavesNoTrace: the frozen process goes on as it was, and nobody
// has noticed.
func TestFreezeLeavesNoTrace(t *testing.T) {
	pid, _ := start(t, sh("kill -STOP $$; sleep 100"))
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, unix.WUNTRACED, nil); err != nil || !ws.Stopped() {
		t.Fatal(err, ws)
	}
	stopped := func() bool { return strings.HasPrefix(statusOf(t, pid)["State"], "T (stopped)") }
	if img := mustRead(t, pid, Options{Freeze: true}); img.Root().State != "stopped" && img.Root().State != "running" {
		t.Errorf("state %s", img.Root().State)
	}
	eventually(t, "it is stopped as before", stopped)
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func() bool { return strings.HasPrefix(statusOf(t, pid)["State"], "S") })
	if _, err := unix.Wait4(pid, &ws, unix.WCONTINUED, nil); err != nil || !ws.Continued() {
		t.Fatal(err, ws)
	}
	for range 5 {
		mustRead(t, pid, Options{Tree: true, Freeze: true})
	}
	if got, err := unix.Wait4(pid, &ws, unix.WUNTRACED|unix.WCONTINUED|unix.WNOHANG, nil); got != 0 || err != nil {
		t.Errorf("the parent heard of it: %d, %v, %v", got, ws, err)
	}
	if tracer := statusOf(t, pid)["TracerPid"]; tracer != "0" {
		t.Errorf("still traced by %s", tracer)
	}
	eventually(t, "it sleeps again", func() bool { return strings.HasPrefix(statusOf(t, pid)["State"], "S") })
}

// TestFreezeLosesNoSignal sends signals to a process that is frozen again and
// again.
func TestFreezeLosesNoSignal(t *testing.T) {
	pid, out := start(t, role(t, "signals"))
	line(t, out)
	quit, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-quit:
				done <- nil
				return
			default:
				if _, err := Read(pid, Options{Freeze: true}); err != nil {
					done <- err
					<-quit
					return
				}
			}
		}
	}()
	for range 200 {
		if err := unix.Kill(pid, unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		if s := line(t, out); s != "signal" {
			t.Fatal(s)
		}
	}
	close(quit)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestFreezeVfork: a thread that waits for its vfork child cannot be stopped,
// and need not.
func TestFreezeVfork(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler is installed")
	}
	prog := filepath.Join(t.TempDir(), "vfork")
	if out, err := exec.Command(cc, "-o", prog, "testdata/vfork.c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pid, out := start(t, exec.Command(prog))
	line(t, out)
	began := time.Now()
	if img := mustRead(t, pid, Options{Tree: true, Freeze: true}); len(img.Processes) != 2 {
		t.Errorf("%d processes", len(img.Processes))
	}
	if took := time.Since(began); took > freezeTime/2 {
		t.Errorf("it took %v", took)
	}
	for _, p := range session(pid) {
		eventually(t, "nobody traces it", func() bool { return statusOf(t, p)["TracerPid"] == "0" })
	}
}

// TestFreezeTraced: a process that has a tracer cannot be frozen.
func TestFreezeTraced(t *testing.T) {
	pid, _ := start(t, exec.Command("sleep", "100"))
	seized, release := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		seized <- unix.PtraceSeize(pid)
		<-release
	}()
	if err := <-seized; err != nil {
		t.Fatal(err)
	}
	defer close(release)
	_, err := Read(pid, Options{Freeze: true})
	if want := fmt.Sprintf("process %d: it is traced by another process (process %d)", pid, os.Getpid()); !errors.Is(err, ErrTraced) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	mustRead(t, pid, Options{})
}
