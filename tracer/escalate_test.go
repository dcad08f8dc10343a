package tracer

import (
	"testing"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// A process whose creator is unknown may have any of the appended filters.
// None may be taken for installed, unless every call stops anyway.
func TestOrphanLazies(t *testing.T) {
	for _, c := range []struct {
		name   string
		engine engine
		seen   filters
		want   bool
	}{
		{"filter", filtered{}, filtersNone, false},
		{"own filters", filtered{}, filtersOwn, false},
		{"a listener", filtered{}, filtersListener, true},
		{"every call", stepping{}, filtersNone, true},
	} {
		s := &supervisor{engine: c.engine, filtersSeen: c.seen}
		s.root = &process{lazy: lazies{abi.LazyPasscred: true}}
		for l, on := range s.orphanLazies() {
			if on != c.want {
				t.Errorf("%s: group %d is %v, want %v", c.name, l, on, c.want)
			}
		}
	}
}
