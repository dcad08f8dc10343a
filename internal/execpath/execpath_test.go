package execpath

import (
	"os"
	"slices"
	"testing"
)

func TestCandidates(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  []string
		want []string
	}{
		{"true", nil, []string{"/bin/true", "/usr/bin/true"}},
		{"true", []string{"PATH=/a:/b"}, []string{"/a/true", "/b/true"}},
		{"true", []string{"PATH=/a", "XPATH=/c", "PATH=/b"}, []string{"/b/true"}},
		{"true", []string{"PATH="}, []string{"./true"}},
		{"true", []string{"PATH=:/a:"}, []string{"./true", "/a/true", "./true"}},
		{"./true", []string{"PATH=/a"}, []string{"./true"}},
		{"dir/true", nil, []string{"dir/true"}},
		{"/bin/true", nil, []string{"/bin/true"}},
		{"", []string{"PATH=/a"}, []string{""}},
		{"/proc/self/exe", nil, []string{own}},
	} {
		if got := Candidates(tt.name, tt.env); !slices.Equal(got, tt.want) {
			t.Errorf("%q with %q: %q, want %q", tt.name, tt.env, got, tt.want)
		}
	}
}
