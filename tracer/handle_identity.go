package tracer

import (
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// processID is the virtual id of a process.
func (s *supervisor) processID(p *process) int32 {
	return s.toVirtual(abi.TGID, int32(p.pid))
}

func getpid(s *supervisor, t *task) (verdict, error) {
	return answer(int64(s.processID(t.proc))), nil
}

func gettid(_ *supervisor, t *task) (verdict, error) {
	return answer(int64(t.virtual)), nil
}

func getpgrp(s *supervisor, t *task) (verdict, error) {
	g := s.space.Pgid(pidspace.RTID(t.proc.pid))
	return answer(int64(s.toVirtual(abi.PGID, int32(g)))), nil
}

// getpgidOf answers for the caller itself. Groups change only by calls of the
// tree, so the space knows them.
func getpgidOf(s *supervisor, t *task) (verdict, error) {
	if int32(t.call.args[0]) == 0 {
		return getpgrp(s, t)
	}
	return proceed, nil
}

func getsidOf(s *supervisor, t *task) (verdict, error) {
	if int32(t.call.args[0]) != 0 {
		return proceed, nil
	}
	sid := s.space.Sid(pidspace.RTID(t.proc.pid))
	return answer(int64(s.toVirtual(abi.SID, int32(sid)))), nil
}

// setpgidDone follows the kernel: 0 as process is the caller, 0 as group is
// the process (setpgid(2)).
func setpgidDone(s *supervisor, t *task, result int64) error {
	if result != 0 {
		return nil
	}
	pid, group := int32(t.call.sent[0]), int32(t.call.sent[1])
	if pid == 0 {
		pid = int32(t.proc.pid)
	}
	if group == 0 {
		group = pid
	}
	s.space.Setpgid(pidspace.RTGID(pid), pidspace.RPGID(group))
	return nil
}

func setsidDone(s *supervisor, t *task, result int64) error {
	if !failed(result) {
		s.space.Setsid(pidspace.RTGID(t.proc.pid))
	}
	return nil
}
