package pidspace

// Tgid returns the process that the task t belongs to, 0 when t is not in the
// tree.
func (s *Space) Tgid(t RTID) RTGID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.process(int32(t)); p != nil {
		return RTGID(p.leader.real)
	}
	return 0
}

// Pgid returns the group of the process that the task t belongs to, 0 when t is
// not in the tree or the group is not known. A zombie still is in its group.
func (s *Space) Pgid(t RTID) RPGID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.process(int32(t)); p != nil {
		return RPGID(p.group.id())
	}
	return 0
}

// Sid returns the session of the process that the task t belongs to, 0 when t
// is not in the tree or the session is not known. A zombie still is in its
// session.
func (s *Space) Sid(t RTID) RSID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p := s.process(int32(t)); p != nil {
		return RSID(p.session.id())
	}
	return 0
}

// Processes returns the processes of the tree, zombies included, in the order
// of their creation.
func (s *Space) Processes() []RTGID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return leaders(&s.processes)
}

// Members returns the processes of the tree that are in group g, zombies
// included, in the order in which they joined it. Processes outside the tree
// may be in the group as well.
func (s *Space) Members(g RPGID) []RTGID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if n := s.numbers[int32(g)]; n != nil {
		return leaders(&n.group)
	}
	return nil
}

// leaders returns the ids of the processes in l.
func leaders(l *list[process]) []RTGID {
	ids := make([]RTGID, 0, l.len)
	for e := l.first; e != nil; e = e.next {
		ids = append(ids, RTGID(e.of.leader.real))
	}
	return ids
}

// Threads returns the tasks of process p in the order of their creation. The
// leader comes first, also when it has ended before the others.
func (s *Space) Threads(p RTGID) []RTID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := s.numbers[int32(p)]
	if n == nil || !n.leads() {
		return nil
	}
	ids := make([]RTID, 0, n.proc.threads.len)
	for e := n.proc.threads.first; e != nil; e = e.next {
		ids = append(ids, RTID(e.of.real))
	}
	return ids
}

// State returns what is known of the task with real number t.
func (s *Space) State(t RTID) TaskState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if n := s.numbers[int32(t)]; n != nil && n.state != Unknown {
		return n.state
	}
	if _, ok := s.buried.get(int32(t)); ok {
		return Tombstone
	}
	return Unknown
}

// Busy tells whether the virtual number v cannot be given to a new task: the
// tree uses it as a task, zombie, group or session, or it is kept for the
// supervisor or for what the root inherited. Numbers that are merely planned
// are not busy, nor are those of outsiders in the host space.
func (s *Space) Busy(v int32) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.holder(v) != holderNone
}

// Taken is Busy, but first looks whether v is held only by zombies that the
// kernel has released meanwhile, and retires these, as [Space.Fork] does.
func (s *Space) Taken(v int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reclaim(v) != holderNone
}

// Len returns the number of tasks in the tree: live threads and zombies.
func (s *Space) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tasks
}
