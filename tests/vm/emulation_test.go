package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestEmulation runs the kernel's selftest where pidsim emulates the call, on
// this machine as it is.
func TestEmulation(t *testing.T) {
	dir := t.TempDir()
	// Another user has to come to the programs.
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := GoBuild(filepath.Join(dir, "pidsim"), "./cmd/pidsim"); err != nil {
		t.Fatal(err)
	}
	if err := Make("kernel/linux/selftest", "OUT="+dir); err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct{ flags, user string }{
		{"--space host", "root"},
		{"--space private", "nobody"},
		{"--space host --no-seccomp", "root"},
	} {
		t.Run(way.flags+" as "+way.user, func(t *testing.T) {
			args := append([]string{"-pid", "77", "--backend", "ptrace"}, strings.Fields(way.flags)...)
			args = append(args, filepath.Join(dir, "setforkpid_selftest"), "-e", "-r", "100")
			cmd := exec.Command(filepath.Join(dir, "pidsim"), args...)
			if way.user == "nobody" && os.Geteuid() == 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			var said strings.Builder
			cmd.Stderr = &said
			begin := time.Now()
			out, err := cmd.Output()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			judgeTAP(t, Result{Output: string(out), Status: cmd.ProcessState.ExitCode(), Elapsed: time.Since(begin)})
			if t.Failed() {
				t.Log(said.String())
			}
		})
	}
}
