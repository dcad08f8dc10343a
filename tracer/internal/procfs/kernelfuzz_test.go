package procfs

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// fuzzParts are the components that paths are made of; every byte of a fuzz
// input selects one.
var fuzzParts = []string{
	"%R", "%S", "%T", "%F", "self", "thread-self", "task", "stat", "status", "..", "proc",
	".", "", "cwd", "root", "exe", "fd", "ns", "net", "sys", "kernel", "mounts", "12", "42", "007", "4194303",
	"%D", "link", "linklink", "slash", "up", "me", "dir", "a", "b", "deep", "loop", "dangling", "0", "fdinfo", "maps",
}

var fuzzDirs = []string{"/", "/proc", "/proc/%R", "/proc/%R/task", "/proc/%R/task/%R", "/proc/self/fd", "%D", "%D/a"}

// spellingOf makes a spelling of a fuzz input.
func spellingOf(input []byte) spelling {
	if len(input) < 2 {
		return spelling{"/", "/"}
	}
	s := spelling{dir: fuzzDirs[int(input[0])%len(fuzzDirs)]}
	var parts []string
	for _, b := range input[1:] {
		parts = append(parts, fuzzParts[int(b)%len(fuzzParts)])
	}
	s.path = strings.Join(parts, "/")
	if input[0] >= 128 {
		s.path = "/proc/" + s.path
	}
	return s
}

func (w *world) checkBothWays(t *testing.T, fs FS, s spelling) {
	t.Helper()
	for _, follow := range []bool{true, false} {
		w.check(t, fs, s, follow, 0, identity)
		w.check(t, fs, s, follow, shift, w.shifted)
	}
}

// TestResolveRandomPaths is the fuzz test's property on a fixed sample.
func TestResolveRandomPaths(t *testing.T) {
	w := newWorld(t)
	w.onThread(t)
	fs := newRealFS(t, "/")
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		input := make([]byte, 2+r.IntN(9))
		for i := range input {
			input[i] = byte(r.Uint32())
			if i > 0 && r.IntN(2) == 0 {
				input[i] %= 11 // more of the first parts, or nearly no path exists
			}
		}
		w.checkBothWays(t, fs, spellingOf(input))
	}
}

func FuzzResolve(f *testing.F) {
	w := newWorld(f)
	fs := newRealFS(f, "/")
	f.Add([]byte{0, 10, 0, 7})              // /proc/R/stat from /
	f.Add([]byte{130, 0, 6, 0, 9, 9, 1, 7}) // up and down again
	f.Add([]byte{128, 4, 14, 10, 0, 8})     // through root
	f.Add([]byte{6, 28, 0, 13, 10, 2, 7})   // through links
	f.Add([]byte{3, 0, 7})                  // below a task directory
	f.Add([]byte{128, 16, 3, 27, 0, 7})     // through a descriptor
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > 400 {
			return
		}
		w.onThread(t)
		w.checkBothWays(t, fs, spellingOf(input))
	})
}
