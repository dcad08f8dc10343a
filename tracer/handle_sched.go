package tracer

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// affinityOf is the task that a call with a thread id as first argument is
// about, in real numbers.
func affinityOf(t *task) int {
	if tid := int(int32(t.call.sent[0])); tid != 0 {
		return tid
	}
	return t.tid
}

// setaffinityDone leaves a task alone from now on that has chosen its
// processors.
func setaffinityDone(s *supervisor, t *task, result int64) error {
	if result == 0 {
		s.placement.setOwn(affinityOf(t))
	}
	return nil
}

// getaffinityDone hides the supervisor's placement. The result is the number
// of bytes that the kernel wrote (sched_setaffinity(2), notes).
func getaffinityDone(s *supervisor, t *task, result int64) error {
	set, hidden := s.placement.hidden(affinityOf(t))
	if !hidden || failed(result) {
		return nil
	}
	b := cpuBytes(&set)
	return ignoreFault(ptrace.Write(t.tid, t.call.args[2], b[:min(len(b), int(result))]))
}

// cpuBytes lays a set out as the kernel does.
func cpuBytes(set *unix.CPUSet) []byte {
	var b []byte
	for _, w := range set {
		b = binary.LittleEndian.AppendUint64(b, uint64(w))
	}
	return b
}
