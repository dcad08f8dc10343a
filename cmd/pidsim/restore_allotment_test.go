package main

import (
	"slices"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// TestAllotment runs the model of the restored tree.
func TestAllotment(t *testing.T) {
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		img := family()
		plan, err := descendants(img, img.Root(), 0)
		if err != nil {
			t.Fatal(err)
		}
		s, err := pidspace.New(pidspace.Config{Kind: kind, Root: 100, Plan: plan, Policy: newAllotment(img, img.Root(), 0, kind)})
		if err != nil {
			t.Fatal(err)
		}
		const real = 5000
		if _, err := s.Root(real); err != nil {
			t.Fatal(err)
		}
		var got []int32
		for i := range pidspace.RTID(4) { // threads, although processes come between
			v, err := s.Thread(real, real+10+i, 0)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, int32(v))
			if p, err := s.Fork(real, pidspace.RTGID(real+20+i), 0); err != nil {
				t.Fatal(err)
			} else {
				got = append(got, int32(p))
			}
		}
		want := []int32{101, 102, 105, 103, 106, 104, real + 13, real + 23}
		if kind == pidspace.Private {
			want = []int32{101, 102, 105, 103, 106, 104, 107, 108}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", kind, got, want)
		}
	}
}

// TestReserved: in a private space no task gets the number of a group without
// a leader, also when numbers have gone round.
func TestReserved(t *testing.T) {
	img := family()
	for i := range img.Processes {
		img.Processes[i].Threads = nil
	}
	img.Processes[3].PGID = 105
	s, err := pidspace.New(pidspace.Config{Kind: pidspace.Private, Root: 104, Policy: newAllotment(img, img.Root(), 0, pidspace.Private)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Root(5000); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Fork(5000, 5001, 0); err != nil || v != 106 {
		t.Errorf("%d, %v; want 106", v, err)
	}
}

// TestNoAllotment: without threads and lost groups the space decides.
func TestNoAllotment(t *testing.T) {
	img := family()
	img.Processes = img.Processes[:1]
	img.Root().Threads, img.Root().SID = nil, 100
	if p := newAllotment(img, img.Root(), 0, pidspace.Private); p != nil {
		t.Errorf("%+v", p)
	}
}
