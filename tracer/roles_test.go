package tracer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pidsim/pidsim/pidspace"
)

// playRole names what the test binary does when a test runs it as a program
// under the supervisor; its arguments follow as usual.
const playRole = "PIDSIM_TEST_ROLE"

// quickExit keeps a program that is built for the race detector from waiting for
// a second at its end.
const quickExit = "GORACE=atexit_sleep_ms=0"

// roles are those programs.
var roles = map[string]func(args []string) error{}

// play is the main function of a role.
func play(role string) {
	if err := roles[role](os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// act prepares the test binary to run in a role.
func act(t *testing.T, pid int, role string, args ...string) *Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := Command(pid, self, args...)
	c.Env = append(os.Environ(), playRole+"="+role, quickExit)
	return c
}

// setting is a combination that most tests run in.
type setting struct {
	name      string
	space     pidspace.Kind
	noSeccomp bool
}

var settings = []setting{
	{"host", pidspace.Host, false},
	{"private", pidspace.Private, false},
	{"host, every call", pidspace.Host, true},
	{"private, every call", pidspace.Private, true},
}

// output runs a command in a setting and returns what it said. A run that
// hangs fails.
func (s setting) output(t *testing.T, c *Cmd) string {
	t.Helper()
	c.Space, c.NoSeccomp = s.space, s.noSeccomp
	var out, said strings.Builder
	c.Stdout, c.Stderr = &out, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	patience := time.AfterFunc(time.Minute, func() { _ = c.Kill() })
	defer patience.Stop()
	err := c.Wait()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%v: %v\n%s%s", c.Args, err, out.String(), said.String())
	}
	return out.String()
}

// child runs a role as a child of a role.
func child(role string, files []*os.File, args ...string) (string, error) {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), playRole+"="+role, quickExit)
	cmd.ExtraFiles = files
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return string(out), err
}

// readAt reads a file from an offset on.
func readAt(f *os.File, off int64) (string, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, off, 1<<20))
	return string(b), err
}
