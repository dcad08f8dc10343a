package pidspace_test

import (
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// The outsiders of the tests.
const (
	supervisor = 700
	shellGroup = 600
	shellSID   = 500
)

// outside is the usual surroundings of a root.
func outside(c pidspace.Config) pidspace.Config {
	c.Supervisor, c.InheritedPGID, c.InheritedSID = supervisor, shellGroup, shellSID
	return c
}

// tree is a space whose operations must succeed.
type tree struct {
	*pidspace.Space
	t *testing.T
}

// plant makes a space with a root.
func plant(t *testing.T, c pidspace.Config, root pidspace.RTGID) tree {
	t.Helper()
	s, err := pidspace.New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if v, err := s.Root(root); err != nil || v != c.Root {
		t.Fatalf("Root(%d) = %d, %v; want %d", root, v, err, c.Root)
	}
	return tree{s, t}
}

// fork creates child and checks its number.
func (x tree) fork(parent pidspace.RTID, child pidspace.RTGID, want, get pidspace.VTGID) {
	x.t.Helper()
	v, err := x.Fork(parent, child, want)
	if err != nil || v != get {
		x.t.Fatalf("Fork(%d, %d, %d) = %d, %v; want %d", parent, child, want, v, err, get)
	}
	x.is(pidspace.RTID(child), pidspace.VTID(get))
}

// thread creates a thread and checks its number.
func (x tree) thread(of, id pidspace.RTID, want, get pidspace.VTID) {
	x.t.Helper()
	v, err := x.Thread(of, id, want)
	if err != nil || v != get {
		x.t.Fatalf("Thread(%d, %d, %d) = %d, %v; want %d", of, id, want, v, err, get)
	}
	x.is(id, get)
}

// end makes a process a zombie and reaps it.
func (x tree) end(p pidspace.RTGID) {
	x.Exit(pidspace.RTID(p))
	x.Reap(p)
}

// is checks that r and v are each other's translation.
func (x tree) is(r pidspace.RTID, v pidspace.VTID) {
	x.t.Helper()
	appears(x, r, v)
	means(x, v, r)
}

// appears checks the virtual number of r; 0 means none.
func appears[K pidspace.IDKind](x tree, r pidspace.Real[K], v pidspace.Virtual[K]) {
	x.t.Helper()
	if got, ok := pidspace.ToVirtual(x.Space, r); got != v || ok != (v != 0) {
		x.t.Errorf("ToVirtual(%T %d) = %d, %v; want %d", r, r, got, ok, v)
	}
}

// means checks the real number of v; 0 means none.
func means[K pidspace.IDKind](x tree, v pidspace.Virtual[K], r pidspace.Real[K]) {
	x.t.Helper()
	if got, ok := pidspace.ToReal(x.Space, v); got != r || ok != (r != 0) {
		x.t.Errorf("ToReal(%T %d) = %d, %v; want %d", v, v, got, ok, r)
	}
}

// states checks what is known of tasks.
func (x tree) states(want map[pidspace.RTID]pidspace.TaskState) {
	x.t.Helper()
	for r, state := range want {
		if got := x.State(r); got != state {
			x.t.Errorf("State(%d) = %v, want %v", r, got, state)
		}
	}
}

func plan(t *testing.T, text string) pidspace.Plan {
	t.Helper()
	p, err := pidspace.ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
