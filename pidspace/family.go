package pidspace

import "fmt"

// Family plans the ids of what a process creates, for a tree that is to be like
// an earlier one. Each new process gets the next id of its creator's children,
// and goes on with that one's own Family; each new thread gets the next id of
// its process's threads. A number that is in use when it is due is passed over.
//
// What a Family does not plan gets a number as if there were none, but none
// that is planned for somebody else. An exec begins the lists of its process
// anew: whatever created tasks before, the program that counts has not.
type Family struct {
	// ID is the id of the process.
	ID VTGID
	// Threads are the ids of its threads but the first, in order of birth.
	Threads []VTID
	// Children are the processes that it creates, in order of birth.
	Children []Family
}

// kin is how far a process has got with what its Family plans.
type kin struct {
	*Family
	threads, children int
}

// families are the Family of a configuration by number.
type families struct {
	root *Family
	of   map[int32]*Family
	// kept are all numbers that are planned for somebody, and, with false,
	// those that nobody is to have.
	kept map[int32]bool
}

// newFamilies indexes the family of root, and numbers that nobody gets.
func newFamilies(c *Config) (families, error) {
	f := families{root: c.Family}
	if c.Family == nil && len(c.Reserved) == 0 {
		return f, nil
	}
	f.of, f.kept = make(map[int32]*Family), make(map[int32]bool)
	if c.Family != nil && c.Family.ID != c.Root {
		return f, familyError(int32(c.Family.ID), ErrRange, "it is not the root's id", "a family begins with the root")
	}
	if err := f.index(c); err != nil {
		return f, err
	}
	for _, v := range c.Reserved {
		if !valid(int32(v)) {
			return f, &ConfigError{Field: "Reserved", Value: int(v), Err: ErrRange,
				Reason: "not an id", Hint: fmt.Sprintf("ids are 1 to %d", MaxPID)}
		}
		f.kept[int32(v)] = f.kept[int32(v)]
	}
	return f, nil
}

// index takes in every number of the family.
func (f *families) index(c *Config) error {
	var todo []*Family
	if f.root != nil {
		todo = append(todo, f.root)
	}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := f.plan(c, int32(p.ID)); err != nil {
			return err
		}
		f.of[int32(p.ID)] = p
		for _, t := range p.Threads {
			if err := f.plan(c, int32(t)); err != nil {
				return err
			}
		}
		for i := range p.Children {
			todo = append(todo, &p.Children[i])
		}
	}
	return nil
}

// plan takes in one number.
func (f *families) plan(c *Config, v int32) error {
	if v < 1 || v >= c.pidMax() {
		return familyError(v, ErrRange, fmt.Sprintf("not an id below pid_max %d", c.pidMax()), "raise PIDMax")
	}
	if f.kept[v] {
		return familyError(v, ErrInUse, "it is planned twice", "no two tasks can have one id")
	}
	f.kept[v] = true
	return nil
}

func familyError(v int32, err error, reason, hint string) error {
	return &ConfigError{Field: "Family", Value: int(v), Err: err, Reason: reason, Hint: hint}
}

// has tells whether v is planned or reserved.
func (f *families) has(v int32) bool {
	_, ok := f.kept[v]
	return ok
}

// plans tells whether v is planned.
func (f *families) plans(v int32) bool { return f.kept[v] }

// meant gives the part of the family that is to go on in the process v; nil for
// a process that it does not plan.
func (f *families) meant(v int32) *kin {
	if p := f.of[v]; p != nil {
		return &kin{Family: p}
	}
	return nil
}

// due gives the number that k plans for its next process or thread, 0 for none.
func (s *Space) due(k *kin, process bool) int32 {
	if k == nil {
		return 0
	}
	for {
		var v int32
		switch {
		case process && k.children < len(k.Children):
			v = int32(k.Children[k.children].ID)
			k.children++
		case !process && k.threads < len(k.Threads):
			v = int32(k.Threads[k.threads])
			k.threads++
		default:
			return 0
		}
		if s.reclaim(v) == holderNone {
			return v
		}
	}
}

// begin starts the lists of k again.
func (k *kin) begin() {
	if k != nil {
		k.threads, k.children = 0, 0
	}
}
