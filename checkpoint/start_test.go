package checkpoint

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary also plays the programs that tests need.

// roleVariable chooses the program.
const roleVariable = "CHECKPOINT_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "signals":
		playSignals()
	case "reader":
		playReader(os.Args[1:])
	}
}

// playSignals prints a line for each SIGUSR1.
func playSignals() {
	c := make(chan os.Signal, 100)
	signal.Notify(c, unix.SIGUSR1)
	fmt.Println("ready")
	for range c {
		fmt.Println("signal")
	}
}

// playReader reads a process and says what came of it.
func playReader(args []string) {
	var pid int
	if _, err := fmt.Sscan(args[0], &pid); err != nil {
		panic(err)
	}
	img, err := Read(pid, Options{Tree: true, Env: true, Freeze: len(args) > 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range img.Processes {
		fmt.Println(p.PID, p.Unread)
	}
}

// start starts a command and ends it, with its whole session, after the test.
func start(t *testing.T, cmd *exec.Cmd) (pid int, out *bufio.Scanner) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid = cmd.Process.Pid
	t.Cleanup(func() {
		_ = in.Close()
		for _, p := range session(pid) {
			_ = unix.Kill(p, unix.SIGKILL)
		}
		_ = cmd.Wait()
	})
	return pid, bufio.NewScanner(stdout)
}

// session lists the processes of a session.
func session(sid int) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		var pid int
		if _, err := fmt.Sscan(filepath.Base(dir), &pid); err != nil {
			continue
		}
		if s, err := unix.Getsid(pid); err == nil && s == sid {
			pids = append(pids, pid)
		}
	}
	return pids
}

// role makes a command that plays one of the programs.
func role(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+name)
	return cmd
}

// line reads a line of output.
func line(t *testing.T, out *bufio.Scanner) string {
	t.Helper()
	if !out.Scan() {
		t.Fatalf("the program said nothing: %v", out.Err())
	}
	return out.Text()
}

// sh makes a command of the shell.
func sh(script string, args ...string) *exec.Cmd {
	return exec.Command("/bin/sh", append([]string{"-c", script, "sh"}, args...)...)
}

// eventually waits until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// named waits until a process has a name, that is, until it has executed its
// program.
func named(t *testing.T, pid int, name string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d is %s", pid, name), func() bool {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return err == nil && strings.TrimSpace(string(comm)) == name
	})
}

// python makes a command of Python, or skips the test.
func python(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	return exec.Command(path, "-c", script)
}

// needRoot skips a test that needs privileges.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: cannot change the credentials of a process")
	}
}
