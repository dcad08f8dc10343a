package pidspace

import "slices"

// compare holds the whole visible state against the judge's.
func (x *trial) compare(t failer, did string) {
	s, m := x.space, x.judge
	tasks := 0
	var processes []RTGID
	for _, p := range m.procs {
		tasks += 1 + len(p.threads)
		processes = append(processes, RTGID(p.id))
	}
	if got := s.Processes(); !slices.Equal(got, processes) {
		t.Fatalf("after %s: Processes = %v, want %v", did, got, processes)
	}
	if got := s.Len(); got != tasks {
		t.Fatalf("after %s: Len = %d, want %d", did, got, tasks)
	}
	for i, e := range s.Table() {
		p := m.procs[i]
		v, _ := ToVirtual(s, e.Real)
		group, _ := ToVirtual(s, RPGID(p.pgid))
		session, _ := ToVirtual(s, RSID(p.sid))
		want := Entry{RTGID(p.id), v, group, session, p.zombie && len(p.threads) == 0, 1 + len(p.threads)}
		if e != want || len(s.Table()) != len(m.procs) {
			t.Fatalf("after %s: entry %d of the table is %+v, want %+v", did, i, e, want)
		}
	}
	for _, r := range reals {
		x.compareReal(t, did, r)
	}
	for _, v := range slices.Concat(reals, wants) {
		if got, want := s.Busy(v), m.busy(v); got != want {
			t.Fatalf("after %s: Busy(%d) = %v, want %v", did, v, got, want)
		}
		x.compareVirtual(t, did, v)
	}
	// Those that wait for a number that is in use or reserved exceed the limit.
	most := graveLimit + len(s.numbers) + 3
	if got := len(s.buried.at); got != len(m.graves) || got > most {
		t.Fatalf("after %s: %d tombstones, want %d, at most %d", did, got, len(m.graves), most)
	}
}

// compareReal compares what is known of one real number.
func (x *trial) compareReal(t failer, did string, r int32) {
	s, m := x.space, x.judge
	var tgid RTGID
	var pgid RPGID
	var sid RSID
	state := Unknown
	var threads []RTID
	switch p := m.proc(r); {
	case p != nil:
		tgid, pgid, sid, state = RTGID(p.id), RPGID(p.pgid), RSID(p.sid), Live
		if p.id == r {
			threads = append(threads, RTID(r))
			for _, t := range p.threads {
				threads = append(threads, RTID(t))
			}
			if p.zombie {
				state = Zombie
			}
		}
	case m.grave(r) != 0 || !m.outsider(r):
		state = Tombstone
	}
	if s.Tgid(RTID(r)) != tgid || s.Pgid(RTID(r)) != pgid || s.Sid(RTID(r)) != sid ||
		s.State(RTID(r)) != state || !slices.Equal(s.Threads(RTGID(r)), threads) {
		t.Fatalf("after %s: %d is %v of %d, group %d, session %d, threads %v; want %v of %d, %d, %d, %v", did, r,
			s.State(RTID(r)), s.Tgid(RTID(r)), s.Pgid(RTID(r)), s.Sid(RTID(r)), s.Threads(RTGID(r)),
			state, tgid, pgid, sid, threads)
	}
	var group []RTGID
	if valid(r) || r == Outer {
		for _, p := range m.inGroup(r) {
			group = append(group, RTGID(p.id))
		}
	}
	if got := s.Members(RPGID(r)); !slices.Equal(got, group) {
		t.Fatalf("after %s: Members(%d) = %v, want %v", did, r, got, group)
	}
	compareToVirtual(t, did, x, RTID(r), m.processView())
	compareToVirtual(t, did, x, RTGID(r), m.processView())
	compareToVirtual(t, did, x, RPGID(r), m.groupView())
	compareToVirtual(t, did, x, RSID(r), m.sessionView())
}

func (x *trial) compareVirtual(t failer, did string, v int32) {
	compareToReal(t, did, x, VTID(v), x.judge.processView())
	compareToReal(t, did, x, VTGID(v), x.judge.processView())
	compareToReal(t, did, x, VPGID(v), x.judge.groupView())
	compareToReal(t, did, x, VSID(v), x.judge.sessionView())
}

// naiveView is the judge's notion of one kind of ids.
type naiveView struct {
	presented
	own   func(int32) bool
	outer int32 // what an Outer is shown as that is not presented
}

func (m *naive) processView() naiveView {
	w := naiveView{own: func(int32) bool { return false }, outer: Outer}
	if m.c.Kind == Private {
		w.presented = m.parent
	}
	return w
}

func (m *naive) groupView() naiveView {
	return naiveView{m.group, func(r int32) bool { return r != 0 && len(m.inGroup(r)) > 0 }, 0}
}

func (m *naive) sessionView() naiveView {
	return naiveView{m.session, func(r int32) bool { return r != 0 && len(m.inSession(r)) > 0 }, 0}
}

func compareToVirtual[K IDKind](t failer, did string, x *trial, r Real[K], w naiveView) {
	want := x.judge.shown(int32(r), w.presented, w.own)
	if want == Outer {
		want = w.outer
	}
	got, ok := ToVirtual(x.space, r)
	if int32(got) != want || ok != (x.judge.c.Kind == Host || want != 0) {
		t.Fatalf("after %s: ToVirtual(%T %d) = %d, %v; want %d", did, r, r, got, ok, want)
	}
}

func compareToReal[K IDKind](t failer, did string, x *trial, v Virtual[K], w naiveView) {
	universe := append(slices.Clone(reals), x.judge.preimage(int32(v)), x.judge.preimage(w.virtual))
	want := x.judge.meant(int32(v), w.presented, w.own, universe)
	if want == 0 {
		// Nothing appears as v in this kind of ids, but a group may be
		// founded under the number of its leader.
		want = x.judge.behind(int32(v))
	}
	got, ok := ToReal(x.space, v)
	if int32(got) != want || ok != (x.judge.c.Kind == Host || want != 0) {
		t.Fatalf("after %s: ToReal(%T %d) = %d, %v; want %d", did, v, v, got, ok, want)
	}
}

// invariants checks what must hold whatever the rules say in detail.
func (x *trial) invariants(t failer, did string) {
	s := x.space
	owner := map[int32]int32{}
	live := map[int32]int32{}
	for _, p := range s.Processes() {
		for _, r := range s.Threads(p) {
			v, ok := ToVirtual(s, r)
			if !ok || v == 0 {
				t.Fatalf("after %s: member %d has no number", did, r)
			}
			if other, taken := owner[int32(v)]; taken {
				t.Fatalf("after %s: %d and %d both are %d", did, other, r, v)
			}
			owner[int32(v)] = int32(r)
			live[int32(r)] = int32(v)
			if back, ok := ToReal(s, v); back != r || !ok {
				t.Fatalf("after %s: %d is %d, but that is %d", did, r, v, back)
			}
			if back, ok := ToReal(s, VTGID(v)); back != RTGID(r) || !ok {
				t.Fatalf("after %s: process %d is %d, but that is %d", did, r, v, back)
			}
		}
		roundTrip(t, did, s, s.Pgid(RTID(p)), s.group)
		roundTrip(t, did, s, s.Sid(RTID(p)), s.session)
	}
	for r, v := range x.born {
		if now, ok := live[r]; ok && now != v && s.State(RTID(r)) != Unknown {
			t.Fatalf("after %s: %d was %d and is %d now", did, r, v, now)
		}
	}
	x.born = live
	if s.Kind() == Host {
		x.bijection(t, did)
	}
}

// roundTrip checks a group or session of a member. One that the root inherited
// may share its number with one that the root leads itself.
func roundTrip[K IDKind](t failer, did string, s *Space, id Real[K], inherited presented) {
	if id == 0 {
		return
	}
	v, ok := ToVirtual(s, id)
	if !ok {
		if s.State(RTID(id)) == Unknown {
			return // an outsider's
		}
		t.Fatalf("after %s: %T %d has no number", did, id, id)
	}
	if id == Outer && v == 0 {
		return // not presented
	}
	back, ok := ToReal(s, v)
	if int32(id) == inherited.real && back != id && ok {
		return
	}
	if s.State(RTID(id)) == Tombstone && s.numbers[int32(id)].state == Unknown {
		return // out of use when it was seen last, and issued again since
	}
	if back != id || !ok {
		t.Fatalf("after %s: %T %d is %d, but that is %d", did, id, id, v, back)
	}
}

// bijection checks the host map where anything can have happened to it.
func (x *trial) bijection(t failer, did string) {
	s := x.space
	if len(s.perm.images) != len(s.perm.preimages) {
		t.Fatalf("after %s: %d images and %d preimages", did, len(s.perm.images), len(s.perm.preimages))
	}
	for r, v := range s.perm.images {
		if r == v || s.perm.preimages[v] != r {
			t.Fatalf("after %s: %d is %d, which is %d", did, r, v, s.perm.preimages[v])
		}
	}
}
