package bench

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A Place says on which CPUs a measurement runs.
type Place string

const (
	// One is a single CPU for all processes.
	One Place = "one"
	// Free is every CPU that this process may use.
	Free Place = "free"
)

// Places lists them.
func Places() []Place { return []Place{One, Free} }

// words names a place for people.
func (p Place) words() string {
	if p == One {
		return "one CPU"
	}
	return "any CPU"
}

// enter moves the calling thread, whose children will be there, to a place. It
// returns what undoes that.
func (p Place) enter() (leave func() error, err error) {
	if p == Free {
		return func() error { return nil }, nil
	}
	var all, single unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	for cpu := len(all) * 64; cpu >= 0; cpu-- {
		if all.IsSet(cpu) {
			single.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &single); err != nil {
		return nil, fmt.Errorf("sched_setaffinity: %w", err)
	}
	return func() error {
		if err := unix.SchedSetaffinity(0, &all); err != nil {
			return fmt.Errorf("sched_setaffinity: %w", err)
		}
		return nil
	}, nil
}
