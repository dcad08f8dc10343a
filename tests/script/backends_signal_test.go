package script

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestBackendSignal sends signals to pidsim, without a terminal.
func TestBackendSignal(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		for sig, want := range map[syscall.Signal]string{unix.SIGTERM: "got TERM\n 3", unix.SIGINT: "got INT\n 4"} {
			got := b.signalled(t, sig)
			for try := 0; got == "" && try < 5; try++ {
				got = b.signalled(t, sig)
			}
			if got != want {
				t.Errorf("%v: %q, want %q", sig, got, want)
			}
		}
	})
}

// signalled gives a program's reaction to a signal for pidsim, and its status;
// nothing when its id was taken.
func (b backend) signalled(t *testing.T, sig syscall.Signal) string {
	t.Helper()
	const program = `trap 'echo got TERM; exit 3' TERM; trap 'echo got INT; exit 4' INT; echo ready; while :; do sleep 0.02; done`
	cmd := b.command(freeID(t), "sh", "-c", program)
	cmd.SysProcAttr = orNew(cmd.SysProcAttr)
	cmd.SysProcAttr.Setsid = true
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	defer cmd.Wait()
	buf := make([]byte, 100)
	if n, _ := out.Read(buf); string(buf[:n]) != "ready\n" {
		return ""
	}
	check(t, cmd.Process.Signal(sig))
	n, _ := out.Read(buf)
	_ = cmd.Wait()
	return fmt.Sprint(string(buf[:n]), " ", cmd.ProcessState.ExitCode())
}

// TestBackendGroup has the program signal the group that pidsim is in as well:
// the signal must arrive once.
func TestBackendGroup(t *testing.T) {
	const program = `trap 'echo got TERM' TERM; kill 0; sleep 0.2; (trap '' TERM; kill -TERM 0; sleep 0.2); sleep 0.2; echo end`
	eachBackend(t, func(t *testing.T, b backend) {
		var r ran
		for try := 0; try < 5; try++ {
			cmd := b.command(freeID(t), "bash", "-c", program)
			cmd.SysProcAttr = orNew(cmd.SysProcAttr)
			cmd.SysProcAttr.Setsid = true
			if r = finish(t, cmd); !strings.Contains(r.err, " is in use ") {
				break
			}
		}
		if r.out != "got TERM\ngot TERM\nend\n" || r.status != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// The terminal, for each kind of backend: a child of pidsim's own and one of
// the reaper's.

func jobBackends(t *testing.T) (names []string) {
	for _, b := range backends(t) {
		if !b.nobody || os.Geteuid() != 0 {
			names = append(names, b.name)
		}
	}
	return names
}

// backendScene runs a program that says when it is ready, under a free id.
func backendScene(t *testing.T, name string, program ...string) *scene {
	t.Helper()
	for try := 0; ; try++ {
		pid := freeID(t)
		s := newScene(t, append([]string{"-pid", strconv.Itoa(pid), "--backend", name}, program...)...)
		for deadline := time.Now().Add(patience); !strings.Contains(s.text(), " is in use "); time.Sleep(time.Millisecond) {
			if strings.Contains(s.text(), fmt.Sprintf("process %d ready", pid)) {
				return s
			}
			if time.Now().After(deadline) {
				t.Fatalf("the program is not ready:\n%s", s.text())
			}
		}
		if try == 5 {
			t.Fatal(s.text())
		}
	}
}

func TestBackendInterrupt(t *testing.T) {
	for _, name := range jobBackends(t) {
		t.Run(name, func(t *testing.T) {
			s := backendScene(t, name, "@")
			s.types(ctrlC)
			s.still("got SIGINT", 1)
			s.tells("group")
			s.hears("foreground true group true")
			s.types(ctrlBackslash)
			s.hears("exited 3")
			s = backendScene(t, name, "sh", "-c", "echo process $$ ready; exec sleep 60")
			s.types(ctrlC)
			s.hears("signalled 2")
		})
	}
}

func TestBackendSuspend(t *testing.T) {
	for _, name := range jobBackends(t) {
		t.Run(name, func(t *testing.T) {
			s := backendScene(t, name, "@")
			s.isSuspendedTwice()
		})
	}
}
