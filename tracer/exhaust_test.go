package tracer

import (
	"errors"
	"strings"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// spent is a policy without any number left.
type spent struct{}

func (spent) Next(pidspace.Numbers) (int32, error) { return 0, pidspace.ErrExhausted }
func (spent) Freed(int32)                          {}

// With no id left a fork fails as it does in the kernel, and leaves no child
// behind.
func TestExhausted(t *testing.T) {
	for _, stepping := range []bool{false, true} {
		c := Command(390, "dash", "-c", "/bin/true; echo unreachable")
		c.Space, c.NoSeccomp, c.Policy = pidspace.Private, stepping, spent{}
		out, err := c.CombinedOutput()
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Status.Code != 2 || !strings.Contains(string(out), "Cannot fork") {
			t.Errorf("stepping %v: %q, %v; want exit status 2 after a failed fork", stepping, out, err)
		}
	}
}
