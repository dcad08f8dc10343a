package tracer

import "testing"

// TestCompany: two tasks that run side by side are company soon, a shell that starts
// one program after the other is none, and neither is what was one.
func TestCompany(t *testing.T) {
	var c company
	looks := func(n int, many func(int) bool) {
		for i := range n {
			c.look(many(i))
		}
	}
	always := func(int) bool { return true }
	looks(6, always)
	if c > together {
		t.Errorf("6 looks are enough: %v", c)
	}
	looks(1, always)
	if c <= together {
		t.Errorf("7 looks are not enough: %v", c)
	}
	looks(6, func(int) bool { return false })
	if c >= alone {
		t.Errorf("it still is one: %v", c)
	}
	looks(1000, func(i int) bool {
		if c > together {
			t.Fatalf("two looks of five make one: %v", c)
		}
		return i%5 < 2
	})
	looks(1000, always)
	if c > 1 {
		t.Errorf("more than all: %v", c)
	}
}
