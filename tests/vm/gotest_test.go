package vm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A goTest is a test binary of this module that a guest runs.
type goTest struct {
	pkg   string // like tests/script
	args  []string
	least int // how many tests have to pass, at least
}

// The tests that a guest runs, of the kernel's own mechanism and of what takes
// it by default.
var (
	conformance = goTest{"tests/conformance", []string{"-test.run", "^TestBackends$/^(setforkpid|auto)$"}, 2 * 30}
	commandLine = scripts("^TestScript$", 20)
	// Of the programs alone, for guests after the first.
	commandLineShort = scripts("^TestScript$/^(identity|inherit|leftovers|limits|outer|signals|status|usage)$", 8)
)

// scripts are those tests of the command line, and what is about backends.
func scripts(which string, n int) goTest {
	return goTest{"tests/script", []string{
		"-test.run", which + "|^TestBackend/^setforkpid",
		"-test.parallel", "1", // there is one process 4242
	}, 15 + n}
}

// step has a guest run the tests.
func (g goTest) step(t *testing.T, m *Machine, name string) step {
	t.Helper()
	return step{name, g.command(t, m), goTestPasses(g.least)}
}

// command builds the tests on the host, where it is fast, and gives the command
// that runs them in a guest, in the folder of their sources.
func (g goTest) command(t *testing.T, m *Machine) Command {
	t.Helper()
	binary := filepath.Join(m.Programs, filepath.Base(g.pkg)+".test")
	build := exec.Command("go", "test", "-c", "-o", binary, "./"+g.pkg)
	build.Dir = checkout
	if err := runQuietly(build); err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.v=test2json", "-test.timeout", "10m"}
	if g.pkg == conformance.pkg {
		compile := exec.Command(binary, "-build", m.Programs)
		compile.Dir = filepath.Join(checkout, g.pkg)
		if err := runQuietly(compile); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-programs", m.Programs)
	}
	c := Program(binary, append(args, g.args...)...)
	c.Dir = filepath.Join(checkout, g.pkg)
	c.Env = []string{"PIDSIM=" + filepath.Join(m.Programs, "pidsim")}
	c.Timeout = 11 * time.Minute
	return c
}

// goTestEvent is a line of go tool test2json.
type goTestEvent struct{ Action, Test, Output string }

// goTestResult is how one test ended, with what it said.
type goTestResult struct{ name, action, words string }

// parseGoTest gives the results of all tests in their order.
func parseGoTest(output string) ([]goTestResult, error) {
	convert := exec.Command("go", "tool", "test2json")
	convert.Stdin = strings.NewReader(output)
	converted, err := convert.Output()
	if err != nil {
		return nil, fmt.Errorf("go tool test2json: %w", err)
	}
	var results []goTestResult
	words := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(converted)); dec.More(); {
		var e goTestEvent
		if err := dec.Decode(&e); err != nil {
			return nil, err
		}
		switch e.Action {
		case "output":
			if !strings.HasPrefix(e.Output, "=== ") && !strings.HasPrefix(strings.TrimSpace(e.Output), "--- ") {
				words[e.Test] += e.Output
			}
		case "pass", "fail", "skip":
			if e.Test != "" {
				results = append(results, goTestResult{e.Test, e.Action, words[e.Test]})
			}
		}
	}
	return results, nil
}

// goTestPasses wants tests to pass, a number of them at least. It makes a test
// of each that failed or was skipped.
func goTestPasses(atLeast int) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		t.Helper()
		judgeGoTest(t, r, atLeast)
	}
}

func judgeGoTest(t *testing.T, r Result, atLeast int) {
	t.Helper()
	results, err := parseGoTest(r.Output)
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, result := range results {
		switch result.action {
		case "pass":
			passed++
		case "skip":
			t.Run(result.name, func(t *testing.T) { t.Skip(strings.TrimSpace(result.words)) })
		case "fail":
			t.Run(result.name, func(t *testing.T) { t.Error(result.words) })
		}
	}
	if passed < atLeast {
		t.Errorf("%d tests passed, want %d at least: %v", passed, atLeast, r)
	}
	if !r.OK() && !t.Failed() {
		t.Errorf("no test failed and yet: %v", r)
	}
	t.Logf("%d tests passed in %v", passed, r.Elapsed.Round(time.Second))
}

func TestParseGoTest(t *testing.T) {
	results, err := parseGoTest("\x16=== RUN   TestA\n\x16=== RUN   TestA/b\n    a_test.go:3: why\n" +
		"\x16--- FAIL: TestA (0.00s)\n    \x16--- SKIP: TestA/b (0.00s)\n\x16=== NAME  \nFAIL\n")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range results {
		got[r.name] = r.action + strings.TrimSpace(r.words)
	}
	if len(results) != 2 || got["TestA"] != "fail" || got["TestA/b"] != "skipa_test.go:3: why" {
		t.Errorf("%+v", results)
	}
}
