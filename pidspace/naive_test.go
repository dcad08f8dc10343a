package pidspace

import (
	"errors"
	"slices"
)

// naive is the space written again the slow way, as the judge of the real one:
// lists that are searched from end to end, and a permutation that is the
// history of its changes. It shares only the policies with the product, which
// have tests of their own.
type naive struct {
	c     Config
	limit int // of graves

	rooted bool
	procs  []*naiveProc // in the order of creation
	joins  int          // counts joinings of groups and sessions

	taken  []pair // private: numbers in use by the tree
	swaps  []pair // host: the pairs of virtual numbers exchanged so far
	graves []pair // the oldest first
	ahead  []int32
	cursor int32
	evaded int32
	last   int32
	sought bool

	parent, group, session presented
}

type pair struct{ real, virtual int32 }

type naiveProc struct {
	id                   int32
	zombie               bool
	threads              []int32 // without the leader
	pgid, sid            int32   // 0 when not known
	joinedPgid, joinedID int
	// family is what is planned for it, begun how much of that is behind:
	// children, then threads.
	family *Family
	begun  [2]int
}

func newNaive(c Config, limit int) *naive {
	m := &naive{c: c, limit: limit, cursor: int32(c.Root) + 1, evaded: c.pidMax()}
	for _, s := range c.Plan.spans {
		for v := s.first; v <= s.last; v++ {
			m.ahead = append(m.ahead, v)
		}
	}
	f, err := newFamilies(&c)
	if err != nil {
		panic(err)
	}
	m.group, m.session = c.inherited(&f)
	if v := c.parent(); v != 0 {
		m.parent = presented{int32(c.Supervisor), v}
		if c.Kind == Host {
			m.assign(int32(c.Supervisor), v)
		}
	}
	return m
}

func (m *naive) image(r int32) int32 {
	for _, s := range m.swaps {
		switch r {
		case s.real:
			r = s.virtual
		case s.virtual:
			r = s.real
		}
	}
	return r
}

func (m *naive) preimage(v int32) int32 {
	for _, s := range slices.Backward(m.swaps) {
		switch v {
		case s.real:
			v = s.virtual
		case s.virtual:
			v = s.real
		}
	}
	return v
}

func (m *naive) assign(r, v int32) {
	m.swaps = append(m.swaps, pair{m.image(r), v})
}

// familyOf looks for the part of the family that is planned for v.
func (m *naive) familyOf(v int32) *Family {
	var find func(f *Family) *Family
	find = func(f *Family) *Family {
		if f.ID == VTGID(v) {
			return f
		}
		for i := range f.Children {
			if p := find(&f.Children[i]); p != nil {
				return p
			}
		}
		return nil
	}
	if m.c.Family == nil {
		return nil
	}
	return find(m.c.Family)
}

// planned tells whether somebody in the family is to have v.
func (m *naive) planned(v int32) bool {
	var has func(f *Family) bool
	has = func(f *Family) bool {
		return f.ID == VTGID(v) || slices.Contains(f.Threads, VTID(v)) ||
			slices.ContainsFunc(f.Children, func(c Family) bool { return has(&c) })
	}
	return m.c.Family != nil && has(m.c.Family)
}

// keeps tells whether v is not for who does not ask for it.
func (m *naive) keeps(v int32) bool {
	return slices.Contains(m.ahead, v) || m.planned(v) || slices.Contains(m.c.Reserved, VTID(v))
}

// due is what is planned for the next process or thread that p creates.
func (m *naive) due(p *naiveProc, process bool) int32 {
	if p == nil || p.family == nil {
		return 0
	}
	ids, n := []int32{}, &p.begun[1]
	for _, t := range p.family.Threads {
		ids = append(ids, int32(t))
	}
	if process {
		ids, n = nil, &p.begun[0]
		for _, c := range p.family.Children {
			ids = append(ids, int32(c.ID))
		}
	}
	for *n < len(ids) {
		v := ids[*n]
		*n++
		if m.reclaim(v); !m.busy(v) {
			return v
		}
	}
	return 0
}

// proc returns the process of a task.
func (m *naive) proc(t int32) *naiveProc {
	for _, p := range m.procs {
		if p.id == t || slices.Contains(p.threads, t) {
			return p
		}
	}
	return nil
}

func (m *naive) leader(t int32) *naiveProc {
	if p := m.proc(t); p != nil && p.id == t {
		return p
	}
	return nil
}

// inGroup and inSession list members in the order of joining.
func (m *naive) inGroup(g int32) []*naiveProc {
	return m.members(func(p *naiveProc) bool { return p.pgid == g },
		func(a, b *naiveProc) int { return a.joinedPgid - b.joinedPgid })
}

func (m *naive) inSession(s int32) []*naiveProc {
	return m.members(func(p *naiveProc) bool { return p.sid == s },
		func(a, b *naiveProc) int { return a.joinedID - b.joinedID })
}

func (m *naive) members(is func(*naiveProc) bool, order func(a, b *naiveProc) int) []*naiveProc {
	var ps []*naiveProc
	for _, p := range m.procs {
		if is(p) {
			ps = append(ps, p)
		}
	}
	slices.SortFunc(ps, order)
	return ps
}

// used tells whether the tree uses a real number for anything.
func (m *naive) used(r int32) bool {
	return m.proc(r) != nil || len(m.inGroup(r)) > 0 || len(m.inSession(r)) > 0
}

// behind returns the real number behind v, 0 in a private space if none is.
func (m *naive) behind(v int32) int32 {
	if m.c.Kind == Host {
		return m.preimage(v)
	}
	for _, t := range m.taken {
		if t.virtual == v {
			return t.real
		}
	}
	return 0
}

// outsider tells whether r is not, and was not, a task of the tree.
func (m *naive) outsider(r int32) bool {
	return m.proc(r) == nil && !slices.ContainsFunc(m.taken, func(t pair) bool { return t.real == r })
}

func (m *naive) busy(v int32) bool {
	if v < 1 {
		return false
	}
	if v == m.parent.virtual || v == m.group.virtual || v == m.session.virtual {
		return true
	}
	r := m.behind(v)
	if r == 0 {
		return false
	}
	if m.proc(r) != nil {
		return true
	}
	out := m.outsider(r)
	if len(m.inGroup(r)) > 0 && !(out && r == m.group.real && m.group.virtual != 0) {
		return true
	}
	return len(m.inSession(r)) > 0 && !(out && r == m.session.real && m.session.virtual != 0)
}

// reclaim retires what the kernel has released of the users of v.
func (m *naive) reclaim(v int32) {
	r := m.behind(v)
	if m.c.Gone == nil || r == 0 || !m.busy(v) ||
		v == m.parent.virtual || v == m.group.virtual || v == m.session.virtual {
		return
	}
	p := m.proc(r)
	if p != nil && (p.id != r || !p.zombie) {
		return // live
	}
	suspects := append([]*naiveProc{p}, m.inGroup(r)...)
	for _, p := range append(suspects, m.inSession(r)...) {
		if p != nil && slices.Contains(m.procs, p) && p.ended() && m.c.Gone(RTID(p.id)) {
			m.retire(p)
		}
	}
}

func (p *naiveProc) ended() bool { return p.zombie && len(p.threads) == 0 }

// Free, PIDMax and Root make naive the view of its policy.
func (m *naive) Free(v int32) bool {
	if v < 1 || v >= m.c.pidMax() || m.keeps(v) ||
		m.c.Kind == Host && m.preimage(v) == int32(m.c.Supervisor) {
		return false
	}
	m.reclaim(v)
	return !m.busy(v)
}

func (m *naive) PIDMax() int32 { return m.c.pidMax() }
func (m *naive) Root() int32   { return int32(m.c.Root) }

// bury moves numbers that are out of use to the graves.
func (m *naive) bury(r int32) {
	if m.used(r) {
		return
	}
	v := m.image(r)
	if m.c.Kind == Private {
		v = 0
	}
	i := slices.IndexFunc(m.taken, func(t pair) bool { return t.real == r })
	if i < 0 {
		return
	}
	if m.c.Kind == Private {
		v = m.taken[i].virtual
	}
	m.taken = slices.Delete(m.taken, i, i+1)
	m.ungrave(r)
	m.graves = append(m.graves, pair{r, v})
	for tries := 0; tries < 2 && len(m.graves) > m.limit; tries++ {
		m.forgetOldest()
	}
	if m.c.Policy != nil {
		m.c.Policy.Freed(v)
	}
}

func (m *naive) forgetOldest() {
	old := m.graves[0]
	m.graves = m.graves[1:]
	if m.c.Kind == Private || m.image(old.real) == old.real {
		return
	}
	if m.busy(old.real) {
		m.graves = append(m.graves, old)
		return
	}
	if other := m.preimage(old.real); m.stale(other) {
		m.ungrave(other)
		m.assign(old.real, old.real)
	}
}

func (m *naive) stale(r int32) bool {
	if m.c.Gone != nil {
		return m.c.Gone(RTID(r))
	}
	return m.grave(r) != 0
}

func (m *naive) grave(r int32) int32 {
	for _, g := range m.graves {
		if g.real == r {
			return g.virtual
		}
	}
	return 0
}

func (m *naive) ungrave(r int32) {
	m.graves = slices.DeleteFunc(m.graves, func(g pair) bool { return g.real == r })
}

func (m *naive) dropThread(p *naiveProc, t int32) {
	p.threads = slices.DeleteFunc(p.threads, func(x int32) bool { return x == t })
	m.bury(t)
}

func (m *naive) dropThreads(p *naiveProc) {
	for _, t := range slices.Clone(p.threads) {
		m.dropThread(p, t)
	}
}

func (m *naive) retire(p *naiveProc) {
	m.dropThreads(p)
	m.setGroup(p, 0)
	m.setSession(p, 0)
	m.procs = slices.DeleteFunc(m.procs, func(x *naiveProc) bool { return x == p })
	m.bury(p.id)
}

func (m *naive) setGroup(p *naiveProc, g int32) {
	if old := p.pgid; old != g {
		m.joins++
		p.pgid, p.joinedPgid = g, m.joins
		m.bury(old)
	}
}

func (m *naive) setSession(p *naiveProc, s int32) {
	if old := p.sid; old != s {
		m.joins++
		p.sid, p.joinedID = s, m.joins
		m.bury(old)
	}
}

// shown returns how r appears in the ids that w is about, 0 if it does not.
// Own tells whether the tree leads a group or session r of its own.
func (m *naive) shown(r int32, w presented, own func(int32) bool) int32 {
	if r != 0 && r == w.real && w.virtual != 0 {
		return w.virtual
	}
	if m.c.Kind == Host {
		v := m.image(r)
		if w.real != 0 && w.virtual != 0 && v == w.virtual && !own(r) {
			v = m.image(w.real)
		}
		return v
	}
	for _, t := range m.taken {
		if t.real == r {
			return t.virtual
		}
	}
	return m.grave(r)
}

// meant returns what v means in the ids that w is about, 0 for nothing: of
// all the real numbers that appear as v, the one that the tree leads, and
// never one that is only remembered.
func (m *naive) meant(v int32, w presented, own func(int32) bool, universe []int32) int32 {
	var found []int32
	for _, r := range universe {
		if m.c.Kind == Private && r != w.real && m.behind(v) != r {
			continue
		}
		if m.shown(r, w, own) == v {
			found = append(found, r)
		}
	}
	for _, r := range found {
		if r != w.real && own(r) {
			return r
		}
	}
	for _, r := range found {
		if r == w.real && w.virtual != 0 {
			return r
		}
	}
	for _, r := range found {
		return r
	}
	return 0
}

// kindOf returns the sentinel that err wraps.
func kindOf(err error) error {
	for _, k := range []error{ErrInUse, ErrRange, ErrUnknown, ErrExhausted} {
		if errors.Is(err, k) {
			return k
		}
	}
	return err
}
