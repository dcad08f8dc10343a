package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

func TestFamily(t *testing.T) {
	img := sample()
	want := &pidspace.Family{ID: 100, Threads: []pidspace.VTID{101, 105}, Children: []pidspace.Family{
		{ID: 102, Threads: []pidspace.VTID{106}, Children: []pidspace.Family{{ID: 103}}},
		{ID: 104},
	}}
	if diff := cmp.Diff(want, family(img, img.Root(), 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&want.Children[0], family(img, img.Find(102), 0)); diff != "" {
		t.Errorf("of process 102 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]pidspace.VTID{80, 99}, lost(img, img.Root(), 0)); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if _, err := pidspace.New(pidspace.Config{Root: 100, Family: want, Reserved: lost(img, img.Root(), 0)}); err != nil {
		t.Error(err)
	}
}

// TestFamilyInner: of a namespace only what is in it.
func TestFamilyInner(t *testing.T) {
	img := sample()
	img.Processes[0].Inner = []image.IDs{{PID: 1, Threads: []pidspace.VTID{2, 6}}}
	img.Processes[1].Inner = []image.IDs{{PID: 3, PPID: 1, PGID: 3, SID: 3, Threads: []pidspace.VTID{7}}}
	img.Processes[2].Inner = []image.IDs{{PID: 5, PPID: 3, PGID: 4, SID: 3}}
	want := &pidspace.Family{ID: 1, Threads: []pidspace.VTID{2, 6}, Children: []pidspace.Family{
		{ID: 3, Threads: []pidspace.VTID{7}, Children: []pidspace.Family{{ID: 5}}},
	}}
	if diff := cmp.Diff(want, family(img, img.Root(), 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]pidspace.VTID{4}, lost(img, img.Root(), 1)); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
}
