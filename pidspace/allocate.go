package pidspace

import "fmt"

// holder says what keeps a virtual number from being given to a new task.
type holder uint8

const (
	holderNone holder = iota
	holderTask
	holderZombie
	holderGroup
	holderSession
	holderSupervisor
	holderInherited
)

// holderNames complete the sentence "number N is in use by ...".
var holderNames = [...]string{
	holderTask:       "a task of the tree",
	holderZombie:     "a zombie of the tree",
	holderGroup:      "a process group of the tree",
	holderSession:    "a session of the tree",
	holderSupervisor: "the supervisor",
	holderInherited:  "the group or session that the root inherited",
}

// choose decides which number a new task with real number r gets, whose creator
// has the plans by; r itself is evicted already.
func (s *Space) choose(r, want int32, process bool, by *kin) (int32, error) {
	if want != 0 {
		return want, s.claim(want)
	}
	v, err := s.next(r, process, by)
	if err == nil {
		s.last, s.sought = v, false
	}
	return v, err
}

// next is choose for a task that asks for no number.
func (s *Space) next(r int32, process bool, by *kin) (int32, error) {
	if s.sought {
		return s.sequence.Next(numbers{s})
	}
	if v := s.due(by, process); v != 0 {
		return v, nil
	}
	if process {
		if v := s.agenda.next(); v != 0 {
			return v, s.claim(v)
		}
	}
	if s.config.Policy != nil {
		v, err := s.config.Policy.Next(numbers{s})
		if err != nil {
			return 0, err
		}
		if v != 0 {
			return v, s.claim(v)
		}
	}
	if s.config.Kind == Private {
		return s.sequence.Next(numbers{s})
	}
	return s.natural(r)
}

// claim tells why v cannot be given to somebody who names it.
func (s *Space) claim(v int32) error {
	if v < 1 || v >= s.config.pidMax() {
		return fmt.Errorf("number %d is not in 1 to %d: %w", v, s.config.pidMax()-1, ErrRange)
	}
	if h := s.reclaim(v); h != holderNone {
		return fmt.Errorf("number %d is in use by %s: %w", v, holderNames[h], ErrInUse)
	}
	return nil
}

// holder tells what has the virtual number v. Plans do not count.
func (s *Space) holder(v int32) holder {
	switch {
	case v < 1:
		return holderNone
	case v == s.parent.virtual:
		return holderSupervisor
	case v == s.group.virtual || v == s.session.virtual:
		// The root may have the same number; it is taken either way.
		return holderInherited
	}
	n := s.user(v)
	switch {
	case n == nil:
		return holderNone
	case n.state == Live:
		return holderTask
	case n.state == Zombie:
		return holderZombie
	case n.group.len > 0 && !s.group.replaces(n):
		return holderGroup
	case n.session.len > 0 && !s.session.replaces(n):
		return holderSession
	}
	return holderNone
}

// replaces tells whether n is the outsider that p presents differently, so
// that the tree does not know n by its common number.
func (p presented) replaces(n *number) bool {
	return n.state == Unknown && n.real == p.real && p.virtual != 0
}

// user returns what the tree uses v for, nil if it does not.
func (s *Space) user(v int32) *number {
	if s.config.Kind == Private {
		return s.tree[v]
	}
	return s.numbers[s.perm.preimage(v)]
}

// reclaim is holder, but first looks whether v is held only by zombies that
// the kernel has released meanwhile, and retires these.
func (s *Space) reclaim(v int32) holder {
	h := s.holder(v)
	if s.config.Gone == nil {
		return h
	}
	switch h {
	case holderZombie, holderGroup, holderSession:
		n := s.user(v)
		if n.leads() {
			s.retireGone(n.proc)
		}
		s.retireAllGone(&n.group)
		s.retireAllGone(&n.session)
		return s.holder(v)
	}
	return h
}

// retireGone retires p if it is a zombie that the kernel has released.
func (s *Space) retireGone(p *process) {
	if p.ended() && s.config.Gone(RTID(p.leader.real)) {
		s.retire(p)
	}
}

// retireAllGone retires the members of one group or session that are zombies
// and released. A retirement removes no other process from the list.
func (s *Space) retireAllGone(l *list[process]) {
	for e := l.first; e != nil; {
		p := e.of
		e = e.next
		s.retireGone(p)
	}
}

// free tells whether v may be given to a task that does not name it. In the
// host space the supervisor keeps its number then: no getppid changes by
// chance.
func (s *Space) free(v int32) bool {
	if v < 1 || v >= s.config.pidMax() || s.spokenFor(v) {
		return false
	}
	if s.config.Kind == Host && s.perm.preimage(v) == int32(s.config.Supervisor) {
		return false
	}
	return s.reclaim(v) == holderNone
}

// numbers is the view of a space that a policy has.
type numbers struct{ s *Space }

func (n numbers) Free(v int32) bool { return n.s.free(v) }
func (n numbers) PIDMax() int32     { return n.s.config.pidMax() }
func (n numbers) Root() int32       { return int32(n.s.config.Root) }

// natural chooses for a task of the host space that has no number chosen for
// it: its real number if that can be, else what the permutation has for it.
func (s *Space) natural(r int32) (int32, error) {
	v := s.perm.image(r)
	if v != r && s.untaken(r) && s.stale(s.perm.preimage(r)) {
		return r, nil
	}
	if s.untaken(v) {
		return v, nil
	}
	return s.substitute()
}

// spokenFor tells whether v is planned for somebody, or reserved.
func (s *Space) spokenFor(v int32) bool { return s.agenda.pending(v) || s.families.has(v) }

// untaken tells whether v is neither in use nor planned.
func (s *Space) untaken(v int32) bool {
	return !s.spokenFor(v) && s.holder(v) == holderNone
}

// stale tells whether how the real number y appears matters to nobody: the
// tree does not use it, as the caller has found, and no other task has it.
// Without Gone a tombstone is taken as the proof of that.
func (s *Space) stale(y int32) bool {
	if s.config.Gone != nil {
		return s.config.Gone(RTID(y))
	}
	_, ok := s.buried.get(y)
	return ok
}

// substitute finds a number of the host space for something whose own number
// is needed elsewhere. It looks from the top down: the kernel issues those
// numbers last, so that few outsiders have to make way.
func (s *Space) substitute() (int32, error) {
	for range s.config.pidMax() {
		s.evaded--
		if s.evaded < 1 {
			s.evaded = s.config.pidMax() - 1
		}
		if s.free(s.evaded) {
			return s.evaded, nil
		}
	}
	return 0, ErrExhausted
}

// evade moves the outsiders that the root sees from the start, its parent,
// group and session, away from numbers that the plan will need. Which numbers
// they really have is chance; a plan must not fail by it.
func (s *Space) evade() {
	if s.config.Kind != Host {
		return
	}
	for _, real := range []int32{
		int32(s.config.Supervisor), s.group.real, s.session.real,
	} {
		if v := s.perm.image(real); real == 0 || !s.agenda.pending(v) && !s.families.plans(v) {
			continue
		}
		if v, err := s.substitute(); err == nil {
			s.perm.assign(real, v)
		}
	}
}
