package main

import (
	"slices"
	"strings"
	"testing"
)

// TestFirstArgs: a long command line is cut, not left out.
func TestFirstArgs(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, tt := range []struct{ args, want []string }{
		{nil, nil},
		{[]string{"a", "", "b"}, []string{"a", "", "b"}},
		{[]string{long, long, long}, []string{long, long[:24]}},
	} {
		if got := firstArgs(slices.Clone(tt.args)); !slices.Equal(got, tt.want) {
			t.Errorf("%.20q: %.20q", tt.args, got)
		}
	}
}
