package tracer

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
)

func TestHandlersBound(t *testing.T) {
	for _, h := range abi.Handlers {
		if _, ok := handlers[h]; !ok {
			t.Errorf("handler %q of the table is not bound", h)
		}
	}
	if len(handlers) != len(abi.Handlers) {
		t.Errorf("%d handlers are bound, the table has %d", len(handlers), len(abi.Handlers))
	}
}

// output runs a shell script as process pid.
func output(t *testing.T, c *Cmd) string {
	t.Helper()
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs.String())
	}
	return string(out)
}

func TestSpaces(t *testing.T) {
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		for _, stepping := range []bool{false, true} {
			c := Command(4194000, "sh", "-c", `echo $$; (exec sh -c 'echo $PPID'); cut -d' ' -f1 /proc/$$/stat; readlink /proc/self >/dev/null && echo ok`)
			c.Space, c.NoSeccomp = kind, stepping
			if got, want := output(t, c), "4194000\n4194000\n4194000\nok\n"; got != want {
				t.Errorf("%v, stepping %v: %q, want %q", kind, stepping, got, want)
			}
		}
	}
}

func TestStatus(t *testing.T) {
	for script, want := range map[string]Status{
		"exit 7":      {Code: 7},
		"kill -9 $$":  {Signal: int(unix.SIGKILL)},
		"kill -15 $$": {Signal: int(unix.SIGTERM)},
	} {
		c := Command(555, "sh", "-c", script)
		err := c.Run()
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Status != want {
			t.Errorf("%s: %v, want %+v", script, err, want)
		}
	}
}

func TestNotExecutable(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		"no-such-program-at-all":     unix.ENOENT,
		filepath.Join(dir, "nope"):   unix.ENOENT,
		plain:                        unix.EACCES,
		dir:                          unix.EACCES,
		filepath.Join(plain, "file"): unix.ENOTDIR,
	} {
		c := Command(555, path)
		c.Env = []string{"PATH=/usr/bin:/bin"} // and no directory that is closed to us
		err := c.Start()
		var exec *ExecError
		if !errors.As(err, &exec) || !errors.Is(err, want) {
			t.Errorf("%s: %v, want an ExecError with %v", path, err, want)
		}
	}
}

// A file without a known format is a shell script, as for execvp(3).
func TestScriptWithoutInterpreter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("echo $$ $1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, want := output(t, Command(31337, path, "arg")), "31337 arg\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFiles(t *testing.T) {
	c := Command(600, "cat")
	c.Stdin = strings.NewReader("from a reader")
	if got := output(t, c); got != "from a reader" {
		t.Errorf("cat gave %q", got)
	}
	c = Command(600, "sh", "-c", "echo out; echo err >&2")
	out, err := c.CombinedOutput()
	if string(out) != "out\nerr\n" || err != nil {
		t.Errorf("combined output %q, %v", out, err)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := CommandContext(ctx, 600, "sh", "-c", "sleep 100 & sleep 100").Run()
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Status.Signal != int(syscall.SIGKILL) {
		t.Errorf("err = %v, want death of SIGKILL", err)
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("the tree lived for %v", d)
	}
}

func TestKillOnExit(t *testing.T) {
	c := Command(600, "sh", "-c", "sleep 100 & exit 5")
	c.KillOnExit = true
	err := c.Run()
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Status.Code != 5 {
		t.Errorf("err = %v, want exit status 5", err)
	}
}

// The end of process 1 is the end of its space.
func TestInit(t *testing.T) {
	c := Command(1, "sh", "-c", `trap '' HUP; kill -TERM 1; kill -KILL 1; kill -STOP 1; echo $$ lives; sleep 100 & exit 5`)
	c.Space = pidspace.Private
	out, err := c.Output()
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Status.Code != 5 || string(out) != "1 lives\n" {
		t.Errorf("%q, %v; want exit status 5 and a line", out, err)
	}
}

// Orphans of a tree with process 1 are its children.
func TestInitAdopts(t *testing.T) {
	c := Command(1, "sh", "-c", `( (sleep 0.2; ps -o ppid= -p $(exec sh -c 'echo $PPID')) & ); sleep 0.6`)
	c.Space = pidspace.Private
	if got := strings.TrimSpace(output(t, c)); got != "1" {
		t.Errorf("an orphan has parent %q, want 1", got)
	}
}

func TestBadConfig(t *testing.T) {
	for name, c := range map[string]*Cmd{
		"pid 0":      Command(0, "true"),
		"pid -1":     Command(-1, "true"),
		"pid 2^22":   Command(4194304, "true"),
		"pid_max":    {PID: 500, PIDMax: 400, Path: "true", Args: []string{"true"}},
		"ppid taken": {PID: 500, PPID: 500, Path: "true", Args: []string{"true"}},
	} {
		if err := c.Start(); err == nil {
			_ = c.Wait()
			t.Errorf("%s: started", name)
		}
	}
}

func TestTwice(t *testing.T) {
	c := Command(500, "true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err == nil {
		t.Error("a command ran twice")
	}
	if err := Command(500, "true").Wait(); !errors.Is(err, ErrNotStarted) {
		t.Errorf("Wait before Start: %v", err)
	}
}

// Two trees with the same ids do not touch each other.
func TestSideBySide(t *testing.T) {
	const script = `sh -c 'sleep 0.3; echo done' & child=$!; kill -0 $child && wait $child && echo $$`
	var trees [2]*Cmd
	var outs [2]bytes.Buffer
	for i := range trees {
		trees[i] = Command(777, "sh", "-c", script)
		trees[i].Space, trees[i].Stdout = pidspace.Private, &outs[i]
		if err := trees[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range trees {
		if err := trees[i].Wait(); err != nil || outs[i].String() != "done\n777\n" {
			t.Errorf("tree %d: %q, %v", i, outs[i].String(), err)
		}
	}
}

func TestStrict(t *testing.T) {
	c := Command(500, "sh", "-c", "exit 3")
	c.Strict = true
	var exit *ExitError
	if err := c.Run(); !errors.As(err, &exit) || exit.Status.Code != 3 {
		t.Errorf("a harmless program under strict: %v", err)
	}
}

func TestEventsAndStats(t *testing.T) {
	var kinds []string
	c := Command(9000, "sh", "-c", "sh -c 'exit 2'; exit 3")
	c.Space = pidspace.Private
	c.OnEvent = func(e Event) { kinds = append(kinds, e.Kind) }
	_ = c.Run()
	if got, want := strings.Join(kinds, " "), "start fork exec exit exit"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	s := c.Stats()
	if s.Tasks != 2 || s.Peak != 2 || s.Stops["execve"] == 0 || s.Stops["(new task)"] != 1 || s.SupervisorNS <= 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestTrace(t *testing.T) {
	var trace bytes.Buffer
	c := Command(9000, "sh", "-c", "sleep 0.01 & kill -0 $!; wait")
	c.Space, c.Trace = pidspace.Private, &trace
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"kill(9001[", ", 0) = 0\n", "wait4(", "SIGCHLD from 9001"} {
		if !strings.Contains(trace.String(), want) {
			t.Errorf("the trace lacks %q:\n%s", want, trace.String())
		}
	}
}
