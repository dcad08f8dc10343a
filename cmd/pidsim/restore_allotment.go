package main

import (
	"slices"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// descendants is the plan that gives the next processes the ids of those that
// descend from p, at a level of pid namespaces.
func descendants(img *image.Image, p *image.Process, level int) (pidspace.Plan, error) {
	var ids []pidspace.VTGID
	for _, q := range img.Subtree(p.PID)[1:] {
		if at, ok := q.At(level); ok {
			ids = append(ids, at.PID)
		}
	}
	return pidspace.NewPlan(ids...)
}

// allotment gives threads the ids of the threads in an image, and no task an
// id that belongs to a group or session of the image whose leader has ended.
//
// A policy is not told which process a thread is of, nor that a task is a
// thread. So the ids are those of the first process's threads in order of
// birth, then those of the next one's, and a process that is not in the plan
// takes one as well.
type allotment struct {
	threads  pidspace.Policy
	rest     pidspace.Policy // nil leaves the choice to the space
	reserved []int32         // sorted
}

// newAllotment makes the policy for p and what descends from it; nil if the
// image asks for nothing that the space would not do by itself.
func newAllotment(img *image.Image, p *image.Process, level int, kind pidspace.Kind) pidspace.Policy {
	var (
		threads  []pidspace.VTID
		reserved []int32
		tasks    = make(map[int32]bool)
	)
	tree := img.Subtree(p.PID)
	for _, q := range tree {
		at, _ := q.At(level)
		tasks[int32(at.PID)] = true
		threads = append(threads, at.Threads...)
	}
	for _, q := range tree {
		at, _ := q.At(level)
		for _, id := range []int32{int32(at.PGID), int32(at.SID)} {
			if id != 0 && !tasks[id] {
				reserved = append(reserved, id)
			}
		}
	}
	if kind == pidspace.Private {
		for _, t := range threads {
			reserved = append(reserved, int32(t))
		}
	}
	if len(threads) == 0 && len(reserved) == 0 {
		return nil
	}
	slices.Sort(reserved)
	a := &allotment{threads: pidspace.Ordered(threads...), reserved: slices.Compact(reserved)}
	if kind == pidspace.Private {
		a.rest = pidspace.Sequential()
	}
	return a
}

// Next implements [pidspace.Policy].
func (a *allotment) Next(n pidspace.Numbers) (int32, error) {
	if v, err := a.threads.Next(n); v != 0 || err != nil || a.rest == nil {
		return v, err
	}
	return a.rest.Next(unreserved{n, a.reserved})
}

// Freed implements [pidspace.Policy].
func (a *allotment) Freed(int32) {}

// unreserved are numbers without some.
type unreserved struct {
	pidspace.Numbers
	reserved []int32
}

// Free implements [pidspace.Numbers].
func (u unreserved) Free(v int32) bool {
	_, found := slices.BinarySearch(u.reserved, v)
	return !found && u.Numbers.Free(v)
}
