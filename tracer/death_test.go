package tracer

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// groupLives tells whether a process of the group is more than a zombie, which
// init may take its time to collect.
func groupLives(group int) bool {
	dirs, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range dirs {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if f[2] == strconv.Itoa(group) && f[0] != "Z" && f[0] != "X" {
			return true
		}
	}
	return false
}

// Whatever the moment at which the supervisor is killed, nothing is left of
// the tree.
func TestSupervisorKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"fork", "seized", "filter", "exec", "running"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), dieAt+"="+step)
			cmd.Stderr = os.Stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			group := cmd.Process.Pid
			err := cmd.Wait()
			if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
				t.Fatalf("the supervisor was not killed at this step: %v", err)
			}
			deadline := time.Now().Add(10 * time.Second)
			for groupLives(group) {
				if time.Now().After(deadline) {
					t.Fatal("a process of the tree lives on")
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
}
