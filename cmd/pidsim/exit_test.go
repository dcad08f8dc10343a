package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer"
)

// TestMain lets the test binary stand in for a pidsim that ends.
func TestMain(m *testing.M) {
	if s := os.Getenv("PIDSIM_TEST_END"); s != "" {
		sig, code, _ := strings.Cut(s, ",")
		var st tracer.Status
		st.Signal, _ = strconv.Atoi(sig)
		st.Code, _ = strconv.Atoi(code)
		_, _ = catchSignals() // as after a run
		end(st)
	}
	os.Exit(m.Run())
}

// TestEnd checks that the parent sees the very same end, without a core file
// and without the Go runtime's opinion on the signal.
func TestEnd(t *testing.T) {
	fatal := []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS,
		unix.SIGFPE, unix.SIGKILL, unix.SIGUSR1, unix.SIGSEGV, unix.SIGPIPE, unix.SIGALRM, unix.SIGTERM, unix.SIGXCPU,
		unix.SIGSYS, 32, 33, 34, 64}
	for _, sig := range fatal {
		st, out := endChild(t, tracer.Status{Signal: int(sig)})
		if !st.Signaled() || st.Signal() != sig || st.CoreDump() || out != "" {
			t.Errorf("death by %v: status %#x, output %q", sig, st, out)
		}
	}
	for _, code := range []int{0, 1, 7, 125, 255} {
		st, out := endChild(t, tracer.Status{Code: code})
		if !st.Exited() || st.ExitStatus() != code || out != "" {
			t.Errorf("exit %d: status %#x, output %q", code, st, out)
		}
	}
	// SIGCHLD cannot have killed the program, and does not kill pidsim:
	// then the shell's encoding remains.
	if st, _ := endChild(t, tracer.Status{Signal: int(unix.SIGCHLD)}); !st.Exited() || st.ExitStatus() != 128+int(unix.SIGCHLD) {
		t.Errorf("signal without effect: status %#x", st)
	}
}

// endChild runs end(st) in a process of its own.
func endChild(t *testing.T, st tracer.Status) (syscall.WaitStatus, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("PIDSIM_TEST_END=%d,%d", st.Signal, st.Code))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.Sys().(syscall.WaitStatus), string(out)
}

func TestExecFailure(t *testing.T) {
	script := t.TempDir() + "/script"
	if err := os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		err  error
		code int
		why  string
	}{
		{"nosuch", exec.ErrNotFound, 127, "no such program in PATH"},
		{"/no/such -x", syscall.ENOENT, 127, "no such program"},
		{"nosuch", &exec.Error{Name: "nosuch", Err: exec.ErrNotFound}, 127, "no such program in PATH"},
		{"/no/such", syscall.ENOENT, 127, "no such file"},
		{"/no/such", &fs.PathError{Op: "exec", Path: "/no/such", Err: syscall.ENOENT}, 127, "no such file"},
		{script, syscall.ENOENT, 127, "the file exists, but its interpreter does not"},
		{"/etc/passwd", syscall.EACCES, 126, "permission denied"},
		{"/etc/passwd", syscall.ENOEXEC, 126, "exec format error"},
		{"/etc/passwd/x", syscall.ENOTDIR, 126, "not a directory"},
		{"here", exec.ErrDot, 126, "found only in the current directory"},
		{"big", syscall.E2BIG, 126, "argument list too long"},
	}
	for _, tt := range tests {
		f := asFailure(fmt.Errorf("start: %w", &tracer.ExecError{Path: tt.path, Err: tt.err}))
		if f.code != tt.code || f.why != tt.why || f.fix == "" {
			t.Errorf("%s, %v: %d %q; want %d with %q", tt.path, tt.err, f.code, f.Error(), tt.code, tt.why)
		}
	}
}

func TestOwnFailures(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&tracer.SetupError{Op: "trace a program", Why: "kernel.yama.ptrace_scope is 3", Fix: "reboot", Err: fmt.Errorf("seize: %w", syscall.EPERM)},
			"cannot trace a program: kernel.yama.ptrace_scope is 3 (operation not permitted); reboot"},
		{&tracer.SetupError{Op: "set up the program", Err: syscall.ENOMEM}, "cannot set up the program: cannot allocate memory"},
		{&tracer.StrictError{Call: "bpf", Note: "helpers see real ids"},
			"--strict: bpf: helpers see real ids; without --strict the program goes on with real ids there"},
		{&pidspace.ConfigError{Field: "PIDMax", Value: 400, Reason: "smaller than the root's id", Hint: "raise it"},
			"--pid-max 400: smaller than the root's id; raise it"},
		{&pidspace.ConfigError{Field: "Root", Value: 9, Reason: "r", Hint: "raise PIDMax"}, "-pid 9: r; raise --pid-max"},
		{&pidspace.ConfigError{Field: "PGID", Value: 9, Reason: "r", Hint: "h"}, "--pgid 9: r; h"},
		{&pidspace.PlanError{Item: "7", Reason: "the root has it", Hint: "leave it out"}, "--plan: 7: the root has it; leave it out"},
		{errors.New("anything\nelse"), "run: anything else"},
	}
	for _, tt := range tests {
		f := asFailure(fmt.Errorf("run: %w", tt.err))
		if f.code != exitFailed || f.Error() != tt.want {
			t.Errorf("%v: %d %q, want %d %q", tt.err, f.code, f.Error(), exitFailed, tt.want)
		}
	}
}
