package tracer

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// affinityOf is the task that a call with a thread id as first argument is
// about, in real numbers.
func (s *supervisor) affinityOf(t *task) int {
	if tid := int32(t.call.args[0]); tid != 0 {
		return int(s.toReal(abi.TID, tid))
	}
	return t.tid
}

// setaffinity leaves a task alone from now on that is to have processors of its
// own choice.
func setaffinity(s *supervisor, t *task) (verdict, error) {
	t.call.ownBefore = s.placement.setOwn(s.affinityOf(t), true)
	return proceed, nil
}

// setaffinityDone takes that back if the choice was refused.
func setaffinityDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		s.placement.setOwn(s.affinityOf(t), t.call.ownBefore)
	}
	return nil
}

// setattr takes a task out of the placement that is to be scheduled by deadline:
// the kernel allows that only where a task may run on every processor of its
// domain (sched(7), SCHED_DEADLINE).
func setattr(s *supervisor, t *task) (verdict, error) {
	const policyAt, schedDeadline = 4, 6
	tid := s.affinityOf(t)
	t.call.ownBefore = s.placement.ownOf(tid)
	policy, err := readWord(t, t.call.args[1]+policyAt)
	if err == nil && policy == schedDeadline {
		s.placement.free(tid)
	}
	return proceed, err
}

// getaffinityDone hides the supervisor's placement. The result is the number
// of bytes that the kernel wrote (sched_setaffinity(2), notes).
func getaffinityDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	b := make([]byte, min(int(result), len(unix.CPUSet{})*8))
	if err := t.read(t.call.args[2], b); err != nil {
		return ignoreFault(err)
	}
	set := cpuSet(b)
	if shown := s.placement.shown(s.affinityOf(t), set); shown != set {
		return ignoreFault(t.write(t.call.args[2], cpuBytes(&shown)[:len(b)]))
	}
	return nil
}

// cpuSet reads a set as the kernel lays it out.
func cpuSet(b []byte) (set unix.CPUSet) {
	for i := range b {
		for bit := range 8 {
			if b[i]&(1<<bit) != 0 {
				set.Set(i*8 + bit)
			}
		}
	}
	return set
}

// cpuBytes lays a set out as the kernel does.
func cpuBytes(set *unix.CPUSet) []byte {
	var b []byte
	for _, w := range set {
		b = binary.LittleEndian.AppendUint64(b, uint64(w))
	}
	return b
}
