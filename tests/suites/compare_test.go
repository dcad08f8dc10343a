package suites

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// findings map every item of a judge, such as a test, to what became of it.
type findings map[string]string

// An allowance is a difference from the native run that is known.
type allowance struct {
	judge string
	// item matches whole names of items.
	item *regexp.Regexp
	// ways are the names of those in which it differs, empty for all.
	ways []string
	// reason says why it differs, for users.
	reason string
	// sometimes says that it does not differ in every run.
	sometimes bool
}

func (a *allowance) covers(judge, item string, w way) bool {
	return a.judge == judge && a.item.MatchString(item) && (len(a.ways) == 0 || slices.Contains(a.ways, w.name))
}

// compare holds what was found under pidsim against the native run, item by
// item.
func compare(t *testing.T, judge string, w way, want, got findings) {
	t.Helper()
	if len(want) == 0 {
		t.Fatalf("%s: the native run reported nothing", judge)
	}
	items := map[string]bool{}
	for _, f := range []findings{want, got} {
		for item := range f {
			items[item] = true
		}
	}
	differ := 0
	for _, item := range slices.Sorted(maps.Keys(items)) {
		a := allowed(judge, item, w)
		switch {
		case want[item] == got[item]:
			if a != nil && !a.sometimes && want[item] == "PASS" {
				t.Errorf("%s: %s no longer differs from native: remove its allowance", w.name, item)
			}
		case a != nil:
			t.Logf("%s: %s is %s, natively %s: allowed, since %s", w.name, item, or(got[item]), or(want[item]), a.reason)
		default:
			differ++
			t.Errorf("%s: %s is %s, natively %s", w.name, item, or(got[item]), or(want[item]))
		}
	}
	t.Logf("%s: %d items compared, %d differ", w.name, len(items), differ)
}

// allowed finds the allowance for an item, nil if there is none.
func allowed(judge, item string, w way) *allowance {
	for i := range allowances {
		if allowances[i].covers(judge, item, w) {
			return &allowances[i]
		}
	}
	return nil
}

// or names the absence of a finding.
func or(finding string) string {
	if finding == "" {
		return "absent"
	}
	return finding
}

// setuidNotice is what pidsim tells an unprivileged user about a program, such
// as utempter under tmux, that ptrace denies its rights.
var setuidNotice = regexp.MustCompile(`^pidsim: \S+ runs without its set-user-ID rights: `)

// compareText holds a whole text against the native one.
func compareText(t *testing.T, w way, want, got string) {
	t.Helper()
	if strings.TrimSpace(want) == "" {
		t.Fatal("the native run printed nothing")
	}
	lines := slices.DeleteFunc(strings.Split(got, "\n"), setuidNotice.MatchString)
	if diff := cmp.Diff(strings.Split(want, "\n"), lines); diff != "" {
		t.Errorf("%s differs from native (-native +%s):\n%s", w.name, w.name, diff)
	}
}
