package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// links are the ways to link a program that are to be tested natively.
func links(p program) []string {
	switch {
	case p.script() || testing.Short():
		return []string{dynamic}
	case can32():
		return []string{dynamic, static, i386}
	}
	return []string{dynamic, static}
}

// truth is the native outcome that runs under pidsim are compared with. It is
// found once for each program, way to link and user.
var truths sync.Map // string to func() outcome

func truth(t *testing.T, p program, link, user string) outcome {
	t.Helper()
	t.Helper()
	possible(t, p)
	find := func() outcome { return native(t, p, link, user) }
	f, _ := truths.LoadOrStore(strings.Join([]string{p.name, link, user}, " "), sync.OnceValue(find))
	return f.(func() outcome)()
}

// TestNative runs the programs under the oracle: what they claim must be true
// of the kernel.
func TestNative(t *testing.T) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, link := range links(p) {
				for _, user := range users() {
					t.Run(link+"/"+user, func(t *testing.T) {
						holds(t, truth(t, p, link, user))
					})
				}
			}
		})
	}
}

// holds checks that a program has found all its facts to hold.
func holds(t *testing.T, o outcome) {
	t.Helper()
	if o.code != 0 || len(o.facts) == 0 {
		t.Errorf("exit status %d as process %d\n%s\n%s", o.code, o.root, strings.Join(o.facts, "\n"), o.stderr)
	}
}

// TestPidsim runs the programs under pidsim and compares.
func TestPidsim(t *testing.T) {
	pidsim(t)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range combinations(p) {
				t.Run(strings.Join([]string{c.space, c.engine, c.link, c.user}, "/"), func(t *testing.T) {
					compare(t, p, c)
				})
			}
		})
	}
}

// combination is one way to run a program under pidsim.
type combination struct{ space, engine, link, user string }

// combinations are all ways to run a program; fewer with -short.
func combinations(p program) []combination {
	var all []combination
	for _, space := range []string{host, private} {
		if p.spaces != nil && !slices.Contains(p.spaces, space) {
			continue
		}
		for _, engine := range engines() {
			for _, link := range links(p) {
				if link == i386 && (!p.i386 || engine == plain) {
					continue
				}
				for _, user := range users() {
					all = append(all, combination{space, engine, link, user})
				}
			}
		}
	}
	return all
}

func engines() []string {
	if testing.Short() {
		return []string{seccomp}
	}
	return []string{seccomp, plain}
}

// compare runs a program in one way and holds it against the native run.
func compare(t *testing.T, p program, c combination) {
	t.Helper()
	want := truth(t, p, c.link, c.user)
	got := simulated(t, p, c.space, c.engine, c.link, c.user)
	holds(t, got)
	a, b := allow(p, want.facts, got.facts)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("facts differ (-native +pidsim):\n%s%s", diff, got.stderr)
	}
	if c.space == private {
		compareIDs(t, p, c, got)
		for _, id := range leaks(said(got, want), got.tree) {
			t.Errorf("real id %s of the tree in the program's output:\n%s", id, said(got, want))
		}
	}
}

// allow leaves out, of both outputs, the sections that one of them calls
// unsupported where that is a documented limit.
func allow(p program, native, simulated []string) (a, b []string) {
	for _, al := range allowances {
		if al.program != p.name {
			continue
		}
		missing := al.section + ": unsupported ("
		starts := func(line string) bool { return strings.HasPrefix(line, missing) }
		if !slices.ContainsFunc(native, starts) && !slices.ContainsFunc(simulated, starts) {
			continue
		}
		of := func(line string) bool { return strings.HasPrefix(line, al.section+": ") }
		native = slices.DeleteFunc(slices.Clone(native), of)
		simulated = slices.DeleteFunc(slices.Clone(simulated), of)
	}
	return native, simulated
}

// seen remembers the ids of the first private run of each program.
var seen sync.Map // program to []string

// compareIDs checks that in a private space the ids are the virtual ids of
// the tree, and the same in every run when they are counted from the root's.
func compareIDs(t *testing.T, p program, c combination, o outcome) {
	t.Helper()
	var relative []string
	for _, line := range o.ids {
		name, value := cutLast(line)
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Errorf("ids: %s: not an id", line)
		}
		if n >= lowestGiven && !o.tree.virtual[n] {
			t.Errorf("ids: %s: the tree has no such virtual id", line)
		}
		if n >= o.root {
			value = fmt.Sprintf("root+%d", n-o.root)
		}
		relative = append(relative, name+" "+value)
	}
	first, before := seen.LoadOrStore(p.name, relative)
	if diff := cmp.Diff(first, any(relative)); before && diff != "" {
		t.Errorf("ids differ from those of an earlier run (-earlier +%v):\n%s", c, diff)
	}
}

func cutLast(line string) (name, value string) {
	i := strings.LastIndexByte(line, ' ')
	return line[:max(i, 0)], line[i+1:]
}

// TestSequence checks the promise that a private space gives out the numbers
// after the root's one by one.
func TestSequence(t *testing.T) {
	p := program{name: "ids"}
	o := simulated(t, p, private, seccomp, dynamic, users()[0])
	holds(t, o)
	if len(o.ids) < 2 {
		t.Fatalf("the program told %d ids", len(o.ids))
	}
	for i, line := range o.ids {
		if _, value := cutLast(line); value != strconv.Itoa(o.root+i) {
			t.Errorf("id %d is %s, want %d", i, line, o.root+i)
		}
	}
}

func TestAllow(t *testing.T) {
	p := program{name: "mutex_pi"}
	native := []string{"root: yes", "pi: lock: ok", "pi: unlock: ok", "raw pi: lock: ok"}
	limited := []string{"root: yes", "pi: unsupported (EOPNOTSUPP)", "raw pi: lock: ok"}
	if a, b := allow(p, native, limited); !cmp.Equal(a, b) {
		t.Errorf("a documented limit is not allowed: %s", cmp.Diff(a, b))
	}
	wrong := []string{"root: yes", "pi: lock: EINVAL", "pi: unlock: ok", "raw pi: lock: ok"}
	if a, b := allow(p, native, wrong); cmp.Equal(a, b) {
		t.Error("a wrong fact is allowed")
	}
	if a, b := allow(program{name: "fork"}, native, limited); cmp.Equal(a, b) {
		t.Error("another program's limit is allowed")
	}
}
