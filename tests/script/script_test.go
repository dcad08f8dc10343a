package script

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// bin is the directory of the pidsim under test, which is built, unless the
// environment variable PIDSIM names one that is called so.
var bin string

func TestMain(m *testing.M) {
	playRole()
	os.Exit(withPidsim(m.Run))
}

// withPidsim builds pidsim once for all tests.
func withPidsim(run func() int) int {
	if path := os.Getenv("PIDSIM"); path != "" {
		bin = filepath.Dir(path)
		return run()
	}
	dir, err := os.MkdirTemp("", "pidsim-script-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	// Other users must be able to run it.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "pidsim"), "github.com/pidsim/pidsim/cmd/pidsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return run()
}

func TestScript(t *testing.T) {
	dump, err := filepath.Abs("../../pidspace/image/criu/testdata/criu-4.2.1")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable() // see playRole
	if err != nil {
		t.Fatal(err)
	}
	// Not all of the directory: the list of packages is no script.
	scripts, err := filepath.Glob("*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+":"+searchable(e.Getenv("PATH")))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("CRIU", dump)
			e.Setenv("SELF", self)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    cmdStatus,
			"signalled": cmdSignalled,
		},
		Condition: condition,
	})
}

// searchable leaves out the directories that this user cannot search: execvp(3)
// says EACCES for every program that it does not find then.
func searchable(path string) string {
	dirs := filepath.SplitList(path)
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return unix.Access(dir, unix.X_OK) == unix.EACCES })
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// condition adds [root].
func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// cmdStatus implements status.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if st := runCommand(ts, args[1:]); !st.Exited() || st.ExitStatus() != want {
		ts.Fatalf("%s, want exit status %d", describe(st), want)
	}
}

// cmdSignalled implements signalled.
func cmdSignalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: signalled SIG command...")
	}
	want := unix.SignalNum("SIG" + args[0])
	if n, err := strconv.Atoi(args[0]); err == nil {
		want = syscall.Signal(n)
	}
	if st := runCommand(ts, args[1:]); !st.Signaled() || st.Signal() != want || st.CoreDump() {
		ts.Fatalf("%s, want death by signal %d without a core file", describe(st), want)
	}
}

// runCommand runs a command to its end, however it ends.
func runCommand(ts *testscript.TestScript, args []string) syscall.WaitStatus {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Sys().(syscall.WaitStatus)
	}
	ts.Fatalf("%s: %v", strings.Join(args, " "), err)
	return 0
}

func describe(st syscall.WaitStatus) string {
	if st.Signaled() {
		s := fmt.Sprintf("died of signal %d", int(st.Signal()))
		if st.CoreDump() {
			s += ", with a core file"
		}
		return s
	}
	return fmt.Sprintf("exit status %d", st.ExitStatus())
}
