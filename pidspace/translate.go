package pidspace

// ToVirtual translates a real number. In the host space the answer is always
// true: an outsider appears under its image. In a private space it is false for
// outsiders, except for the supervisor (as TID and TGID), the inherited group
// (as PGID) and the inherited session (as SID), each in these kinds only: one
// real number may be presented differently as a process and as a group. An
// [Outer] group or session that is not presented is 0 in both.
// Numbers that cannot be ids, zero above all, are left as they are in the host
// space and false in a private one.
func ToVirtual[K IDKind](s *Space, r Real[K]) (Virtual[K], bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.toVirtual(int32(r), presentedAs[K](s))
	return Virtual[K](v), ok
}

// ToReal translates a virtual number. In the host space the answer is always
// true, and for numbers that mean nothing to the tree the kernel finds out
// whether they exist. In a private space it is false for numbers that the tree
// does not use now; numbers whose tasks are gone are not translated in this
// direction, because the kernel may have given the real ones to others.
func ToReal[K IDKind](s *Space, v Virtual[K]) (Real[K], bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.toReal(int32(v), presentedAs[K](s))
	return Real[K](r), ok
}

// view is how one kind of ids deviates from the common map: which outsider is
// presented under a number of its own, and whether the tree can take that
// number over by leading a group or session of its own.
type view struct {
	presented
	members func(*number) int
}

// presentedAs returns the view of one kind of ids.
func presentedAs[K IDKind](s *Space) view {
	var k K
	switch any(k).(type) {
	case PGID:
		return view{s.group, (*number).groupMembers}
	case SID:
		return view{s.session, (*number).sessionMembers}
	}
	if s.config.Kind == Host {
		return view{} // the permutation has it
	}
	return view{s.parent, (*number).noMembers}
}

func (n *number) groupMembers() int   { return n.group.len }
func (n *number) sessionMembers() int { return n.session.len }
func (n *number) noMembers() int      { return 0 }

func (s *Space) toVirtual(r int32, w view) (int32, bool) {
	if r == w.real && r != 0 && w.virtual != 0 {
		return w.virtual, true
	}
	if s.config.Kind == Host {
		v := s.perm.image(r)
		if w.real != 0 && v == w.virtual && v != 0 && !s.leadsOwn(r, w) {
			v = s.perm.image(w.real)
		}
		if v == Outer && w.members != nil {
			v = 0 // as the kernel shows it
		}
		return v, true
	}
	if n := s.numbers[r]; n != nil && n.virtual != 0 {
		return n.virtual, true
	}
	return s.buried.get(r)
}

func (s *Space) toReal(v int32, w view) (int32, bool) {
	if s.config.Kind == Private {
		n := s.tree[v]
		if w.real != 0 && v == w.virtual && (n == nil || w.members(n) == 0) {
			return w.real, true
		}
		if n == nil {
			return 0, false
		}
		return n.real, true
	}
	r := s.perm.preimage(v)
	if w.real == 0 || w.virtual == 0 {
		return r, true
	}
	other := s.perm.preimage(w.virtual)
	switch {
	case v == w.virtual && !s.leadsOwn(r, w):
		return w.real, true
	case r == w.real && v != w.virtual && !s.leadsOwn(other, w):
		return other, true
	}
	return r, true
}

// leadsOwn tells whether the real number r is a group or session, as w says,
// of the tree's own. The root may be, while an inherited one is presented
// under its number; then its own one goes first.
func (s *Space) leadsOwn(r int32, w view) bool {
	n := s.numbers[r]
	return n != nil && r != w.real && w.members(n) > 0
}
