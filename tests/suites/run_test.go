package suites

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A way is how a program is run: natively, or under pidsim in one space.
type way struct {
	name  string
	space string // "" is natively
}

var (
	native  = way{name: "native"}
	host    = way{"host", "host"}
	private = way{"private", "private"}

	// simulated are the ways that are compared with native.
	simulated = []way{host, private}
)

// inAllWays runs something natively and under pidsim at the same time.
func inAllWays[T any](t *testing.T, run func(*testing.T, way) T) map[way]T {
	t.Helper()
	ways := append([]way{native}, simulated...)
	results := make([]T, len(ways))
	t.Run("run", func(t *testing.T) {
		for i, w := range ways {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				results[i] = run(t, w)
			})
		}
	})
	found := map[way]T{}
	for i, w := range ways {
		found[w] = results[i]
	}
	return found
}

// A user is as whom a program is run.
type user struct {
	name string
	id   int // also of the group
}

var (
	root   = user{"root", 0}
	nobody = user{"nobody", 65534}
)

// users are those that the tests can run programs as.
func users() []user {
	switch {
	case os.Geteuid() != 0:
		return []user{{"user", os.Geteuid()}}
	case testing.Short():
		return []user{root}
	}
	return []user{root, nobody}
}

// lastID is the virtual id that was given last. Every run has its own, so that
// runs do not share files that programs name by their id.
var lastID atomic.Int32

// nextID gives a virtual id that no kernel has given out: 4100000 upwards.
func nextID() int { return 4100000 + int(lastID.Add(1)) }

// A command is a program to be run in one way.
type command struct {
	way  way
	user user
	// id is the virtual id, 0 for any.
	id   int
	argv []string
	dir  string
	// env is added to the environment.
	env   []string
	limit time.Duration
	stdin io.Reader // nil is the null device
}

// A result is what came of a command.
type result struct {
	out      string // standard output and error
	code     int    // as a shell has it: 128 and more are signals
	timedOut bool
}

// line gives the arguments that run the command in its way.
func (c *command) line() []string {
	if c.way == native {
		return c.argv
	}
	if c.id == 0 {
		c.id = nextID()
	}
	flags := []string{pidsim, "-pid", strconv.Itoa(c.id), "--space", c.way.space}
	return append(append(flags, "--"), c.argv...)
}

// prepare makes the command ready to be started.
func (c *command) prepare(ctx context.Context) *exec.Cmd {
	// The session's leader is a shell: if it were the program, a terminal
	// that the program opens would become its controlling one, natively but
	// not under pidsim.
	line := append([]string{"-c", `"$@"; exit $?`, "sh"}, c.line()...)
	cmd := exec.CommandContext(ctx, "/bin/sh", line...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "LANGUAGE=", "TZ=UTC")
	cmd.Env = append(cmd.Env, c.env...)
	cmd.Stdin = c.stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.user.id != os.Geteuid() {
		id := uint32(c.user.id)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: id, Gid: id}
	}
	cmd.Cancel = func() error {
		killDescendants(cmd.Process.Pid)
		return nil // the shell ends by itself, and says how
	}
	// A daemon that was left running may hold the output open.
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// run runs the command to its end.
func (c *command) run(t *testing.T) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	cmd := c.prepare(ctx)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begin := time.Now()
	err := cmd.Run()
	r := result{out: out.String(), code: cmd.ProcessState.ExitCode(), timedOut: ctx.Err() != nil}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && !r.timedOut {
		t.Fatalf("%s: %v", c.argv[0], err)
	}
	took := time.Since(begin).Round(10 * time.Millisecond)
	if r.timedOut {
		t.Errorf("%s: %s did not end in %v; its output ends:\n%s", c.way.name, filepath.Base(c.argv[0]), c.limit, tail(r.out))
	} else {
		t.Logf("%s: exit status %d after %v", c.way.name, r.code, took)
	}
	return r
}

// tail is the end of a long text.
func tail(text string) string {
	const lines = 25
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return "    " + strings.Join(all[max(0, len(all)-lines):], "\n    ")
}

// workspace makes an empty directory that belongs to the user.
func workspace(t *testing.T, u user) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "w")
	check(t, err)
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	check(t, os.Chmod(dir, 0o755))
	if os.Geteuid() == 0 && u.id != 0 {
		check(t, os.Chown(dir, u.id, u.id))
	}
	return dir
}

// need skips the test if one of the programs is not installed.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
