package tracer

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// dieAt names the step of a start at which a supervisor of the tests kills
// itself; the test binary runs as that supervisor when it is set.
const dieAt = "PIDSIM_TEST_DIE_AT"

func TestMain(m *testing.M) {
	if role := os.Getenv(playRole); role != "" {
		play(role)
	}
	if step := os.Getenv(dieAt); step != "" {
		superviseAndDie(step)
	}
	code := m.Run()
	if err := leftChildren(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// leftChildren tells whether the tests have left a process behind.
func leftChildren() error {
	pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
	if err == unix.ECHILD {
		return nil
	}
	return fmt.Errorf("a child is left after the tests: %d, %v", pid, err)
}

// superviseAndDie starts a long program and is killed on the way.
func superviseAndDie(step string) {
	onStep = func(s string) {
		if s == step {
			_ = unix.Kill(os.Getpid(), unix.SIGKILL)
			select {}
		}
	}
	c := Command(4242, "sh", "-c", "sleep 1000 & sleep 1000")
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	onStep("running")
	os.Exit(4)
}
