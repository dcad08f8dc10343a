package abi

// StopCond says which calls of r the supervisor must see: those that could
// carry an id, those whose paths may lead into /proc, and those that r.Stop
// or a case names, and those that the mode adds. It reports false when none
// does, or when arch lacks the call.
//
// Lazy rows are treated like all others; whoever builds a first filter leaves
// them out.
func StopCond(r Row, arch Arch, m Mode) (Cond, bool) {
	if r.NR[arch] < 0 {
		return nil, false
	}
	var alternatives []Cond
	add := func(c Cond) {
		if c != nil {
			alternatives = append(alternatives, c)
		}
	}
	add(r.Stop)
	if len(r.Paths) > 0 {
		add(allOf(r.PathsWhen))
	}
	for _, c := range r.Cases {
		add(c.When)
	}
	for i := range r.Uses {
		add(r.Uses[i].cond())
	}
	if m.Strict {
		add(r.Leak)
	}
	if m.Creds {
		add(r.credsCond())
	}
	if len(alternatives) == 0 {
		return nil, false
	}
	return anyOf(alternatives...), true
}

// QuietCond is what limits the calls that stop to, while Quiet counts.
func (r *Row) QuietCond(m Mode) Cond {
	if m.Creds && r.Creds != nil {
		return anyOf(r.Quiet, r.credsCond())
	}
	return r.Quiet
}

// BeforeCond is what Before is in a mode; nil for none.
func (r *Row) BeforeCond(m Mode) Cond {
	if m.Creds && r.Creds != nil && r.Before != nil {
		return anyOf(r.Before, r.credsCond())
	}
	return r.Before
}

// credsCond is the condition under which any of Creds does; nil if there is
// none.
func (r *Row) credsCond() Cond {
	if r.Creds == nil {
		return nil
	}
	conds := make([]Cond, len(r.Creds))
	for i, c := range r.Creds {
		conds[i] = c.When
	}
	return anyOf(conds...)
}

// cond is the condition under which the use needs the supervisor.
func (u *Use) cond() Cond {
	switch {
	case u.Loc == Result:
		return allOf(u.When)
	case u.Loc == InMem || u.Loc == OutMem:
		return allOf(u.When, pointer(u.Arg))
	case u.Kind == ClockID:
		return allOf(u.When, clockOfTask(u.Arg))
	default:
		// 0 means the caller, or its group, in every space.
		return allOf(u.When, ne(u.Arg, 0))
	}
}

// Applies tells whether the registers of a call select the use: its When
// holds, and the register is one that StopCond would stop for.
func (u *Use) Applies(args [6]uint64) bool {
	if !Eval(u.When, args) {
		return false
	}
	switch {
	case u.Loc == Result:
		return true
	case u.Loc == InMem || u.Loc == OutMem:
		return args[u.Arg] != 0
	case u.Kind == ClockID:
		return isClockOfTask(uint32(args[u.Arg]))
	default:
		return uint32(args[u.Arg]) != 0
	}
}

// HandlerFor is the code for a call with args: that of the first case which
// holds, or the row's Handler.
func (r *Row) HandlerFor(args [6]uint64, m Mode) Handler {
	if m.Creds {
		for _, c := range r.Creds {
			if Eval(c.When, args) {
				return c.Handler
			}
		}
	}
	for _, c := range r.Cases {
		if Eval(c.When, args) {
			return c.Handler
		}
	}
	return r.Handler
}

// Leaks tells whether a call with args shows or takes an id that is not
// translated.
func (r *Row) Leaks(args [6]uint64) bool { return r.Leak != nil && Eval(r.Leak, args) }
