package procfs

import "testing"

func TestCandidate(t *testing.T) {
	tests := []struct {
		path string
		want Reason
	}{
		{"", 0},
		{"/", 0},
		{".", 0},
		{"/proc", 0},
		{"/proc/", 0},
		{"/proc/1", Number},
		{"/proc/1/", Number},
		{"/proc//4194303//maps", Number},
		{"/proc/4242/stat", Number | Content},
		{"4242", Number},
		{"../4242", Number},
		{"task/7/comm", Number},
		{"/proc/12345678", 0},           // no task has that many digits
		{"/proc/007", 0},                // nor a leading zero
		{"/proc/0", Content | SelfLink}, // a descriptor, perhaps
		{"/proc/self/fdinfo/0", Content | SelfLink},
		{"/proc/self/cwd", SelfLink},
		{"/proc/sys/kernel/ns_last_pid", Content},
		{"/proc/net/netlink", Content},
		{"/proc/+1", 0},
		{"/proc/1a", 0},
		{"/proc/a1", 0},
		{"/proc/self/stat", Content},
		{"/proc/self/status", Content},
		{"stat", Content},
		{"/usr/bin/stat", Content},
		{"/proc/self/stat/", 0},
		{"/proc/self/stats", 0},
		{"/proc/self/statm", 0},
		{"/proc/self", SelfLink},
		{"thread-self", SelfLink},
		{"/proc/self/", 0},
		{"/proc/self/maps", 0},
		{"/proc/self/exe", 0},
		{"/proc/self/fd/3", Number},
		{"/usr/lib/gcc/x86_64-linux-gnu/12/cc1", Number},
		{"/usr/lib/x86_64-linux-gnu/libc.so.6", 0},
		{"/proc/\u0661", 0}, // a digit, but not to the kernel
	}
	for _, tt := range tests {
		if got := Candidate(tt.path); got != tt.want {
			t.Errorf("Candidate(%q) = %b, want %b", tt.path, got, tt.want)
		}
	}
}

func TestCandidateAllocatesNothing(t *testing.T) {
	paths := []string{"/proc/4242/stat", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/proc/self"}
	allocs := testing.AllocsPerRun(100, func() {
		for _, p := range paths {
			Candidate(p)
		}
	})
	if allocs != 0 {
		t.Errorf("Candidate allocates %v times", allocs)
	}
}

// Candidate decides whether the others are asked at all, so it must know every
// row of the table.
func TestCandidateKnowsContents(t *testing.T) {
	for f := NoFile + 1; int(f) < len(contents); f++ {
		if name := f.String(); name != "N" && Candidate("/proc/self/"+name) != Content {
			t.Errorf("Candidate does not know %q", f)
		}
		if contents[f].in == 0 || contents[f].translate == nil {
			t.Errorf("row %q is not complete", f)
		}
	}
}

func BenchmarkCandidate(b *testing.B) {
	for _, path := range []string{
		"/usr/lib/x86_64-linux-gnu/libc.so.6",
		"/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h",
		"/proc/4242/stat",
		"/home/user/src/project/internal/component/very/deep/directory/with/a/file.go",
	} {
		b.Run(path[1:], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Candidate(path)
			}
		})
	}
}
