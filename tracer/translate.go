package tracer

import (
	"bytes"
	"fmt"
	"math"
	"os"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// nobody is passed to the kernel in place of an id that names nothing in the
// space: no kernel ever allocates it (PID_MAX_LIMIT is 0x400000), so that the
// kernel itself says what is wrong, in its own order of checks.
const nobody = 0x7fffffff

// nobodysClock is the same for the 29 bits of a CPU clock id.
const nobodysClock = 0x0fffffff

// toReal translates an id on its way into the kernel. Zero and the special
// negative values keep their meaning.
func (s *supervisor) toReal(k abi.Kind, v int32) int32 {
	switch k {
	case abi.PIDOrGroup:
		switch {
		case v < -1 && v != math.MinInt32:
			return -s.realOf(abi.PGID, -v)
		case v > 0:
			return s.realOf(abi.TID, v)
		}
		return v
	case abi.Owner:
		switch {
		case v < 0 && v != math.MinInt32:
			return -s.realOf(abi.PGID, -v)
		case v > 0:
			return s.realOf(abi.TID, v)
		}
		return v
	case abi.ClockID:
		return s.clock(v, nobodysClock, func(id int32) (int32, bool) { return s.lookupReal(abi.TID, id) })
	}
	if v <= 0 {
		return v
	}
	return s.realOf(k, v)
}

// realOf is the real id behind a positive virtual one, or nobody.
func (s *supervisor) realOf(k abi.Kind, v int32) int32 {
	if r, ok := s.lookupReal(k, v); ok {
		return r
	}
	return nobody
}

func (s *supervisor) lookupReal(k abi.Kind, v int32) (int32, bool) {
	switch k {
	case abi.PGID:
		r, ok := pidspace.ToReal(s.space, pidspace.VPGID(v))
		return int32(r), ok
	case abi.SID:
		r, ok := pidspace.ToReal(s.space, pidspace.VSID(v))
		return int32(r), ok
	case abi.TGID:
		r, ok := pidspace.ToReal(s.space, pidspace.VTGID(v))
		return int32(r), ok && !s.collected(int32(r))
	}
	r, ok := pidspace.ToReal(s.space, pidspace.VTID(v))
	return int32(r), ok && !s.collected(int32(r))
}

// collected tells whether a process that the space knows as a zombie has been
// collected by its parent without the supervisor seeing it. Its number may
// belong to a stranger by now.
func (s *supervisor) collected(r int32) bool {
	if s.space.State(pidspace.RTID(r)) != pidspace.Zombie {
		return false
	}
	if s.tasks[int(r)] != nil || runState(int(r)) == 'Z' {
		return false
	}
	s.space.Reap(pidspace.RTGID(r))
	return s.cmd.Space == pidspace.Private
}

// runState is the state letter of a task in /proc (proc(5)), 0 when there is
// none.
func runState(tid int) byte {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", tid))
	if err != nil {
		return 0
	}
	i := bytes.LastIndexByte(text, ')')
	if i < 0 || i+2 >= len(text) {
		return 0
	}
	return text[i+2]
}

// toVirtual translates an id on its way out of the kernel. What the space does
// not show becomes 0, as it does in a pid namespace.
func (s *supervisor) toVirtual(k abi.Kind, r int32) int32 {
	switch k {
	case abi.PIDOrGroup, abi.Owner:
		if r < 0 {
			return -s.toVirtual(abi.PGID, -r)
		}
		k = abi.TID
	}
	if r == 0 && (k == abi.PGID || k == abi.SID) {
		r = pidspace.Outer
	}
	if r <= 0 {
		return r
	}
	var v int32
	switch k {
	case abi.PGID:
		x, _ := pidspace.ToVirtual(s.space, pidspace.RPGID(r))
		v = int32(x)
	case abi.SID:
		x, _ := pidspace.ToVirtual(s.space, pidspace.RSID(r))
		v = int32(x)
	case abi.TGID:
		x, _ := pidspace.ToVirtual(s.space, pidspace.RTGID(r))
		v = int32(x)
	default:
		x, _ := pidspace.ToVirtual(s.space, pidspace.RTID(r))
		v = int32(x)
	}
	return v
}

// clock translates the id inside a CPU clock id: (~id << 3) | flags. Other
// clocks, and clocks of the caller itself, hold none
// (include/linux/posix-timers.h).
func (s *supervisor) clock(c int32, none int32, look func(int32) (int32, bool)) int32 {
	if c >= 0 || c&3 == 3 || c>>3 == -1 {
		return c
	}
	id, ok := look(^(c >> 3))
	if !ok {
		id = none
	}
	return ^id<<3 | c&7
}
