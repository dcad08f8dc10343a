package pidspace

import "fmt"

// Config describes a space before its root exists.
type Config struct {
	// Kind is [Host] (the default) or [Private].
	Kind Kind
	// Root is the id that the root process is to have.
	Root VTGID
	// PIDMax is one more than the largest id to be given, like the file
	// /proc/sys/kernel/pid_max: from [MinPIDMax] to [Limit]; 0 means Limit.
	// In the host space tasks that keep their real numbers may exceed it.
	PIDMax int
	// Plan has the ids of the next processes after the root.
	Plan Plan
	// Family, when set, plans the ids of the tree by who creates whom. It
	// begins with the root, counts more than Plan, and must not be changed
	// any more.
	Family *Family
	// Reserved are numbers that no task is given that does not ask for one.
	Reserved []VTID

	// Supervisor is the real process id of the supervisor, the root's
	// parent; 0 when there is none, or when it does not matter. A private
	// space presents it as process 1, but not at all when the root is 1.
	Supervisor RTGID
	// InheritedPGID and InheritedSID are the process group and session
	// that the root is in from the start and that are not its own; 0 when
	// there is none, [Outer] when it has no number. A private space presents them under fixed numbers: the
	// group as 299 and the session as 298, or as 3 and 2 when the root is
	// in 150 to 299, so that the numbers after the root's stay together. In
	// place of one that this Config uses otherwise it takes the lowest from
	// 4 on that is not. The space gives these numbers to nobody else, also
	// when there is nothing to present under them.
	InheritedPGID RPGID
	InheritedSID  RSID
	// PPID, PGID and SID replace the numbers under which the supervisor,
	// the inherited group and the inherited session are presented; 0
	// leaves what Kind says. A group or session may be presented under the
	// root's own number, so that the root appears to lead it.
	PPID VTGID
	PGID VPGID
	SID  VSID

	// Policy chooses the numbers of other tasks; nil is the default.
	Policy Policy
	// Gone asks whether the kernel has released a real number: no task has
	// it. It is called for zombies whose number is needed, and in the host
	// space before a number goes back to being itself that something else
	// appeared as. The space's lock is held meanwhile: Gone must not call
	// the space. Nil means that this is never known.
	Gone func(RTID) bool
}

// The numbers under which a private space presents what the root inherited.
// They are among those that the kernel skips after its first round, so that
// nothing is missing from later ones.
const (
	aliasGroup, aliasSession = 299, 298
	// For a root from aliasRootFrom to aliasRootTo, whose first children
	// would meet those.
	aliasGroupLow, aliasSessionLow = 3, 2
	aliasRootFrom, aliasRootTo     = 150, 299
	// aliasOther is where the search starts when one is taken.
	aliasOther = 4
)

// presented is a real number of an outsider that is shown as a fixed virtual
// one, in one kind of ids only. Real is 0 when there is no such outsider, or
// none any longer; virtual stays reserved then.
type presented struct {
	real, virtual int32
}

// check tells what is wrong with the numbers of c.
func (c *Config) check() error {
	if c.Kind > Private {
		return &ConfigError{Field: "Kind", Value: int(c.Kind), Err: ErrRange,
			Reason: "no such kind of space", Hint: "use Host or Private"}
	}
	if c.PIDMax != 0 && (c.PIDMax < MinPIDMax || c.PIDMax > Limit) {
		return &ConfigError{Field: "PIDMax", Value: c.PIDMax, Err: ErrRange,
			Reason: "not a pid_max that the kernel allows",
			Hint:   fmt.Sprintf("use %d to %d", MinPIDMax, Limit)}
	}
	if c.Root < 1 || int32(c.Root) >= c.pidMax() {
		return &ConfigError{Field: "Root", Value: int(c.Root), Err: ErrRange,
			Reason: fmt.Sprintf("not an id below pid_max %d", c.pidMax()),
			Hint:   fmt.Sprintf("use 1 to %d, or raise PIDMax", c.pidMax()-1)}
	}
	if err := c.checkReal(); err != nil {
		return err
	}
	if err := c.checkPresented(); err != nil {
		return err
	}
	return c.checkPlan()
}

// checkReal checks the real numbers.
func (c *Config) checkReal() error {
	for _, f := range []struct {
		field string
		value int32
		can   func(int32) bool
	}{
		{"Supervisor", int32(c.Supervisor), valid},
		{"InheritedPGID", int32(c.InheritedPGID), gathers},
		{"InheritedSID", int32(c.InheritedSID), gathers},
	} {
		if f.value != 0 && !f.can(f.value) {
			return &ConfigError{Field: f.field, Value: int(f.value), Err: ErrRange,
				Reason: "not a process id", Hint: "use 0 for none"}
		}
	}
	return nil
}

// checkPresented checks the numbers under which outsiders are presented.
func (c *Config) checkPresented() error {
	for _, f := range []struct {
		field, of   string
		value, real int32
	}{
		{"PPID", "Supervisor", int32(c.PPID), int32(c.Supervisor)},
		{"PGID", "InheritedPGID", int32(c.PGID), int32(c.InheritedPGID)},
		{"SID", "InheritedSID", int32(c.SID), int32(c.InheritedSID)},
	} {
		switch {
		case f.value == 0:
		case !valid(f.value):
			return &ConfigError{Field: f.field, Value: int(f.value), Err: ErrRange,
				Reason: "not a process id",
				Hint:   fmt.Sprintf("use 1 to %d, or 0 for the default", MaxPID)}
		case f.real == 0:
			return &ConfigError{Field: f.field, Value: int(f.value), Err: ErrRange,
				Reason: "nothing to present under it", Hint: "set " + f.of}
		}
	}
	if c.PPID == c.Root {
		return &ConfigError{Field: "PPID", Value: int(c.PPID), Err: ErrInUse,
			Reason: "it is the root's own id", Hint: "no process is its own parent"}
	}
	return nil
}

// checkPlan refuses a plan that would need a number that is spoken for.
func (c *Config) checkPlan() error {
	refuse := func(v int32, err error, reason, hint string) error {
		return &PlanError{Item: fmt.Sprint(v), Err: err, Reason: reason, Hint: hint}
	}
	if k := len(c.Plan.ordered); k > 0 && c.Plan.ordered[k-1].last >= c.pidMax() {
		return refuse(c.Plan.ordered[k-1].last, ErrRange,
			fmt.Sprintf("not below pid_max %d", c.pidMax()), "raise PIDMax")
	}
	if c.Plan.Contains(c.Root) {
		return refuse(int32(c.Root), ErrInUse, "it is the root's id",
			"the plan begins with the process after the root")
	}
	if v := c.parent(); v != 0 && c.Plan.Contains(VTGID(v)) {
		return refuse(v, ErrInUse, "it is the id of the root's parent",
			"give the parent another one with PPID")
	}
	for _, v := range []int32{int32(c.PGID), int32(c.SID)} {
		if v != 0 && c.Plan.Contains(VTGID(v)) {
			return refuse(v, ErrInUse, "it is the id of the root's group or session",
				"plan another one")
		}
	}
	return nil
}

// pidMax is PIDMax with its default.
func (c *Config) pidMax() int32 {
	if c.PIDMax == 0 {
		return Limit
	}
	return int32(c.PIDMax)
}

// parent is the fixed number of the supervisor, 0 when it has none.
func (c *Config) parent() int32 {
	if c.PPID == 0 && c.Kind == Private && c.Root != 1 {
		return 1
	}
	return int32(c.PPID)
}

// inherited returns how the group and session are presented that the root has
// from outside. The numbers depend on nothing that differs between runs.
func (c *Config) inherited(f *families) (group, session presented) {
	group = presented{int32(c.InheritedPGID), int32(c.PGID)}
	session = presented{int32(c.InheritedSID), int32(c.SID)}
	if c.Kind == Host {
		return group, session
	}
	g, v := int32(aliasGroup), int32(aliasSession)
	if c.Root >= aliasRootFrom && c.Root <= aliasRootTo {
		g, v = aliasGroupLow, aliasSessionLow
	}
	if group.virtual == 0 {
		group.virtual = c.alias(g, session.virtual, f)
	}
	if session.virtual == 0 {
		session.virtual = c.alias(v, group.virtual, f)
	}
	// What no number is left for is invisible, as in a pid namespace.
	if group.virtual == 0 {
		group = presented{}
	}
	if session.virtual == 0 {
		session = presented{}
	}
	return group, session
}

// alias returns v, or the lowest number from aliasOther on, that nothing of
// the configuration uses, and that is not other; 0 if a plan takes them all.
func (c *Config) alias(v, other int32, f *families) int32 {
	for next := int32(aliasOther); v < c.pidMax(); v, next = next, next+1 {
		if v != other && v != int32(c.Root) && v != c.parent() && !c.Plan.Contains(VTGID(v)) && !f.has(v) {
			return v
		}
	}
	return 0
}
