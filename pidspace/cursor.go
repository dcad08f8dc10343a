package pidspace

import "fmt"

// SetLast makes v the number that was given last, as a write to
// /proc/sys/kernel/ns_last_pid does: the next task, process or thread, that
// does not ask for a number gets the lowest free one after v, even if another
// is planned. A private space goes on from there. In the host space the
// tasks after that get their numbers as ever, since the kernel's own place in
// its numbers has not changed. It fails with [ErrRange] if v is not 0 to
// pid_max.
func (s *Space) SetLast(v VTID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v < 0 || int32(v) > s.config.pidMax() {
		return fmt.Errorf("pidspace: last number %d is not in 0 to %d: %w", v, s.config.pidMax(), ErrRange)
	}
	s.sequence.next = int32(v) + 1
	s.last, s.sought = int32(v), true
	return nil
}

// Last returns the number that was given last to a task that did not ask for
// one, or what [Space.SetLast] has put in its place. The host space knows it
// only between SetLast and the task after it; otherwise that is the kernel's
// to say, and Last is false.
func (s *Space) Last() (VTID, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return VTID(s.last), s.config.Kind == Private || s.sought
}
