package pidspace

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParsePlan(t *testing.T) {
	for _, tt := range []struct {
		text string
		ids  []int32
		err  error
		says string
	}{
		{text: "4243", ids: []int32{4243}},
		{text: "4243,4250-4253", ids: []int32{4243, 4250, 4251, 4252, 4253}},
		{text: "9,3,7-8,1", ids: []int32{9, 3, 7, 8, 1}},
		{text: "5-5", ids: []int32{5}},
		{text: "010,4194303", ids: []int32{10, 4194303}},
		{text: "", err: ErrSyntax, says: "like 4243,4250-4260"},
		{text: ",", err: ErrSyntax},
		{text: "7,", err: ErrSyntax},
		{text: "7, 8", err: ErrSyntax, says: `" 8"`},
		{text: "-7", err: ErrSyntax},
		{text: "7-", err: ErrSyntax},
		{text: "7-8-9", err: ErrSyntax, says: `"7-8-9"`},
		{text: "+7", err: ErrSyntax},
		{text: "0x10", err: ErrSyntax},
		{text: "1_0", err: ErrSyntax},
		{text: "٧", err: ErrSyntax},
		{text: "9-7", err: ErrSyntax, says: "descends"},
		{text: "0", err: ErrRange, says: "ids are 1 to 4194303"},
		{text: "4194304", err: ErrRange},
		{text: "5-4194304", err: ErrRange, says: `"5-4194304"`},
		{text: "4294967297", err: ErrRange},
		{text: strings.Repeat("9", 100), err: ErrRange, says: "..."},
		{text: "7,8,7", err: ErrInUse, says: "7 is planned twice"},
		{text: "7-9,1,8", err: ErrInUse, says: "8 is planned twice"},
		{text: "1-10,5-20", err: ErrInUse, says: `"5-20": 5 is planned twice`},
		{text: strings.Repeat("1,", maxSpans) + "1", err: ErrRange, says: "more than 65536 items"},
	} {
		p, err := ParsePlan(tt.text)
		name := clip(tt.text)
		if !errors.Is(err, tt.err) {
			t.Errorf("ParsePlan(%q): %v, want %v", name, err, tt.err)
			continue
		}
		if got := all(p); !slices.Equal(got, tt.ids) || p.Len() != len(tt.ids) {
			t.Errorf("ParsePlan(%q) = %v with %d ids, want %v", name, got, p.Len(), tt.ids)
		}
		if tt.err == nil {
			continue
		}
		var typed *PlanError
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("ParsePlan(%q): %v is not a PlanError that says %q", name, err, tt.says)
		}
	}
}

// all lists the ids of a plan in the order of use.
func all(p Plan) []int32 {
	var ids []int32
	for a := (agenda{plan: p}); ; {
		v := a.next()
		if v == 0 {
			return ids
		}
		ids = append(ids, v)
		a.strike(v)
	}
}

func TestNewPlan(t *testing.T) {
	p, err := NewPlan(4243, 4250, 4251, 4252, 9, 8)
	if err != nil || p.String() != "4243,4250-4252,9,8" || p.Len() != 6 {
		t.Errorf("NewPlan = %v with %d ids, %v", p, p.Len(), err)
	}
	if !p.Contains(4251) || p.Contains(4253) || p.Contains(0) {
		t.Error("Contains is wrong")
	}
	for _, tt := range []struct {
		ids []VTGID
		err error
	}{{[]VTGID{1, 2, 1}, ErrInUse}, {[]VTGID{0}, ErrRange}, {[]VTGID{4, -4}, ErrRange}, {[]VTGID{Limit}, ErrRange}} {
		if _, err := NewPlan(tt.ids...); !errors.Is(err, tt.err) {
			t.Errorf("NewPlan(%v): %v, want %v", tt.ids, err, tt.err)
		}
	}
	many := make([]VTGID, maxSpans+1)
	for i := range many {
		many[i] = VTGID(2*i + 1)
	}
	if _, err := NewPlan(many...); !errors.Is(err, ErrRange) {
		t.Errorf("NewPlan of %d runs: %v, want ErrRange", len(many), err)
	}
	var none Plan
	if p, err := NewPlan(); err != nil || p.Len() != 0 || p.String() != none.String() || none.Contains(1) {
		t.Errorf("the empty plan is %v, %v", p, err)
	}
}

// FuzzParsePlan checks that what is accepted is consistent and survives being
// written and read again.
func FuzzParsePlan(f *testing.F) {
	for _, seed := range []string{"", "1", "4243,4250-4260", "1-4194303", "3,2,1", "9-7", "1-5,5", "0", "07-8", ",", "-", "4194304", "1--2", "9999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePlan(text)
		if err != nil {
			var typed *PlanError
			if !errors.As(err, &typed) || typed.Err == nil || p.Len() != 0 {
				t.Fatalf("ParsePlan(%q) = %v, %v", text, p, err)
			}
			return
		}
		written := p.String()
		again, err := ParsePlan(written)
		if err != nil || again.String() != written || again.Len() != p.Len() {
			t.Fatalf("ParsePlan(%q) = %q, read again %v, %v", text, written, again, err)
		}
		if p.Len() < 1 || p.Len() > MaxPID {
			t.Fatalf("ParsePlan(%q) has %d ids", text, p.Len())
		}
		if p.Len() < 10000 {
			ids := all(p)
			slices.Sort(ids)
			if len(slices.Compact(slices.Clone(ids))) != p.Len() || !valid(ids[0]) || !valid(ids[len(ids)-1]) {
				t.Fatalf("ParsePlan(%q) has duplicates or invalid ids: %v", text, ids)
			}
		}
	})
}

// TestAgenda compares an agenda with a list from which ids are deleted.
func TestAgenda(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.Int32Range(1, 40), 0, 20, rapid.ID[int32]).Draw(t, "ids")
		var typed []VTGID
		for _, id := range ids {
			typed = append(typed, VTGID(id))
		}
		p, err := NewPlan(typed...)
		if err != nil {
			t.Fatal(err)
		}
		a := agenda{plan: p}
		for _, v := range rapid.SliceOf(rapid.Int32Range(0, 41)).Draw(t, "struck") {
			due := int32(0)
			if len(ids) > 0 {
				due = ids[0]
			}
			if got := a.next(); got != due {
				t.Fatalf("next = %d, want %d", got, due)
			}
			if got, want := a.pending(v), slices.Contains(ids, v); got != want {
				t.Fatalf("pending(%d) = %v, want %v", v, got, want)
			}
			a.strike(v)
			ids = slices.DeleteFunc(ids, func(id int32) bool { return id == v })
		}
		if len(a.struck) > p.Len() {
			t.Fatalf("%d struck of %d", len(a.struck), p.Len())
		}
	})
}
