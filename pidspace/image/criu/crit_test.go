package criu

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/checkpoint-restore/go-criu/v7/crit"
	"github.com/google/go-cmp/cmp"
)

// summary has a line for each process, sorted by nothing but the tree.
func summary(t *testing.T, dir string) string {
	t.Helper()
	img, err := readDir(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range img.Processes {
		fmt.Fprintf(&b, "%d %d %d %s\n", p.PID, p.PGID, p.SID, p.Name)
	}
	return b.String()
}

// TestAgainstGoCRIU compares with what go-criu's own explorer makes of a dump.
func TestAgainstGoCRIU(t *testing.T) {
	for _, dir := range []string{realDump, example().write(t)} {
		root, err := crit.New(nil, nil, dir, false, false).ExplorePs()
		if err != nil {
			t.Fatal(err)
		}
		lines := map[string]bool{}
		var walk func(p *crit.PsTree)
		walk = func(p *crit.PsTree) {
			lines[fmt.Sprintf("%d %d %d %s", p.PID, p.PgID, p.SID, p.Comm)] = true
			for _, c := range p.Children {
				walk(c)
			}
		}
		walk(root)
		got := map[string]bool{}
		for line := range strings.Lines(summary(t, dir)) {
			got[strings.TrimSuffix(line, "\n")] = true
		}
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("%s (-go-criu +got):\n%s", dir, diff)
		}
	}
}

// TestAgainstCrit compares with what crit, which is part of CRIU and written
// in Python, makes of a dump.
func TestAgainstCrit(t *testing.T) {
	if _, err := exec.LookPath("crit"); err != nil {
		t.Skip("crit is not installed")
	}
	cmd := exec.Command("crit", "x", realDump, "ps")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for line := range strings.Lines(string(out)) {
		if m := regexp.MustCompile(`^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s*$`).FindStringSubmatch(line); m != nil {
			fmt.Fprintln(&want, strings.Join(m[1:], " "))
		}
	}
	if diff := cmp.Diff(want.String(), summary(t, realDump)); diff != "" {
		t.Errorf("dump (-crit +got):\n%s\ncrit said:\n%s", diff, out)
	}
}
