package pidspace

// An Entry is a process of the tree under both its numbers.
type Entry struct {
	Real    RTGID
	Virtual VTGID
	// PGID and SID are the group and the session as the tree sees them, 0
	// for those that are not known or that the space does not show.
	PGID VPGID
	SID  VSID
	// Zombie tells that the process has ended and was not collected.
	Zombie bool
	// Threads counts the tasks, the leader included.
	Threads int
}

// Table returns the processes of the tree, zombies included, in the order of
// their creation: all as they are at one moment.
func (s *Space) Table() []Entry {
	s.mu.RLock()
	defer s.mu.RUnlock()
	entries := make([]Entry, 0, s.processes.len)
	groups, sessions := presentedAs[PGID](s), presentedAs[SID](s)
	for e := s.processes.first; e != nil; e = e.next {
		p := e.of
		v, _ := s.toVirtual(p.leader.real, presentedAs[TGID](s))
		group, _ := s.toVirtual(p.group.id(), groups)
		session, _ := s.toVirtual(p.session.id(), sessions)
		entries = append(entries, Entry{
			Real: RTGID(p.leader.real), Virtual: VTGID(v), PGID: VPGID(group), SID: VSID(session),
			Zombie: p.ended(), Threads: p.threads.len,
		})
	}
	return entries
}
