package vm

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tapLine is a result in the format of the Test Anything Protocol.
var tapLine = regexp.MustCompile(`^(not )?ok (\d+) (.*?)(?: # SKIP (.*))?$`)

// tapResult is one test of a program that prints TAP.
type tapResult struct {
	name   string
	passed bool
	skip   string // the reason for which it was skipped
	words  string // what it said beside
}

// parseTAP gives the results, and how many there should have been.
func parseTAP(output string) (results []tapResult, planned int) {
	for line := range strings.Lines(output) {
		line = strings.TrimSuffix(line, "\n")
		if plan, ok := strings.CutPrefix(line, "1.."); ok {
			planned, _ = strconv.Atoi(plan)
			continue
		}
		if m := tapLine.FindStringSubmatch(line); m != nil {
			results = append(results, tapResult{name: m[3], passed: m[1] == "", skip: m[4]})
			continue
		}
		if n := len(results); n > 0 {
			results[n-1].words += line + "\n"
		}
	}
	return results, planned
}

// judgeTAP makes a subtest of each of a program's tests.
func judgeTAP(t *testing.T, r Result) {
	t.Helper()
	results, planned := parseTAP(r.Output)
	if len(results) != planned || planned == 0 {
		t.Errorf("%d results of %d planned: %v", len(results), planned, r)
	}
	failed := false
	for _, result := range results {
		t.Run(result.name, func(t *testing.T) {
			switch {
			case result.skip != "":
				t.Skip(result.skip)
			case !result.passed:
				failed = true
				t.Error(result.words)
			}
		})
	}
	if !failed && !r.OK() {
		t.Errorf("all passed and yet: %v", r)
	}
	t.Logf("%d tests in %v", len(results), r.Elapsed)
}

func TestParseTAP(t *testing.T) {
	results, planned := parseTAP("TAP version 13\n1..3\nok 1 one, two\nnot ok 2 b # c\n# why\nok 3 d # SKIP no luck\n")
	want := []tapResult{
		{name: "one, two", passed: true},
		{name: "b # c", words: "# why\n"},
		{name: "d", passed: true, skip: "no luck"},
	}
	if planned != 3 || len(results) != 3 {
		t.Fatalf("planned %d, results %+v", planned, results)
	}
	for i := range want {
		if results[i] != want[i] {
			t.Errorf("result %d is %+v, want %+v", i, results[i], want[i])
		}
	}
}
