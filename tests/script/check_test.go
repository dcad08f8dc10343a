package script

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestCheck runs the doctor.
func TestCheck(t *testing.T) {
	type feature struct{ Name, Outcome, Purpose, Why, Fix string }
	for _, nobody := range []bool{false, true} {
		if !nobody && os.Geteuid() != 0 {
			continue
		}
		doctor := func(args ...string) ran {
			cmd := backend{"auto", nobody}.command(1)
			cmd.Args = append([]string{pidsim(), "check"}, args...)
			return finish(t, cmd)
		}
		r := doctor("--json")
		var report struct {
			Verdict  string
			Features []feature
		}
		if err := json.Unmarshal([]byte(r.out), &report); err != nil || r.err != "" {
			t.Fatalf("%v in %+v", err, r)
		}
		if report.Verdict != "good" || r.status != 0 {
			t.Errorf("verdict %q, status %#x", report.Verdict, r.status)
		}
		for _, f := range report.Features {
			want := "works"
			if f.Name == "setforkpid" || nobody && (f.Name == "set-tid" || f.Name == "ns-last-pid") {
				want = "absent"
			}
			if f.Outcome != want && f.Name != "setforkpid" || f.Purpose == "" || f.Outcome == "absent" && (f.Why == "" || f.Fix == "") {
				t.Errorf("%+v, want %s", f, want)
			}
			one := doctor("--feature", f.Name)
			status := map[string]int{"works": 0, "unknown": 1, "absent": 2}[f.Outcome]
			if one.status.ExitStatus() != status || !strings.HasPrefix(one.out, f.Name+" ") || !strings.Contains(one.out, f.Purpose) {
				t.Errorf("--feature %s: %+v", f.Name, one)
			}
		}
		text := doctor()
		if lines := strings.Split(text.out, "\n"); text.status != 0 || !strings.HasPrefix(lines[len(lines)-2], "Good: ") {
			t.Errorf("report\n%s", text.out)
		}
	}
}
