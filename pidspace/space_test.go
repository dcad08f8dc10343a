package pidspace_test

import (
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

func TestPrivateSequence(t *testing.T) {
	s, err := pidspace.New(pidspace.Config{Kind: pidspace.Private, Root: 4242, Supervisor: 100,
		InheritedPGID: 90, InheritedSID: 80})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Root(101); v != 4242 || err != nil {
		t.Fatalf("Root = %d, %v; want 4242", v, err)
	}
	if v, err := s.Fork(101, 150, 0); v != 4243 || err != nil {
		t.Fatalf("Fork = %d, %v; want 4243", v, err)
	}
	if v, ok := pidspace.ToVirtual(s, s.Pgid(150)); v != 299 || !ok {
		t.Errorf("group = %d, %v; want 299", v, ok)
	}
	if v, ok := pidspace.ToVirtual(s, s.Sid(150)); v != 298 || !ok {
		t.Errorf("session = %d, %v; want 298", v, ok)
	}
	if v, ok := pidspace.ToVirtual(s, pidspace.RTGID(100)); v != 1 || !ok {
		t.Errorf("supervisor = %d, %v; want 1", v, ok)
	}
}
