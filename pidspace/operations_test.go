package pidspace

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// op is one event of a tree, as four bytes: what happens, to which real
// numbers, with which wish. Bytes are looked up in small tables, so that
// collisions of all sorts are the rule; see trial.operands.
type op struct{ what, a, b, c byte }

// The operations; the sequence says how often each is drawn.
var opNames = []string{
	"fork", "fork", "fork", "fork", "fork", "thread", "thread", "exit", "exit", "exit",
	"reap", "reap", "reap", "exec", "setpgid", "setpgid", "setsid", "adopt", "gone", "last", "root",
}

// reals are the real numbers of the tests, among them those of the configured
// outsiders and some that are also virtual numbers of importance.
var reals = []int32{
	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	2, 3, 291, 292, 298, 299, 300, 0, -5, MaxPID, Limit,
}

const (
	supervisor = 18
	shellGroup = 19
	shellSID   = 20
)

// wants are the wished numbers; 0, no wish, is the most common.
var wants = []int32{
	0, 0, 0, 0, 0, 0, 0, 0, 290, 291, 292, 293, 300, 301, 1, 2, 3, 299, 298,
	10, 11, 12, 18, 19, 20, -1, Limit, 1000, 1001,
}

// pick looks a byte up in a table.
func pick[T any](from []T, b byte) T { return from[int(b)%len(from)] }

// trial runs operations against a space and its naive judge.
type trial struct {
	space *Space
	judge *naive
	// gone is what the kernel has released behind the space's back.
	gone map[int32]bool
	// born has the virtual numbers of the live members at birth.
	born map[int32]int32
}

// graveLimit is small, so that forgetting is part of the tests.
const graveLimit = 3

func newTrial(t failer, c Config, policy func() Policy, gone bool) *trial {
	x := &trial{gone: map[int32]bool{}, born: map[int32]int32{}}
	if gone {
		c.Gone = func(r RTID) bool { return x.gone[int32(r)] }
	}
	c.Policy = policy()
	s, err := New(c)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	s.buried.limit = graveLimit
	x.space = s
	c.Policy = policy()
	x.judge = newNaive(c, graveLimit)
	return x
}

// failer is what testing.T, testing.F and rapid.T have in common here.
type failer interface {
	Fatalf(format string, args ...any)
}

// fresh is where operand bytes begin to mean present tasks.
const fresh = 64

// operands decodes o. Small bytes are numbers of the tables, greater ones tasks
// that there are; what is born comes from the tables always.
func (x *trial) operands(o op) (name string, a, b, want int32) {
	var tasks []int32
	for _, p := range x.judge.procs {
		tasks = append(append(tasks, p.id), p.threads...)
	}
	name, a, b, want = pick(opNames, o.what), pick(reals, o.a), pick(reals, o.b), pick(wants, o.c)
	if o.a >= fresh && len(tasks) > 0 && name != "root" {
		a = pick(tasks, o.a)
	}
	if o.b >= fresh && len(tasks) > 0 && (name == "exec" || name == "setpgid") {
		b = pick(tasks, o.b)
	}
	return name, a, b, want
}

// run applies operations to both and compares them.
func (x *trial) run(t failer, ops ...op) {
	var did string
	for i, o := range ops {
		x.replaced(o)
		did = x.step(t, o)
		x.invariants(t, did)
		if i%8 == 0 { // comparing is slow
			x.compare(t, did)
		}
	}
	x.compare(t, did)
}

// step applies one operation to both, and returns what it was.
func (x *trial) step(t failer, o op) string {
	name, a, b, want := x.operands(o)
	did := fmt.Sprintf("%s(%d, %d, %d)", name, a, b, want)
	var got, expected int32
	var err, expectedErr error
	// A birth in the kernel proves that the number is not released.
	switch name {
	case "root":
		delete(x.gone, a)
		var v VTGID
		v, err = x.space.Root(RTGID(a))
		got = int32(v)
		expected, expectedErr = x.judge.doRoot(a)
	case "fork":
		delete(x.gone, b)
		var v VTGID
		v, err = x.space.Fork(RTID(a), RTGID(b), VTGID(want))
		got = int32(v)
		expected, expectedErr = x.judge.doFork(a, b, want)
	case "thread":
		delete(x.gone, b)
		var v VTID
		v, err = x.space.Thread(RTID(a), RTID(b), VTID(want))
		got = int32(v)
		expected, expectedErr = x.judge.doThread(a, b, want)
	case "adopt":
		delete(x.gone, b)
		var v VTGID
		v, err = x.space.Adopt(RTGID(b), RPGID(a), RSID(pick(reals, o.c)), 0)
		got = int32(v)
		expected, expectedErr = x.judge.doAdopt(b, a, pick(reals, o.c), 0)
	case "last":
		err = x.space.SetLast(VTID(want))
		expectedErr = x.judge.doSetLast(want)
	default:
		x.event(name, a, b)
	}
	if got != expected || kindOf(err) != kindOf(expectedErr) {
		t.Fatalf("%s = %d, %v; want %d, %v", did, got, err, expected, expectedErr)
	}
	if v, known := x.space.Last(); int32(v) != x.judge.last || known != (x.judge.sought || x.judge.c.Kind == Private) {
		t.Fatalf("%s: Last is %d, %v; want %d", did, v, known, x.judge.last)
	}
	x.honoured(t, did, name, want, got, err)
	return did
}

// event applies an operation without a result.
func (x *trial) event(name string, a, b int32) {
	switch name {
	case "exit":
		x.space.Exit(RTID(a))
		x.judge.doExit(a)
	case "reap":
		x.space.Reap(RTGID(a))
		x.judge.doReap(a)
	case "exec":
		x.space.Exec(RTGID(a), RTID(b))
		x.judge.doExec(a, b)
	case "setpgid":
		x.space.Setpgid(RTGID(a), RPGID(b))
		x.judge.doSetpgid(a, b)
	case "setsid":
		x.space.Setsid(RTGID(a))
		x.judge.doSetsid(a)
	case "gone":
		x.gone[a] = !x.gone[a]
	}
}

// honoured checks that a wish is granted or refused, never bent.
func (x *trial) honoured(t failer, did, name string, want, got int32, err error) {
	if (name == "fork" || name == "thread") && want != 0 && err == nil && got != want {
		t.Fatalf("%s = %d: the wish was not honoured", did, got)
	}
}

// replaced exempts from comparison a number whose task o may replace.
func (x *trial) replaced(o op) {
	switch name, a, b, _ := x.operands(o); name {
	case "fork", "thread", "adopt":
		delete(x.born, b)
	case "root":
		delete(x.born, a)
	}
}

// setups are the spaces that operations are tried in. All are small: 300 is the
// largest number, and the root is near it, so that wrapping, exhaustion and the
// fixed numbers come into play.
var setups = []struct {
	name   string
	config Config
	policy func() Policy
	gone   bool
}{
	{"host", Config{Root: 290, Supervisor: supervisor, InheritedPGID: shellGroup, InheritedSID: shellSID}, noPolicy, true},
	{"host without gone", Config{Root: 12, Supervisor: supervisor, InheritedPGID: shellGroup, InheritedSID: shellSID}, noPolicy, false},
	{"host with plan", Config{Root: 300, PIDMax: 301, Supervisor: supervisor, InheritedPGID: shellGroup, InheritedSID: shellSID,
		Plan: mustPlan("18,19,13-16,299,291")}, noPolicy, true},
	{"host presented", Config{Root: 11, Supervisor: supervisor, InheritedPGID: shellGroup, InheritedSID: shellSID,
		PPID: 300, PGID: 11, SID: 12}, noPolicy, true},
	{"host sequential", Config{Root: 290, PIDMax: 301, Supervisor: supervisor, InheritedPGID: shellGroup}, Sequential, true},
	{"host reuse", Config{Root: 290, PIDMax: 301}, Reuse, false},
	{"private", Config{Kind: Private, Root: 290, PIDMax: 301, Supervisor: supervisor,
		InheritedPGID: shellGroup, InheritedSID: shellSID}, noPolicy, false},
	{"private with gone", Config{Kind: Private, Root: 200, Supervisor: supervisor,
		InheritedPGID: supervisor, InheritedSID: supervisor}, noPolicy, true},
	{"private init", Config{Kind: Private, Root: 1, Supervisor: supervisor,
		InheritedPGID: shellGroup, InheritedSID: shellSID, Plan: mustPlan("300,298-299,2")}, noPolicy, true},
	{"private presented", Config{Kind: Private, Root: 290, PIDMax: 302, Supervisor: supervisor,
		InheritedPGID: shellGroup, InheritedSID: shellSID, PPID: 291, PGID: 290, SID: 290}, noPolicy, true},
	{"private root leads", Config{Kind: Private, Root: 290, PIDMax: 301, Supervisor: supervisor,
		InheritedPGID: 10, InheritedSID: 10, PGID: 5, SID: 291}, noPolicy, true},
	{"private reuse", Config{Kind: Private, Root: 290, PIDMax: 301}, Reuse, true},
	{"private ordered", Config{Kind: Private, Root: 290, PIDMax: 400},
		func() Policy { return Ordered(300, 300, 12, 1, 399, 291, 298) }, true},
	{"host family", Config{Root: 290, Supervisor: supervisor, InheritedPGID: shellGroup, InheritedSID: shellSID,
		Family: kinship(290), Reserved: []VTID{10, 12, shellSID}}, noPolicy, true},
	{"host family and plan", Config{Root: 291, Supervisor: 16, InheritedPGID: 3, InheritedSID: 3,
		Family: kinship(291), Plan: mustPlan("18,19,13-16,299")}, Sequential, true},
	{"private family", Config{Kind: Private, Root: 290, PIDMax: 301, Supervisor: supervisor, InheritedPGID: shellGroup,
		InheritedSID: shellSID, Family: kinship(290), Reserved: []VTID{291, 300}}, noPolicy, true},
	{"private reserved", Config{Kind: Private, Root: 290, PIDMax: 301, Reserved: []VTID{291, 293, 10}}, Reuse, false},
	{"private from outer", Config{Kind: Private, Root: 290, PIDMax: 301, Supervisor: supervisor,
		InheritedPGID: Outer, InheritedSID: Outer}, noPolicy, true},
	{"host from outer", Config{Root: 290, Supervisor: supervisor, InheritedPGID: Outer, InheritedSID: Outer,
		PGID: 11, SID: 290}, noPolicy, true},
}

func noPolicy() Policy { return nil }

// kinship is a family of small numbers: in use, near the wrap, and outsiders'.
func kinship(root VTGID) *Family {
	return &Family{ID: root, Threads: []VTID{13, 299, shellGroup}, Children: []Family{
		{ID: 292, Threads: []VTID{14}, Children: []Family{{ID: 11}, {ID: 298}, {ID: 15}}},
		{ID: supervisor, Threads: []VTID{300}},
		{ID: 3, Children: []Family{{ID: 17}}},
	}}
}

// init keeps the tests short unless -rapid.checks says otherwise: there are
// many spaces, and a history is long.
func init() {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
}

func mustPlan(text string) Plan {
	p, err := ParsePlan(text)
	if err != nil {
		panic(err)
	}
	return p
}

// TestOperations compares the space with its judge over random histories.
func TestOperations(t *testing.T) {
	for _, setup := range setups {
		t.Run(setup.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				x := newTrial(t, setup.config, setup.policy, setup.gone)
				x.run(t, op{what: byte(len(opNames) - 1)})
				draw := rapid.Custom(func(t *rapid.T) op {
					b := func(n int) byte { return byte(rapid.IntRange(0, n-1).Draw(t, "byte")) }
					return op{b(len(opNames)), b(256), b(256), b(len(wants))}
				})
				x.run(t, rapid.SliceOfN(draw, 30, 150).Draw(t, "ops")...)
			})
		})
	}
}

// FuzzOperations is TestOperations steered by coverage: the first byte chooses
// the space, each four more are an operation.
func FuzzOperations(f *testing.F) {
	f.Add([]byte{0})
	for i := range setups {
		// The root forks twice, the first child leads a group and dies.
		f.Add([]byte{byte(i), 20, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 14, 1, 21, 0, 14, 2, 1, 0, 7, 1, 0, 0, 10, 1, 0, 0, 0, 0, 1, 8})
		// A thread executes a program, and its number comes back.
		f.Add([]byte{byte(i), 20, 0, 0, 0, 5, 0, 1, 0, 7, 0, 0, 0, 13, 0, 1, 0, 0, 0, 1, 9, 16, 1, 0, 0, 10, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || len(data) > 1200 {
			return
		}
		setup := pick(setups, data[0])
		x := newTrial(t, setup.config, setup.policy, setup.gone)
		var ops []op
		for data = data[1:]; len(data) >= 4; data = data[4:] {
			ops = append(ops, op{data[0], data[1], data[2], data[3]})
		}
		x.run(t, ops...)
	})
}
