package main

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/checkpoint"
	"github.com/pidsim/pidsim/pidspace/image"
)

// inherit sets in this process what the program inherits.
func (r *restoration) inherit() error {
	if m := r.process.Umask; m != nil {
		syscall.Umask(int(*m))
	}
	return r.change.inherit()
}

// attend returns j so that the program gets the scheduling and the limits of
// the image. It does before its first instruction if the backend reports the
// start then, as that of ptrace does.
func (r *restoration) attend(j job) job {
	if r == nil {
		return j
	}
	return attended{j, r}
}

// attended is a job with a restoration.
type attended struct {
	job
	r *restoration
}

func (a attended) atBirth(f func(int)) {
	a.job.atBirth(func(real int) {
		a.r.born(real)
		f(real)
	})
}

// born sets the attributes that one process can set for another. What
// cannot be set is said, since the program runs without it.
func (r *restoration) born(pid int) {
	if s := r.process.Scheduling; s != nil {
		if err := setScheduling(pid, s); err != nil && !errors.Is(err, unix.ESRCH) {
			say(fmt.Sprintf("the program does not have the scheduling of the image (%s, priority %d, nice %d): %v", s.Policy, s.Priority, s.Nice, err))
		}
	}
	var names []string
	var why error
	for _, l := range missingLimits(pid, r.process.Limits) {
		err := unix.Prlimit(pid, int(l.Resource), &unix.Rlimit{Cur: uint64(l.Soft), Max: uint64(l.Hard)}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			names, why = append(names, l.Resource.String()), err
		}
	}
	if why != nil {
		say(fmt.Sprintf("the program does not have the limits of the image for %s: %v", list(names), why))
	}
}

// missingLimits are those of the limits that a process does not have.
func missingLimits(pid int, want []image.Limit) []image.Limit {
	have, err := checkpoint.Limits(pid)
	if err != nil {
		return want
	}
	var missing []image.Limit
	for _, l := range want {
		if !slices.Contains(have, l) {
			missing = append(missing, l)
		}
	}
	return missing
}

// setScheduling gives a process a scheduling, if it has another one.
func setScheduling(pid int, want *image.Scheduling) error {
	attr, err := unix.SchedGetAttr(pid, 0)
	if err != nil {
		return err
	}
	have := image.Scheduling{Policy: image.Policy(attr.Policy), Priority: int(attr.Priority), Nice: int(attr.Nice)}
	if have.Priority != 0 {
		have.Nice = want.Nice // real-time policies do not show it here
	}
	if have == *want {
		return nil
	}
	attr.Policy, attr.Priority, attr.Nice = uint32(want.Policy), uint32(want.Priority), int32(want.Nice)
	return unix.SchedSetAttr(pid, attr, 0)
}
