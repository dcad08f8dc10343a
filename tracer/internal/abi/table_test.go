package abi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTable checks what the types cannot.
func TestTable(t *testing.T) {
	for _, r := range Calls {
		if err := validate(r); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
}

func validate(r Row) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if r.Name == "" || r.Name != strings.ToLower(r.Name) {
		fail("bad name %q", r.Name)
	}
	if r.NR[X86_64] < 0 && r.NR[I386] < 0 {
		fail("no number")
	}
	if (r.Class == Refuse) != (r.Errno != 0) {
		fail("class %v with errno %d", r.Class, r.Errno)
	}
	if (r.Support == Full) == (r.Note != "") {
		fail("support %v with note %q", r.Support, r.Note)
	}
	if strings.HasSuffix(r.Note, ".") || strings.TrimSpace(r.Note) != r.Note {
		fail("note %q: no full stop, no blanks", r.Note)
	}
	if r.Leak != nil && r.Support == Full {
		fail("leaks with full support")
	}
	if err := validateClass(r); err != nil {
		fail("%w", err)
	}
	for _, h := range append(r.handlers(), r.credHandlers()...) {
		if !slices.Contains(Handlers, h) {
			fail("handler %q is not in Handlers", h)
		}
	}
	for _, u := range r.Uses {
		if err := validateUse(u); err != nil {
			fail("use %+v: %w", u, err)
		}
	}
	for _, p := range r.Paths {
		if p.Path < 0 || p.Path > 5 || p.Dir < AtCWD || p.Dir > 5 || p.Dir == p.Path {
			fail("path %+v", p)
		}
	}
	for _, c := range r.conds() {
		if err := validateCond(c); err != nil {
			fail("condition %v: %w", c, err)
		}
	}
	return errors.Join(errs...)
}

// validateClass compares a row's class with what it contains.
func validateClass(r Row) error {
	work := len(r.Uses) + len(r.Paths) + len(r.handlers())
	_, stops := StopCond(r, X86_64, Mode{})
	if r.NR[X86_64] < 0 {
		_, stops = StopCond(r, I386, Mode{})
	}
	switch {
	case r.Class == Pass && (work > 0 || stops):
		return errors.New("passes with work to do")
	case r.Class != Pass && work == 0:
		return fmt.Errorf("class %v without work to do", r.Class)
	case (r.Class == Answer || r.Class == Observe || r.Class == Refuse) && r.Handler == "":
		return fmt.Errorf("class %v without a handler", r.Class)
	case r.Class != Pass && !stops && r.Name != "fork" && r.Name != "vfork":
		return fmt.Errorf("class %v, but no call stops", r.Class)
	case r.Lazy != NotLazy && !stops:
		return errors.New("lazy, but no call stops")
	}
	return nil
}

func (r *Row) handlers() []Handler {
	var hs []Handler
	if r.Handler != "" {
		hs = append(hs, r.Handler)
	}
	for _, c := range r.Cases {
		hs = append(hs, c.Handler)
	}
	return hs
}

func (r *Row) credHandlers() []Handler {
	var hs []Handler
	for _, c := range r.Creds {
		hs = append(hs, c.Handler)
	}
	return hs
}

func (r *Row) conds() []Cond {
	cs := []Cond{r.Stop, r.Leak}
	for _, c := range slices.Concat(r.Cases, r.Creds) {
		if c.When == nil {
			cs = append(cs, Cond{}) // a case needs a condition
		}
		cs = append(cs, c.When)
	}
	for i := range r.Uses {
		cs = append(cs, r.Uses[i].When, r.Uses[i].cond())
	}
	return cs
}

func validateUse(u Use) error {
	if u.Arg < 0 || u.Arg > 5 || u.Kind == None || u.Kind > ClockID {
		return errors.New("argument or kind out of range")
	}
	for arch, off := range u.Off {
		size := u.Size[arch]
		switch {
		case off < 0 || off%4 != 0:
			return fmt.Errorf("offset %d", off)
		case u.Loc == InMem && off+4 > size:
			return fmt.Errorf("offset %d in a structure of %d bytes", off, size)
		case u.Loc != InMem && size != 0:
			return errors.New("size of something that is not copied")
		case u.Loc != InMem && u.Loc != OutMem && off != 0:
			return errors.New("offset outside memory")
		}
	}
	if u.Kind == ClockID && u.Loc != InReg {
		return errors.New("clock id outside a register")
	}
	return nil
}

func validateCond(c Cond) error {
	if c != nil && len(c) == 0 {
		return errors.New("never holds")
	}
	for _, t := range slices.Concat(c...) {
		switch {
		case t.Arg < 0 || t.Arg > 5:
			return fmt.Errorf("argument %d", t.Arg)
		case t.Op > BitsSet:
			return fmt.Errorf("operation %d", t.Op)
		case t.Wide && (t.Op > NE || t.Val != 0 || t.Mask != 0):
			return errors.New("wide tests only compare with zero")
		case t.Mask != 0 && t.Op < GE && t.Val&^t.Mask != 0:
			return fmt.Errorf("value %#x is outside mask %#x", t.Val, t.Mask)
		case t.Op == BitsSet && t.Val == 0:
			return errors.New("no bits to look for")
		}
	}
	return nil
}

// TestHandlers fails on a handler that no row names, or that is listed twice.
func TestHandlers(t *testing.T) {
	used := make(map[Handler]bool)
	for i := range Calls {
		for _, h := range append(Calls[i].handlers(), Calls[i].credHandlers()...) {
			used[h] = true
		}
	}
	seen := make(map[Handler]bool)
	for _, h := range Handlers {
		if !used[h] {
			t.Errorf("no row names handler %q", h)
		}
		if seen[h] {
			t.Errorf("handler %q is listed twice", h)
		}
		seen[h] = true
	}
}
