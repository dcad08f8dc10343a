package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// checkout is the root of the source tree.
var checkout = func() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}()

// guestProgram builds the first process of the guests.
var guestProgram = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "guest")
	if err := GoBuild(program, "./tests/vm/guest"); err != nil {
		return nil, err
	}
	return os.ReadFile(program)
})

// GoBuild builds a Go program of this module, linked statically so that it
// runs in any guest.
func GoBuild(output, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", output, pkg)
	cmd.Dir = checkout
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	return runQuietly(cmd)
}

// Make runs make in a directory of this source tree, with the least priority.
func Make(dir string, args ...string) error {
	cmd := exec.Command("nice", append([]string{"-n", "19", "make", "-C", filepath.Join(checkout, dir)}, args...)...)
	return runQuietly(cmd)
}

// runQuietly gives the output of a command that failed as its error.
func runQuietly(cmd *exec.Cmd) error { return quietly(cmd, attended) }

func quietly(cmd *exec.Cmd, run func(*exec.Cmd) ([]byte, error)) error {
	out, err := run(cmd)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, tail(string(out), 40))
	}
	return nil
}
