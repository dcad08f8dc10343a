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
	// skip and skipUser are tests to leave out, the latter for users other
	// than root.
	skip, skipUser string
}{
	// The thousands of TestRootMulti are about paths only.
	{"os", 3 * time.Minute, false, "^TestRootMulti", "^TestExecutableDeleted$"},
	{"os/exec", 2 * time.Minute, true, "", ""},
	{"os/signal", 2 * time.Minute, true, "", ""},
	// As a user the one below builds a program, for a minute, only to find
	// that it has not the right to run it.
	{"syscall", 2 * time.Minute, false, "", "^TestUnshareMountNameSpaceChroot$"},
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
					c := command{
						user: u, dir: filepath.Join(source, p.path), limit: p.limit,
						argv: []string{binary, "-test.v", "-test.short", "-test.timeout", p.limit.String()},
					}
					skip := p.skip
					if u.id != 0 && p.skipUser != "" {
						skip = strings.Trim(skip+"|"+p.skipUser, "|")
					}
					if skip != "" {
						c.argv = append(c.argv, "-test.skip", skip)
					}
					judgeGo(t, p.path, c)
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

// judgeGo runs a test program in all ways.
func judgeGo(t *testing.T, pkg string, c command) {
	cache := buildCache(t, c.user)
	found := inAllWays(t, func(t *testing.T, w way) findings {
		c, tmp := c, workspace(t, c.user)
		c.way, c.env = w, []string{"TMPDIR=" + tmp, "HOME=" + tmp, "GOCACHE=" + cache}
		r := c.run(t)
		f := goFindings(r.out)
		if f["exit"] = "PASS"; r.code != 0 {
			f["exit"] = "FAIL"
			t.Logf("%s:\n%s", w.name, orEnd(goFailures(r.out), r.out))
		}
		return f
	})
	for _, w := range simulated {
		compare(t, "go "+pkg, w, found[native], found[w])
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

// orEnd is what an output says of failures, or else how it ends: the test
// program itself may have died.
func orEnd(failures, out string) string {
	if failures == "" {
		return tail(out)
	}
	return failures
}
