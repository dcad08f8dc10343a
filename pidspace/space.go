package pidspace

import (
	"fmt"
	"sync"
)

// Space is the id space of one tree. The zero value is not usable; [New] makes
// one. Its methods may be called from several goroutines.
type Space struct {
	// mu guards everything below, and is held while Config.Gone and the
	// policy are called.
	mu sync.RWMutex

	config Config
	// numbers has every real number that the tree uses now.
	numbers map[int32]*number
	// buried has the real numbers that it used before.
	buried tombstones
	// processes has every process, in the order of creation.
	processes list[process]
	// zombies has those whose leader has ended, the longest ended first,
	// and sweepAt says how many there must be to look which are gone.
	zombies list[process]
	sweepAt int
	// tasks counts live tasks and zombies.
	tasks int
	// rooted tells that there has been a root.
	rooted bool

	// perm is the map of the host space.
	perm permutation
	// tree is the map of a private space from virtual numbers: those that
	// the tree uses now.
	tree map[int32]*number
	// parent is the supervisor. In the host space it is set only when it is
	// presented under a number of its own choice.
	parent presented
	// group and session are what the root inherited. In the host space
	// virtual is 0 when they appear like any other outsider.
	group, session presented

	agenda   agenda
	families families
	// sequence is the policy that a private space falls back to, and any
	// space after SetLast: sought says that it decides about the next task.
	sequence sequential
	sought   bool
	// last is the number that was given last without having been asked for.
	last int32
	// evaded is where the search for a substitute number goes on.
	evaded int32
}

// New makes a space without tasks; [Space.Root] adds the first. The error is a
// [*ConfigError] or a [*PlanError] that names what is wrong and what to do.
func New(c Config) (*Space, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Space{
		config:  c,
		numbers: make(map[int32]*number),
		tree:    make(map[int32]*number),
		buried:  tombstones{limit: maxTombstones},
		agenda:  agenda{plan: c.Plan},
		evaded:  c.pidMax(),
		sweepAt: minSweep,
	}
	var err error
	if s.families, err = newFamilies(&c); err != nil {
		return nil, err
	}
	s.group, s.session = c.inherited(&s.families)
	if v := c.parent(); v != 0 {
		s.parent = presented{int32(c.Supervisor), v}
		if c.Kind == Host {
			s.perm.assign(int32(c.Supervisor), v)
		}
	}
	return s, nil
}

// Kind returns the kind of the space.
func (s *Space) Kind() Kind { return s.config.Kind }

// PIDMax returns one more than the largest id that the space gives.
func (s *Space) PIDMax() int { return int(s.config.pidMax()) }

// Root records the root process, which has the id of [Config.Root] from then
// on and is in the inherited group and session. It fails with [ErrRange] if r
// cannot be a real id and with [ErrInUse] if r is the supervisor or the space
// has had a root before.
func (s *Space) Root(r RTGID) (VTGID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooted {
		return 0, fmt.Errorf("pidspace: root %d: the space has had one: %w", r, ErrInUse)
	}
	if err := s.checkBirth(int32(r)); err != nil {
		return 0, fmt.Errorf("pidspace: root: %w", err)
	}
	// A presentation that was asked for holds even if the root turns out
	// to lead the group or session; a default one gives way to its own.
	group, session := s.group, s.session
	s.evict(int32(r))
	if s.config.PGID != 0 {
		s.group = group
	}
	if s.config.SID != 0 {
		s.session = session
	}
	n := s.seat(int32(r), int32(s.config.Root))
	s.rooted, s.last = true, int32(s.config.Root)
	s.found(n, int32(s.config.InheritedPGID), int32(s.config.InheritedSID))
	s.evade()
	return s.config.Root, nil
}

// Fork records that the process of parent, any of its threads, has created the
// process child, which begins in parent's group and session. A want other than
// 0 is the number that child must get (setforkpid, clone3's set_tid);
// otherwise the family, the plan, the policy and the kind of the space decide,
// in this order.
//
// It fails with [ErrInUse] if want is busy, [ErrRange] if it is not below
// pid_max or child cannot be a real id, [ErrUnknown] if parent is no task of
// the tree, and [ErrExhausted] if every number is busy. A planned number that
// is busy is ErrInUse, too: the plan cannot be kept. The child is not recorded
// then, but what had its real number before is gone all the same.
func (s *Space) Fork(parent RTID, child RTGID, want VTGID) (VTGID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(int32(parent))
	if p == nil || p.leader.real == int32(child) || int32(parent) == int32(child) {
		return 0, fmt.Errorf("pidspace: fork of %d by %d: parent: %w", child, parent, ErrUnknown)
	}
	// Making room for the child may show that the parent is gone.
	group, session := p.group.id(), p.session.id()
	v, err := s.place(int32(child), int32(want), true, p.kin)
	if err != nil {
		return 0, fmt.Errorf("pidspace: fork of %d by %d: %w", child, parent, err)
	}
	s.found(s.seat(int32(child), v), group, session)
	return VTGID(v), nil
}

// Adopt records a process whose creation nobody reported, because its parent
// was killed before it could: with the group and the session that the kernel
// says it has, 0 for unknown ones. Want and the errors are those of
// [Space.Fork]; [ErrUnknown] means that there is no root yet.
func (s *Space) Adopt(child RTGID, group RPGID, session RSID, want VTGID) (VTGID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.rooted {
		return 0, fmt.Errorf("pidspace: adoption of %d: root: %w", child, ErrUnknown)
	}
	v, err := s.place(int32(child), int32(want), true, nil)
	if err != nil {
		return 0, fmt.Errorf("pidspace: adoption of %d: %w", child, err)
	}
	s.found(s.seat(int32(child), v), int32(group), int32(session))
	return VTGID(v), nil
}

// Thread records that t is a new thread of the process that of belongs to.
// Plans do not apply to threads; otherwise want and the errors are those of
// [Space.Fork].
func (s *Space) Thread(of, t RTID, want VTID) (VTID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.process(int32(of))
	if p == nil || p.leader.real == int32(t) || of == t {
		return 0, fmt.Errorf("pidspace: thread %d of %d: process: %w", t, of, ErrUnknown)
	}
	v, err := s.place(int32(t), int32(want), false, p.kin)
	if err == nil && s.process(p.leader.real) != p {
		err = ErrUnknown // it was a zombie that is gone now
	}
	if err != nil {
		return 0, fmt.Errorf("pidspace: thread %d of %d: %w", t, of, err)
	}
	s.join(s.seat(int32(t), v), p)
	return VTID(v), nil
}

// place makes room for a new task with real number r, and chooses the virtual
// number that it gets; by is what is planned for its creator.
func (s *Space) place(r, want int32, process bool, by *kin) (int32, error) {
	if err := s.checkBirth(r); err != nil {
		return 0, err
	}
	s.evict(r)
	return s.choose(r, want, process, by)
}

// checkBirth tells why no task of the tree can have the real number r.
func (s *Space) checkBirth(r int32) error {
	if !valid(r) {
		return fmt.Errorf("real id %d: %w", r, ErrRange)
	}
	if r == int32(s.config.Supervisor) {
		return fmt.Errorf("real id %d is the supervisor's: %w", r, ErrInUse)
	}
	return nil
}

// seat records that r, which is evicted, is v from now on.
func (s *Space) seat(r, v int32) *number {
	n := s.number(r)
	if s.config.Kind == Private {
		n.virtual = v
		s.tree[v] = n
	} else if other := s.perm.preimage(v); other != r {
		// Whoever had v before appears as something else now.
		s.buried.drop(other)
		s.perm.assign(r, v)
	}
	s.agenda.strike(v)
	return n
}

// found makes n the leader of a new process in a group and a session.
func (s *Space) found(n *number, group, session int32) {
	p := &process{leader: n, kin: s.families.meant(s.virtualOf(n))}
	s.join(n, p)
	s.processes.push(&p.inTree, p)
	s.setGroup(p, s.known(group))
	s.setSession(p, s.known(session))
}

// virtualOf is the number that n has for the tree.
func (s *Space) virtualOf(n *number) int32 {
	if s.config.Kind == Private {
		return n.virtual
	}
	return s.perm.image(n.real)
}

// join makes n a live task of p.
func (s *Space) join(n *number, p *process) {
	n.proc, n.state = p, Live
	p.threads.push(&n.inThreads, n)
	s.tasks++
}

// number returns the record of a real number, a new one if there is none.
func (s *Space) number(real int32) *number {
	n := s.numbers[real]
	if n == nil {
		n = &number{real: real}
		s.numbers[real] = n
	}
	return n
}

// known returns the record of a group or session that some process is in, nil
// if real cannot be one. A number that was taken to be out of use is not, if a
// process is in its group: its leader is gone, but not all of its members are
// known.
func (s *Space) known(real int32) *number {
	if !gathers(real) {
		return nil
	}
	n := s.number(real)
	v, ok := s.buried.get(real)
	if !ok || s.holder(v) != holderNone {
		return n
	}
	s.buried.drop(real)
	n.state = Tombstone
	if s.config.Kind == Private {
		n.virtual = v
		s.tree[v] = n
	}
	return n
}

// process returns the process of the task real, nil if it is not in the tree.
func (s *Space) process(real int32) *process {
	if n := s.numbers[real]; n != nil {
		return n.proc
	}
	return nil
}
