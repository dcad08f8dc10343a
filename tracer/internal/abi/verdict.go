package abi

import "sync"

// Verdict is the first decision about a call.
type Verdict uint8

const (
	// Allow runs the call natively.
	Allow Verdict = iota
	// Stop hands it to the supervisor.
	Stop
	// NoSys fails it with ENOSYS: a call of the x32 interface, or one that
	// is newer than the table. A program has a way to do without such a
	// call; pidsim has none to translate it, and letting it run could
	// reach a stranger who owns the number for real.
	NoSys
)

// Decide gives the verdict on a call whose number the kernel reports as nr.
// Rows of a lazy group count when lazy tells that the group matters to the
// caller. The filters of package bpf come to the same verdicts; Decide is for
// an engine without one.
func Decide(arch Arch, nr uint32, args [6]uint64, m Mode, lazy func(Lazy) bool) Verdict {
	of := stopsOf(m)[arch]
	if uint64(nr) >= uint64(len(of)) || !of[nr].known {
		return NoSys
	}
	s := &of[nr]
	switch {
	case s.never:
		return Allow
	case s.lazy != NotLazy && !lazy(s.lazy):
		if s.before != nil && Eval(s.before, args) {
			return Stop
		}
		return Allow
	case s.always, Eval(s.cond, args):
		return Stop
	}
	return Allow
}

// stop is the part of a row that Decide needs, by call number.
type stop struct {
	known, never, always bool
	lazy                 Lazy
	cond, before         Cond
}

// stopsByMode has the stops of each mode that was asked for.
var stopsByMode [2][2]struct {
	once sync.Once
	of   [2][]stop
}

func stopsOf(m Mode) *[2][]stop {
	s := &stopsByMode[half(m.Strict)][half(m.Creds)]
	s.once.Do(func() { s.of = stops(m) })
	return &s.of
}

func half(b bool) int {
	if b {
		return 1
	}
	return 0
}

func stops(m Mode) (all [2][]stop) {
	for arch := range all {
		all[arch] = make([]stop, Len(Arch(arch)))
		for nr := range all[arch] {
			if r := Lookup(Arch(arch), nr); r != nil {
				c, ok := StopCond(*r, Arch(arch), m)
				all[arch][nr] = stop{known: true, never: !ok, always: c.IsAlways(), lazy: r.Lazy, cond: c, before: r.BeforeCond(m)}
			}
		}
	}
	return all
}
