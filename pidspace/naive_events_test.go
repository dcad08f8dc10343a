package pidspace

import "slices"

// evict removes all records of r, which is about to be born.
func (m *naive) evict(r int32) {
	if p := m.proc(r); p != nil && p.id == r {
		m.retire(p)
	} else if p != nil {
		m.dropThread(p, r)
	}
	for _, p := range m.inGroup(r) {
		if p.ended() {
			m.retire(p)
		} else {
			m.setGroup(p, 0)
		}
	}
	for _, p := range m.inSession(r) {
		if p.ended() {
			m.retire(p)
		} else {
			m.setSession(p, 0)
		}
	}
	m.ungrave(r)
	if m.group.real == r {
		m.group.real = 0
	}
	if m.session.real == r {
		m.session.real = 0
	}
}

// choose returns the number for the evicted r.
func (m *naive) choose(r, want int32, process bool, by *naiveProc) (int32, error) {
	v := want
	if v == 0 && m.sought {
		return m.sequence()
	}
	if v == 0 {
		v = m.due(by, process)
	}
	if v == 0 && process && len(m.ahead) > 0 {
		v = m.ahead[0]
	}
	if v == 0 && m.c.Policy != nil {
		var err error
		if v, err = m.c.Policy.Next(m); err != nil {
			return 0, err
		}
	}
	if v != 0 {
		if v < 1 || v >= m.c.pidMax() {
			return 0, ErrRange
		}
		if m.reclaim(v); m.busy(v) {
			return 0, ErrInUse
		}
		return v, nil
	}
	if m.c.Kind == Private {
		return m.sequence()
	}
	untaken := func(v int32) bool { return !m.busy(v) && !m.keeps(v) }
	if m.image(r) != r && untaken(r) && m.stale(m.preimage(r)) {
		return r, nil
	}
	if untaken(m.image(r)) {
		return m.image(r), nil
	}
	return m.substitute()
}

// sequence walks the numbers the way the kernel does, one by one.
func (m *naive) sequence() (int32, error) {
	first := int32(1)
	if m.cursor > 300 {
		first = 300
	}
	v := m.cursor
	for range m.c.pidMax() + 1 {
		if v >= m.c.pidMax() {
			v = first
		}
		if m.Free(v) {
			m.cursor = v + 1
			return v, nil
		}
		v++
	}
	return 0, ErrExhausted
}

func (m *naive) substitute() (int32, error) {
	for range m.c.pidMax() {
		if m.evaded--; m.evaded < 1 {
			m.evaded = m.c.pidMax() - 1
		}
		if m.Free(m.evaded) {
			return m.evaded, nil
		}
	}
	return 0, ErrExhausted
}

// seat gives v to r.
func (m *naive) seat(r, v int32) {
	if m.c.Kind == Host {
		if other := m.preimage(v); other != r {
			m.ungrave(other)
			m.assign(r, v)
		}
	}
	m.taken = append(m.taken, pair{r, v})
	m.ahead = slices.DeleteFunc(m.ahead, func(a int32) bool { return a == v })
}

func (m *naive) birth(r, want int32, process bool, by *naiveProc) (int32, error) {
	if r < 1 || r > MaxPID {
		return 0, ErrRange
	}
	if r == int32(m.c.Supervisor) {
		return 0, ErrInUse
	}
	m.evict(r)
	v, err := m.choose(r, want, process, by)
	if err == nil && want == 0 {
		m.last, m.sought = v, false
	}
	return v, err
}

func (m *naive) doSetLast(v int32) error {
	if v < 0 || v > m.c.pidMax() {
		return ErrRange
	}
	m.cursor, m.last, m.sought = v+1, v, true
	return nil
}

func (m *naive) found(r, pgid, sid int32) {
	p := &naiveProc{id: r, family: m.familyOf(m.image(r))}
	if i := slices.IndexFunc(m.taken, func(t pair) bool { return t.real == r }); m.c.Kind == Private {
		p.family = m.familyOf(m.taken[i].virtual)
	}
	m.procs = append(m.procs, p)
	m.setGroup(p, m.known(pgid))
	m.setSession(p, m.known(sid))
}

// known brings a group that is in a grave back, if its number is free.
func (m *naive) known(r int32) int32 {
	if (r < 1 || r > MaxPID) && r != Outer {
		return 0
	}
	if v := m.grave(r); v != 0 && !m.busy(v) {
		m.ungrave(r)
		m.taken = append(m.taken, pair{r, v})
	}
	return r
}

func (m *naive) doRoot(r int32) (int32, error) {
	if m.rooted {
		return 0, ErrInUse
	}
	if r < 1 || r > MaxPID {
		return 0, ErrRange
	}
	if r == int32(m.c.Supervisor) {
		return 0, ErrInUse
	}
	if m.c.PGID == 0 && m.group.real == r {
		m.group.real = 0
	}
	if m.c.SID == 0 && m.session.real == r {
		m.session.real = 0
	}
	m.seat(r, int32(m.c.Root))
	m.rooted, m.last = true, int32(m.c.Root)
	m.found(r, int32(m.c.InheritedPGID), int32(m.c.InheritedSID))
	if m.c.Kind == Host {
		for _, real := range []int32{int32(m.c.Supervisor), m.group.real, m.session.real} {
			if real != 0 && (slices.Contains(m.ahead, m.image(real)) || m.planned(m.image(real))) {
				if v, err := m.substitute(); err == nil {
					m.assign(real, v)
				}
			}
		}
	}
	return int32(m.c.Root), nil
}

func (m *naive) doFork(parent, child, want int32) (int32, error) {
	p := m.proc(parent)
	if p == nil || p.id == child || parent == child {
		return 0, ErrUnknown
	}
	pgid, sid := p.pgid, p.sid
	v, err := m.birth(child, want, true, p)
	if err == nil {
		m.seat(child, v)
		m.found(child, pgid, sid)
	}
	return v, err
}

func (m *naive) doThread(of, t, want int32) (int32, error) {
	p := m.proc(of)
	if p == nil || p.id == t || of == t {
		return 0, ErrUnknown
	}
	v, err := m.birth(t, want, false, p)
	if err != nil {
		return 0, err
	}
	if m.leader(p.id) != p {
		return 0, ErrUnknown
	}
	m.seat(t, v)
	p.threads = append(p.threads, t)
	return v, nil
}

func (m *naive) doAdopt(child, pgid, sid, want int32) (int32, error) {
	if !m.rooted {
		return 0, ErrUnknown
	}
	v, err := m.birth(child, want, true, nil)
	if err == nil {
		m.seat(child, v)
		m.found(child, pgid, sid)
	}
	return v, err
}

func (m *naive) doExec(leader, former int32) {
	p := m.leader(leader)
	if p == nil {
		return
	}
	p.begun = [2]int{}
	m.dropThreads(p)
	if f := m.proc(former); f != nil && f.id != former {
		m.dropThread(f, former)
	}
	p.zombie = false
}

func (m *naive) doExit(t int32) {
	if p := m.proc(t); p != nil && p.id == t {
		p.zombie = true
	} else if p != nil {
		m.dropThread(p, t)
	}
}

func (m *naive) doReap(r int32) {
	if p := m.leader(r); p != nil {
		m.retire(p)
	}
}

func (m *naive) doSetpgid(r, g int32) {
	if g == 0 {
		g = r
	}
	if p := m.leader(r); p != nil && (valid(g) || g == Outer) {
		m.setGroup(p, m.known(g))
	}
}

func (m *naive) doSetsid(r int32) {
	if p := m.leader(r); p != nil {
		m.setSession(p, r)
		m.setGroup(p, r)
	}
}
