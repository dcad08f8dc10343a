package pidspace

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// clan is the family that the tests plan: 100 has the threads 101 and 105 and the
// children 102, which has the thread 106 and the child 103, and 104.
func clan() *Family {
	return &Family{ID: 100, Threads: []VTID{101, 105}, Children: []Family{
		{ID: 102, Threads: []VTID{106}, Children: []Family{{ID: 103}}},
		{ID: 104},
	}}
}

// story is a space whose tasks are known by what the test calls them. Real
// numbers go up from 5000.
type story struct {
	*testing.T
	space *Space
	real  map[string]int32
	next  int32
}

func tell(t *testing.T, c Config) *story {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Root(5000); err != nil {
		t.Fatal(err)
	}
	return &story{t, s, map[string]int32{"root": 5000}, 5000}
}

// born makes a process or a thread and compares its number; 0 stands for the
// one that it really has in a host space, and the next in a private one.
func (s *story) born(kind, creator, name string, want int32) {
	s.Helper()
	s.next++
	s.real[name] = s.next
	var got int32
	var err error
	if kind == "thread" {
		var v VTID
		v, err = s.space.Thread(RTID(s.real[creator]), RTID(s.next), 0)
		got = int32(v)
	} else {
		var v VTGID
		v, err = s.space.Fork(RTID(s.real[creator]), RTGID(s.next), 0)
		got = int32(v)
	}
	if want == 0 && s.space.Kind() == Host {
		want = s.next
	}
	if err != nil || want != 0 && got != want {
		s.Errorf("%s %s of %s: %d, %v; want %d", kind, name, creator, got, err, want)
	}
	if want == 0 && (got >= 100 && got <= 106 || got == 120) {
		s.Errorf("%s %s of %s: %d, which is planned for another", kind, name, creator, got)
	}
}

func (s *story) gone(name string) {
	s.space.Exit(RTID(s.real[name]))
	s.space.Reap(RTGID(s.real[name]))
}

func bothKinds(t *testing.T, f func(t *testing.T, kind Kind)) {
	for _, kind := range []Kind{Host, Private} {
		t.Run(kind.String(), func(t *testing.T) { f(t, kind) })
	}
}

// TestFamily: whoever creates, in whatever order, has the descendants that it
// should have.
func TestFamily(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind Kind) {
		s := tell(t, Config{Kind: kind, Root: 100, Family: clan(), Reserved: []VTID{120}})
		s.born("process", "root", "first", 102)
		s.born("thread", "first", "first's thread", 106)
		s.born("process", "root", "second", 104)
		s.born("thread", "root", "thread", 101)
		s.born("process", "first's thread", "grandchild", 103) // any thread may create
		s.born("thread", "thread", "another thread", 105)
		// What nobody plans is like no plan, and takes nothing away.
		for i := range 30 {
			s.born("process", "root", fmt.Sprint("third", i), 0)
			s.born("thread", "second", fmt.Sprint("thread", i), 0)
			s.born("process", "third0", fmt.Sprint("other", i), 0)
		}
	})
}

// TestFamilyWrapper: a program that others run first gets its own ids when it is
// executed.
func TestFamilyWrapper(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind Kind) {
		s := tell(t, Config{Kind: kind, Root: 100, Family: clan()})
		s.born("process", "root", "helper", 102)
		s.born("thread", "helper", "its thread", 106)
		s.gone("its thread")
		s.gone("helper")
		s.born("process", "root", "long helper", 104)
		s.space.Exec(5000, 5000)
		s.born("thread", "root", "thread", 101)
		s.born("process", "root", "first", 102)
		s.born("process", "root", "second", 0) // 104 runs
		s.born("thread", "first", "thread of the first", 106)
		s.gone("long helper")
		s.space.Exec(5000, 5000)
		s.born("process", "root", "third", 104) // 102 runs
		s.born("thread", "root", "thread again", 101)
	})
}

// TestFamilyWants: who asks for a number of the family is that member of it.
func TestFamilyWants(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind Kind) {
		s := tell(t, Config{Kind: kind, Root: 100, Family: clan(), Reserved: []VTID{120}})
		if v, err := s.space.Fork(5000, 5900, 102); v != 102 || err != nil {
			t.Fatal(v, err)
		}
		s.real["first"] = 5900
		s.born("process", "first", "grandchild", 103)
		s.born("process", "root", "second", 104) // 102 is there
		if v, err := s.space.Fork(5000, 5901, 120); v != 120 || err != nil {
			t.Errorf("a reserved number that is asked for: %d, %v", v, err)
		}
	})
}

// TestFamilyBeforePlan: what the family does not plan, a plan does.
func TestFamilyBeforePlan(t *testing.T) {
	plan, err := NewPlan(200, 201)
	if err != nil {
		t.Fatal(err)
	}
	s := tell(t, Config{Root: 100, Family: clan(), Plan: plan})
	s.born("process", "root", "first", 102)
	s.born("process", "root", "second", 104)
	s.born("process", "root", "third", 200)
	s.born("process", "second", "fourth", 201)
}

// TestFamilyAliases: in a private space what the root has inherited does not
// get in the way.
func TestFamilyAliases(t *testing.T) {
	f := &Family{ID: 100, Children: []Family{{ID: 299}, {ID: 298}, {ID: 4}}}
	s := tell(t, Config{Kind: Private, Root: 100, Family: f, Supervisor: 900, InheritedPGID: 901, InheritedSID: 902})
	s.born("process", "root", "first", 299)
	s.born("process", "root", "second", 298)
	s.born("process", "root", "third", 4)
}

// TestFamilyOutsiders: what the root has inherited makes way for a number that is
// planned, but not for one that is merely reserved.
func TestFamilyOutsiders(t *testing.T) {
	s := tell(t, Config{Root: 100, Family: clan(), Reserved: []VTID{120},
		Supervisor: 104, InheritedPGID: 106, InheritedSID: 120})
	s.born("process", "root", "first", 102)
	s.born("process", "root", "second", 104)
	s.born("thread", "first", "thread", 106)
	for name, got := range map[string]int32{
		"parent": func() int32 { v, _ := ToVirtual(s.space, RTGID(104)); return int32(v) }(),
		"group":  func() int32 { v, _ := ToVirtual(s.space, RPGID(106)); return int32(v) }(),
	} {
		if got >= 100 && got <= 106 {
			t.Errorf("the %s is %d, which is another's", name, got)
		}
	}
	if v, _ := ToVirtual(s.space, RSID(120)); v != 120 {
		t.Errorf("the session is %d", v)
	}
}

func TestFamilyErrors(t *testing.T) {
	for _, tt := range []struct {
		config Config
		err    error
		want   string
	}{
		{Config{Root: 101, Family: clan()}, ErrRange, "Family 100: it is not the root's id"},
		{Config{Root: 100, PIDMax: 301, Family: &Family{ID: 100, Children: []Family{{ID: 301}}}}, ErrRange, "Family 301: not an id below pid_max 301"},
		{Config{Root: 100, Family: &Family{ID: 100, Threads: []VTID{0}}}, ErrRange, "Family 0: not an id"},
		{Config{Root: 100, Family: &Family{ID: 100, Threads: []VTID{7}, Children: []Family{{ID: 7}}}}, ErrInUse, "Family 7: it is planned twice"},
		{Config{Root: 100, Reserved: []VTID{Limit}}, ErrRange, "Reserved 4194304: not an id"},
	} {
		_, err := New(tt.config)
		var c *ConfigError
		if !errors.As(err, &c) || !errors.Is(err, tt.err) || !strings.HasPrefix(err.Error(), "pidspace: "+tt.want) {
			t.Errorf("%v; want %s", err, tt.want)
		}
	}
}

// TestFamilyDeep: a family is not walked by recursion.
func TestFamilyDeep(t *testing.T) {
	root := Family{ID: 1}
	for at, id := &root, VTGID(2); id < 40000; id++ {
		at.Children = []Family{{ID: id}}
		at = &at.Children[0]
	}
	if _, err := New(Config{Root: 1, Family: &root}); err != nil {
		t.Error(err)
	}
}
