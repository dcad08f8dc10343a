package suites

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// goPackages are the packages of Go's standard library whose tests deal with
// processes and signals.
var goPackages = []struct {
	path  string
	limit time.Duration
	short bool // run with -short, too
}{
	{"os", 3 * time.Minute, false},
	{"os/exec", 2 * time.Minute, true},
	{"os/signal", 2 * time.Minute, true},
	{"syscall", 2 * time.Minute, false},
}

// TestGo runs the Go toolchain's own tests, built from its own sources.
func TestGo(t *testing.T) {
	t.Parallel()
	need(t, "go")
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	check(t, err)
	source := filepath.Join(strings.TrimSpace(string(goroot)), "src")
	for _, p := range goPackages {
		t.Run(p.path, func(t *testing.T) {
			if testing.Short() && !p.short {
				t.Skip("left out by -short")
			}
			t.Parallel()
			binary := buildGoTest(t, source, p.path)
			for _, u := range users() {
				t.Run(u.name, func(t *testing.T) {
					t.Parallel()
					judgeGo(t, u, binary, p.path, filepath.Join(source, p.path), p.limit)
				})
			}
		})
	}
}

// buildGoTest builds the test program of a package of the standard library.
func buildGoTest(t *testing.T, source, pkg string) string {
	t.Helper()
	binary := filepath.Join(workspace(t, root), "go.test")
	cmd := exec.Command("go", "test", "-c", "-o", binary, pkg)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test -c %s: %v\n%s", pkg, err, out)
	}
	return binary
}

// buildCache is where the user's Go tests keep what they build: with the rest
// of what this user builds, if that is who runs the tests.
func buildCache(t *testing.T, u user) string {
	if u.id != os.Geteuid() {
		return workspace(t, u)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	check(t, err)
	return strings.TrimSpace(string(cache))
}

func judgeGo(t *testing.T, u user, binary, pkg, dir string, limit time.Duration) {
	cache := buildCache(t, u)
	found := func(w way) findings {
		tmp := workspace(t, u)
		c := command{
			way: w, user: u, dir: dir, limit: limit,
			argv: []string{binary, "-test.v", "-test.short", "-test.timeout", limit.String()},
			env:  []string{"TMPDIR=" + tmp, "HOME=" + tmp, "GOCACHE=" + cache},
		}
		if u.id != 0 {
			// It builds a program, for a minute, only to find that
			// it has not the right to run it.
			c.argv = append(c.argv, "-test.skip", "^TestUnshareMountNameSpaceChroot$")
		}
		r := c.run(t)
		f := goFindings(r.out)
		if f["exit"] = "PASS"; r.code != 0 {
			f["exit"] = "FAIL"
		}
		if t.Failed() || w != native && f["exit"] == "FAIL" {
			t.Logf("%s:\n%s", w.name, goFailures(r.out))
		}
		return f
	}
	want := found(native)
	for _, w := range simulated {
		compare(t, "go "+pkg, w, want, found(w))
	}
}

var goResult = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)

// goFindings takes the results from the output of a test program.
func goFindings(out string) findings {
	f := findings{}
	for in := bufio.NewScanner(strings.NewReader(out)); in.Scan(); {
		if m := goResult.FindStringSubmatch(in.Text()); m != nil {
			f[m[2]] = m[1]
		}
	}
	return f
}

// goFailures is the part of an output that is about failed tests.
func goFailures(out string) string {
	var kept []string
	for _, part := range strings.Split(out, "=== RUN") {
		if strings.Contains(part, "--- FAIL") || strings.Contains(part, "panic:") {
			kept = append(kept, strings.TrimSpace(part))
		}
	}
	return strings.Join(kept, "\n")
}
