package pidspace

// Exec records an execve by the thread former of the process of leader. Every
// other thread vanishes, former's number with them, and the caller goes on
// under the number of the leader, which is live even if it had ended before
// (de_thread in fs/exec.c). An unknown leader changes nothing.
func (s *Space) Exec(leader RTGID, former RTID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[int32(leader)]
	if n == nil || !n.leads() {
		return
	}
	n.proc.kin.begin()
	s.releaseThreads(n.proc)
	// A former that is recorded elsewhere is stale all the same: the
	// kernel has just released that number.
	if f := s.numbers[int32(former)]; f != nil && f != n && f.proc != nil && !f.leads() {
		s.release(f)
	}
	s.revive(n)
}

// Exit records that a task has ended and its tracer has seen it. A thread is
// gone; a thread group leader becomes a zombie, whose number stays busy until
// [Space.Reap]. An unknown task changes nothing.
//
// Not every collection of a zombie is seen: a parent may ignore SIGCHLD, or
// wait in ways that are not worth a stop. Numbers of such zombies come free
// when the kernel issues them again, when somebody needs them and [Config.Gone]
// confirms, and, if there is a Gone, in sweeps that keep the records in
// proportion to the zombies that there are.
func (s *Space) Exit(t RTID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[int32(t)]
	switch {
	case n == nil || n.proc == nil:
	case n.leads():
		if n.state == Live {
			n.state = Zombie
			s.zombies.push(&n.proc.inZombies, n.proc)
			s.sweep()
		}
	default:
		s.release(n)
	}
}

// Reap records that a process has been collected by its parent or reaper, or
// by the kernel because nobody wanted to. Its number is free unless it is still
// the group or session of another process. An unknown process changes nothing.
func (s *Space) Reap(p RTGID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.numbers[int32(p)]; n != nil && n.leads() {
		s.retire(n.proc)
	}
}

// Setpgid records that process p is in group g now; as with setpgid(2), a g of
// 0 is p itself. An unknown process changes nothing.
func (s *Space) Setpgid(p RTGID, g RPGID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[int32(p)]
	if g == 0 {
		g = RPGID(p)
	}
	if n == nil || !n.leads() || !gathers(int32(g)) {
		return
	}
	s.setGroup(n.proc, s.known(int32(g)))
}

// Setsid records that process p leads a session and a group of its own now. An
// unknown process changes nothing.
func (s *Space) Setsid(p RTGID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.numbers[int32(p)]
	if n == nil || !n.leads() {
		return
	}
	s.setSession(n.proc, n)
	s.setGroup(n.proc, n)
}

// setGroup moves p to another group; nil is an unknown one.
func (s *Space) setGroup(p *process, g *number) {
	old := p.group
	if old == g {
		return
	}
	if old != nil {
		old.group.remove(&p.inGroup)
	}
	p.group = g
	if g != nil {
		g.group.push(&p.inGroup, p)
	}
	s.settle(old)
}

// setSession moves p to another session; nil is an unknown one.
func (s *Space) setSession(p *process, n *number) {
	old := p.session
	if old == n {
		return
	}
	if old != nil {
		old.session.remove(&p.inSession)
	}
	p.session = n
	if n != nil {
		n.session.push(&p.inSession, p)
	}
	s.settle(old)
}

// retire takes a process out of the tree.
func (s *Space) retire(p *process) {
	s.releaseThreads(p)
	s.revive(p.leader)
	s.processes.remove(&p.inTree)
	s.setGroup(p, nil)
	s.setSession(p, nil)
	s.release(p.leader)
}

// releaseThreads takes all threads of p but the leader out of the tree.
func (s *Space) releaseThreads(p *process) {
	for e := p.threads.first; e != nil; {
		n := e.of
		e = e.next
		if n != p.leader {
			s.release(n)
		}
	}
}

// revive makes the leader n of a process live, so that it is not among the
// zombies any longer.
func (s *Space) revive(n *number) {
	if n.state == Zombie {
		n.state = Live
		s.zombies.remove(&n.proc.inZombies)
	}
}

// minSweep is how many zombies are worth a sweep.
const minSweep = 256

// sweep looks from time to time which zombies the kernel has released.
func (s *Space) sweep() {
	if s.zombies.len < s.sweepAt || s.config.Gone == nil {
		return
	}
	for e := s.zombies.first; e != nil; {
		p := e.of
		e = e.next
		s.retireGone(p)
	}
	s.sweepAt = max(minSweep, 2*s.zombies.len)
}

// release takes one task out of the tree.
func (s *Space) release(n *number) {
	n.proc.threads.remove(&n.inThreads)
	n.proc, n.state = nil, Tombstone
	s.tasks--
	s.settle(n)
}

// settle forgets a number, which may be nil, if the tree no longer uses it.
func (s *Space) settle(n *number) {
	if n == nil || n.busy() {
		return
	}
	delete(s.numbers, n.real)
	if n.state == Tombstone {
		v := s.perm.image(n.real)
		if s.config.Kind == Private {
			v = n.virtual
			delete(s.tree, v)
		}
		s.bury(n.real, v)
		if s.config.Policy != nil {
			s.config.Policy.Freed(v)
		}
	}
}

// evict makes room for the birth of a task with real number r. That the kernel
// issues r proves that nothing used it any more, whatever is recorded: the
// task that had it is gone, and so are the zombies that had it as their group
// or session. A live process that is recorded in such a group is in another
// one, which is not known.
func (s *Space) evict(r int32) {
	if n := s.numbers[r]; n != nil {
		if n.leads() {
			s.retire(n.proc)
		} else if n.proc != nil {
			s.release(n)
		}
		s.dissolve(n)
	}
	s.buried.drop(r)
	if s.group.real == r {
		s.group.real = 0
	}
	if s.session.real == r {
		s.session.real = 0
	}
}

// dissolve empties the group and the session n.
func (s *Space) dissolve(n *number) {
	for n.group.len > 0 {
		p := n.group.first.of
		if p.ended() {
			s.retire(p)
		} else {
			s.setGroup(p, nil)
		}
	}
	for n.session.len > 0 {
		p := n.session.first.of
		if p.ended() {
			s.retire(p)
		} else {
			s.setSession(p, nil)
		}
	}
}

// bury remembers a number that the tree has stopped using, and forgets the
// oldest ones beyond the limit.
func (s *Space) bury(real, virtual int32) {
	s.buried.put(real, virtual)
	for tries := 2; tries > 0 && s.buried.full(); tries-- {
		s.unbury(s.buried.oldest())
	}
}

// unbury forgets a tombstone. In the host space its number goes back to being
// itself, so that the map does not grow with every number ever chosen: unless
// a live outsider appears as that number, which would not keep still; and
// while the tree uses that number, the tombstone waits for another turn. A
// younger tombstone that appears as that number is forgotten with this one.
func (s *Space) unbury(real int32) {
	v, _ := s.buried.get(real)
	s.buried.drop(real)
	if s.config.Kind != Host || s.perm.image(real) == real {
		return
	}
	other := s.perm.preimage(real)
	switch {
	case s.holder(real) != holderNone:
		s.buried.put(real, v)
	case s.stale(other):
		s.buried.drop(other)
		s.perm.assign(real, real)
	}
}
