package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var number = regexp.MustCompile(`\d+`)

// lowestGiven is the lowest id that the kernel gives out once its ids have
// wrapped; smaller numbers say nothing.
const lowestGiven = 300

// leaks finds real ids of the tree in text. A number that is also a virtual
// id of the tree may be meant as that.
func leaks(text string, ids tree) []string {
	var found []string
	for _, word := range number.FindAllString(text, -1) {
		n, err := strconv.Atoi(word)
		if err == nil && n >= lowestGiven && ids.real[n] && !ids.virtual[n] {
			found = append(found, word)
		}
	}
	return found
}

// said is what the program said that a native run did not say: there only can
// be a leak, and numbers that are part of a fact's wording are no ids.
func said(o, native outcome) string {
	var b strings.Builder
	for _, line := range o.facts {
		if !slices.Contains(native.facts, line) {
			fmt.Fprintln(&b, line)
		}
	}
	for _, id := range o.ids {
		fmt.Fprintln(&b, id)
	}
	return b.String() + o.stderr
}

func TestLeaks(t *testing.T) {
	ids := tree{real: map[int]bool{12345: true, 4243: true, 250: true}, virtual: map[int]bool{4242: true, 4243: true}}
	for text, want := range map[string]int{
		"child 12345 ended": 1,
		"child 4243 ended":  0, // virtual too
		"child 112345":      0, // another number
		"250 children":      0, // too small to tell
		"12345\n12345":      2,
		"/proc/12345/stat":  1,
		"-12345":            1,
		"x12345y":           1,
		"":                  0,
	} {
		if got := leaks(text, ids); len(got) != want {
			t.Errorf("leaks(%q) = %q, want %d", text, got, want)
		}
	}
}
