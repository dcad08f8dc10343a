package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pidsim/pidsim/kernel"
)

func TestJudge(t *testing.T) {
	tests := []struct {
		works, unknown string
		want           string
		code           int
	}{
		{"ptrace seccomp", "", "good", checkGood},
		{"ptrace seccomp setforkpid set-tid namespace", "ns-last-pid", "good", checkGood},
		{"ptrace", "", "degraded", checkDegraded},
		{"ptrace setforkpid", "seccomp", "degraded", checkDegraded},
		{"setforkpid", "", "degraded", checkDegraded},
		{"", "ptrace", "degraded", checkDegraded},
		{"namespace pid_max", "", "degraded", checkDegraded},
		{"pid_max", "", "unusable", checkUnusable},
		{"", "", "unusable", checkUnusable},
	}
	for _, tt := range tests {
		var all []checked
		for _, name := range featureNames() {
			c := checked{Name: name, Outcome: kernel.Absent}
			if slices.Contains(strings.Fields(tt.works), name) {
				c.Outcome = kernel.Works
			} else if slices.Contains(strings.Fields(tt.unknown), name) {
				c.Outcome = kernel.Unknown
			}
			all = append(all, c)
		}
		v := judge(all)
		if v.word != tt.want || v.code != tt.code || v.text == "" {
			t.Errorf("works %q, unknown %q: %+v, want %s", tt.works, tt.unknown, v, tt.want)
		}
		if text := checkText(all, v); !strings.HasSuffix(text, "\n") || strings.Count(text, "\n") != len(all)+2 {
			t.Errorf("report\n%s", text)
		}
	}
}

func TestCheckLine(t *testing.T) {
	c := checked{Name: "set-tid", Outcome: kernel.Absent, Purpose: "a real id", Why: "an old kernel", Fix: "use a new one"}
	want := "set-tid      absent   a real id\n" +
		"                      - an old kernel\n" +
		"                      - use a new one\n"
	if got := line(c); got != want {
		t.Errorf("line\n%s, want\n%s", got, want)
	}
	b, err := json.Marshal(c)
	const wantJSON = `{"name":"set-tid","outcome":"absent","purpose":"a real id","why":"an old kernel","fix":"use a new one"}`
	if err != nil || string(b) != wantJSON {
		t.Errorf("%v, %s", err, b)
	}
}

func TestCheckUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--feature":     "check: --feature: the flag needs a value; see pidsim help check",
		"--feature cpu": "check: --feature cpu: unknown feature; known are " + list(featureNames()),
		"all":           "check: all: one word too many; see pidsim help check",
	} {
		if f := asFailure(check(strings.Fields(args))); f.Error() != want || f.code != exitFailed {
			t.Errorf("check %s: %v", args, f)
		}
	}
}

// TestEmulationWorks probes this machine, which the other tests of this
// module need to work anyway.
func TestEmulationWorks(t *testing.T) {
	for _, f := range []kernel.Finding{probePtrace(), probeSeccomp()} {
		if f.Outcome != kernel.Works || f.Why != "" || f.Fix != "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestExitStatus(t *testing.T) {
	err := error(exitStatus(2))
	if st := status(err); st.Code != 2 || st.Signal != 0 {
		t.Errorf("status %+v", st)
	}
	if st := status(exitStatus(0)); st.Code != 0 {
		t.Errorf("status %+v", st)
	}
	if errors.Is(err, exitStatus(1)) {
		t.Error("statuses are equal")
	}
}

// TestFeaturesAreDocumented holds the manual page and the completions against
// the list.
func TestFeaturesAreDocumented(t *testing.T) {
	for _, file := range []string{"pidsim.1", "completions/pidsim.bash", "completions/pidsim.fish", "completions/pidsim.zsh"} {
		text := read(t, file)
		for _, name := range append(featureNames(), backends...) {
			if !strings.Contains(text, name) {
				t.Errorf("%s lacks %s", file, name)
			}
		}
	}
	for _, b := range backends {
		if !strings.Contains(read(t, "pidsim.1"), "\n.It Cm "+b+"\n") {
			t.Errorf("the manual page does not explain the backend %s", b)
		}
	}
}
