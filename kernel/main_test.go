package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests run programs from another process, this test binary in the role of
// a small pidsim, so that it can be of another user and inherit what it likes.
// Its messages have a word in front that gives the type of the error.

const (
	roleVariable = "KERNEL_TEST_ROLE"
	nobody       = 65534
	exitFailed   = 125
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Unsetenv(roleVariable)
		os.Exit(play(role, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// play takes "run MECHANISM PID PROGRAM...", and "kill-on-exit" for the same
// with KillOnExit.
func play(role string, args []string) int {
	pid, err := strconv.Atoi(args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	c := Command(Find(args[0]), pid, args[2], args[3:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.KillOnExit = role == "kill-on-exit"
	err = c.Run()
	var exit *ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.Status.Signal != 0:
		return 128 + exit.Status.Signal
	case errors.As(err, &exit):
		return exit.Status.Code
	}
	fmt.Fprintf(os.Stderr, "%T %v\n", err, err)
	return exitFailed
}

// user is as whom to run.
type user uint32

const (
	asRoot   user = 0
	asNobody user = nobody
)

func (u user) String() string {
	if u == asRoot {
		return "root"
	}
	return "nobody"
}

// pidsimAs prepares a run by a user.
func pidsimAs(u user, m Mechanism, pid int, program ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{m.Name(), strconv.Itoa(pid)}, program...)...)
	cmd.Env = append(os.Environ(), roleVariable+"=run")
	cmd.Dir = "/"
	cmd.WaitDelay = 10 * time.Second
	if os.Geteuid() == 0 && u != asRoot {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// outcome is what is left of a run.
type outcome struct {
	stdout, stderr string
	code           int
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func runAs(t *testing.T, u user, m Mechanism, pid int, program ...string) outcome {
	t.Helper()
	return finish(t, pidsimAs(u, m, pid, program...))
}

// way is a mechanism and a user whom it is for.
type way struct {
	m Mechanism
	u user
}

func (w way) String() string { return w.m.Name() + "/" + w.u.String() }

// run runs a program under a free id.
func (w way) run(t *testing.T, program ...string) (outcome, int) {
	t.Helper()
	return whileFree(t, func(pid int) outcome { return runAs(t, w.u, w.m, pid, program...) })
}

// whileFree gives f free ids until nobody else takes one meanwhile.
func whileFree(t *testing.T, f func(pid int) outcome) (outcome, int) {
	t.Helper()
	for try := 0; ; try++ {
		pid := free(t)
		o := f(pid)
		if try == 5 || !strings.Contains(o.stderr, "InUseError") {
			return o, pid
		}
	}
}

// ways are those that have to work on this machine; with root's rights the
// absence of one is a failure of the first test.
func ways() (all []way) {
	if os.Geteuid() == 0 {
		for _, m := range Mechanisms() {
			if m != SetForkPID || Probe(m).Outcome == Works {
				all = append(all, way{m, asRoot})
			}
		}
	}
	return append(all, way{Namespace, asNobody})
}

// realWays are those by which the outside sees the id as well.
func realWays(t *testing.T) (all []way) {
	t.Helper()
	for _, w := range ways() {
		if w.m != Namespace {
			all = append(all, w)
		}
	}
	if len(all) == 0 {
		t.Skip("needs root: the right to choose ids")
	}
	return all
}

// each runs a test for every way.
func each(t *testing.T, f func(*testing.T, way)) {
	for _, w := range ways() {
		t.Run(w.String(), func(t *testing.T) { f(t, w) })
	}
}

var last = 20000 + os.Getpid()%3000

// free gives an id that nobody has, each time another one. They are far from
// where the kernel is likely to be.
func free(t *testing.T) int {
	t.Helper()
	for range 10000 {
		if last++; last >= 32000 {
			last = 20000
		}
		near := lastPID()
		if !occupied(last) && (last < near || last > near+500) && FindHolder(last).Kind == HolderUnknown {
			return last
		}
	}
	t.Fatal("no free id")
	return 0
}

// children lists the children of this process, zombies included.
func children(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, strings.Fields(readLine(f))...)
	}
	return all
}

// clean checks at the end of a test that it leaves no process and no file.
func clean(t *testing.T) {
	t.Helper()
	files := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	// The runtime's own files for waiting are opened with the first pipe.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	before := files()
	t.Cleanup(func() {
		if after := files(); after > before {
			t.Errorf("%d files are open, %d were", after, before)
		}
		if left := children(t); len(left) > 0 {
			t.Errorf("children are left: %v", left)
		}
	})
}
