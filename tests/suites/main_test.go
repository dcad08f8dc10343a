package suites

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	// pidsim is the program under test: $PIDSIM, or else built here.
	pidsim string
	// scratch holds all files of the run. Everybody may look into it.
	scratch string
)

// long asks for the tests that take too long for every change.
var long = flag.Bool("long", false, "run whole suites of which else only a part is run")

// atOnce is how many tests run at the same time. Most judges sleep more than
// they compute, so it may be more than there are processors.
const atOnce = "4"

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := judge(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
		code = 1
	}
	os.Exit(code)
}

// judge prepares, runs all tests and cleans up.
func judge(m *testing.M) (code int, err error) {
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		if err := flag.Set("test.parallel", atOnce); err != nil {
			return 1, err
		}
	}
	// What a run leaves behind, a daemon for example, becomes a child of
	// this process, which can end it.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 1, fmt.Errorf("become a subreaper: %w", err)
	}
	defer func() { err = errors.Join(err, sweep()) }()

	scratch, err = os.MkdirTemp("", "pidsim-suites-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := os.Chmod(scratch, 0o755); err != nil {
		return 1, err
	}
	if pidsim = os.Getenv("PIDSIM"); pidsim == "" {
		pidsim = filepath.Join(scratch, "pidsim")
		build := exec.Command("go", "build", "-o", pidsim, "github.com/pidsim/pidsim/cmd/pidsim")
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build pidsim: %w\n%s", err, out)
		}
	}
	return m.Run(), nil
}
