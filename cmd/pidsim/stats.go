package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pidsim/pidsim/tracer"
)

// statsText words what a run cost: the most frequent stops first.
func statsText(s tracer.Stats) string {
	names := slices.SortedFunc(maps.Keys(s.Stops), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Stops[b], s.Stops[a]), cmp.Compare(a, b))
	})
	var (
		b     strings.Builder
		total int
	)
	fmt.Fprintf(&b, "%10s  %s\n", "stops", "at")
	for _, name := range names {
		fmt.Fprintf(&b, "%10d  %s\n", s.Stops[name], name)
		total += s.Stops[name]
	}
	fmt.Fprintf(&b, "%10d  in all\n", total)
	in := time.Duration(s.SupervisorNS)
	fmt.Fprintf(&b, "%v in the supervisor", in.Round(10*time.Microsecond))
	if total > 0 {
		fmt.Fprintf(&b, ", %v for a stop", (in / time.Duration(total)).Round(10*time.Nanosecond))
	}
	fmt.Fprintf(&b, "; %d tasks, at most %d at once\n", s.Tasks, s.Peak)
	return b.String()
}
