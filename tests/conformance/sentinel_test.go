package conformance

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A sentinel says what reaches it and is otherwise quiet.
const sentinel = `trap 'echo hit' WINCH USR1; trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done`

// watch starts a sentinel in a process group: 0 makes a new one.
func watch(t *testing.T, group int) (cmd *exec.Cmd, lines chan string) {
	t.Helper()
	cmd = exec.Command("sh", "-c", sentinel)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines = make(chan string, 64)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	if line := <-lines; line != "ready" {
		t.Fatalf("sentinel: %q", line)
	}
	return cmd, lines
}

// hits ends a sentinel and counts what has reached it.
func hits(t *testing.T, cmd *exec.Cmd, lines chan string) int {
	t.Helper()
	time.Sleep(50 * time.Millisecond) // the shell runs traps between commands
	cmd.Process.Signal(syscall.SIGTERM)
	n := 0
	for line := range lines {
		if line == "hit" {
			n++
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("a sentinel did not survive: %v", err)
	}
	return n
}

// groupRun runs the kill_group program in the group of one sentinel, beside
// another in a group of its own, and says what reached them.
func groupRun(t *testing.T, name string, args ...string) (inside, beside int) {
	t.Helper()
	a, fromA := watch(t, 0)
	b, fromB := watch(t, 0)
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: a.Process.Pid}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", cmd.Args, err, out)
	}
	return hits(t, a, fromA), hits(t, b, fromB)
}

// TestGroupOutside checks who outside the tree a signal for the inherited
// group reaches: in the host space the same as natively, in a private space
// nobody, and the supervisor never.
func TestGroupOutside(t *testing.T) {
	program := compile(t, "cases/kill_group.c", dynamic)
	inside, beside := groupRun(t, program)
	if inside == 0 || beside != 0 {
		t.Fatalf("natively %d signals reached the group and %d another", inside, beside)
	}
	for _, engine := range engines() {
		for _, space := range []string{host, private} {
			t.Run(space+"/"+engine, func(t *testing.T) {
				args := []string{"-pid", "60000", "--space", space, program}
				if engine == plain {
					args = append([]string{"--no-seccomp"}, args...)
				}
				got, beside := groupRun(t, pidsim(t), args...)
				if space == private && got != 0 {
					t.Errorf("%d signals left the tree", got)
				}
				if space == host && got == 0 {
					t.Error("the signals did not reach the process outside that is in the same group")
				}
				if beside != 0 {
					t.Errorf("%d signals reached a group they were not for", beside)
				}
			})
		}
	}
}

// TestKillAllOutside checks that kill(-1) does not leave a private space. It
// runs in a pid namespace, because a failure would reach everybody.
func TestKillAllOutside(t *testing.T) {
	if !privileged() {
		t.Skip("needs root: a pid namespace")
	}
	const script = `sleep 3600 & s=$!; "$@"; r=$?; kill -0 $s || { echo "a process outside was killed" >&2; exit 90; }; kill $s; exit $r`
	for _, user := range users() {
		for _, engine := range engines() {
			t.Run(user+"/"+engine, func(t *testing.T) {
				args := append(oracleFlags(program{contained: true}, user), "0", "/bin/sh", "-c", script, "sh")
				args = append(args, pidsim(t), "-pid", "60000", "--space", private)
				if engine == plain {
					args = append(args, "--no-seccomp")
				}
				cmd := exec.Command(oracle(t), append(args, compile(t, "cases/kill_all.c", dynamic))...)
				cmd.Env = environment(program{env: []string{"CHECK_CONTAINED=1"}}, 60000, private, 0)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}
