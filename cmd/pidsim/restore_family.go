package main

import (
	"slices"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// family plans for what p creates the ids of the threads and processes in the
// image, at a level of pid namespaces. What is not in that namespace is left out
// with all that descends from it.
func family(img *image.Image, p *image.Process, level int) *pidspace.Family {
	// In an image no process comes before its parent, so that from the last
	// to the first each is complete when its parent takes it.
	tree := img.Subtree(p.PID)
	children := make(map[pidspace.VTGID][]pidspace.Family, len(tree))
	var root *pidspace.Family
	for _, q := range slices.Backward(tree) {
		at, ok := q.At(level)
		if !ok {
			continue
		}
		own := children[q.PID]
		slices.Reverse(own)
		f := pidspace.Family{ID: at.PID, Threads: at.Threads, Children: own}
		children[q.PPID] = append(children[q.PPID], f)
		root = &f
	}
	return root
}

// lost are the numbers of groups and sessions of the image whose leaders are not
// in it: nobody else should get them.
func lost(img *image.Image, p *image.Process, level int) (reserved []pidspace.VTID) {
	tasks := make(map[pidspace.VTID]bool)
	tree := img.Subtree(p.PID)
	for _, q := range tree {
		at, _ := q.At(level)
		tasks[pidspace.VTID(at.PID)] = true
	}
	for _, q := range tree {
		at, _ := q.At(level)
		for _, id := range []pidspace.VTID{pidspace.VTID(at.PGID), pidspace.VTID(at.SID)} {
			if id != 0 && !tasks[id] {
				tasks[id] = true
				reserved = append(reserved, id)
			}
		}
	}
	return reserved
}
