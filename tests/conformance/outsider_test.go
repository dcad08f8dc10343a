package conformance

import (
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// outsiders are processes that no program of a private space can find; one
// for each user, so that nothing but the space protects it.
var (
	outsiders   = map[string]*exec.Cmd{}
	outsidersMu sync.Mutex
)

// outsider returns the real id of the user's outsider.
func outsider(t *testing.T, user string) int {
	t.Helper()
	outsidersMu.Lock()
	defer outsidersMu.Unlock()
	if cmd := outsiders[user]; cmd != nil {
		return cmd.Process.Pid
	}
	cmd := exec.Command("sleep", "86400")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if privileged() && user == asNobody {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("process outside: %v", err)
	}
	outsiders[user] = cmd
	return cmd.Process.Pid
}

// endOutsiders ends them and reports those that did not live that long.
func endOutsiders() (lost []string) {
	for user, cmd := range outsiders {
		if cmd.Process.Signal(syscall.Signal(0)) != nil {
			lost = append(lost, user)
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
	return lost
}
