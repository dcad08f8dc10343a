package procfs

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeFS is a machine with a procfs at /proc and a few links.
type fakeFS struct {
	links map[string]string
	roots map[string]bool
	slow  bool // Outside never knows
}

func newFakeFS() *fakeFS {
	return &fakeFS{
		roots: map[string]bool{"/proc": true},
		links: map[string]string{
			"/proc/net":                        "self/net",
			"/proc/mounts":                     "self/mounts",
			"/proc/77/cwd":                     "/proc/88/task",
			"/proc/77/root":                    "/",
			"/proc/77/exe":                     "/usr/bin/cat",
			"/proc/77/fd/3":                    "/proc/88/stat",
			"/proc/77/fd/4":                    "pipe:[4711]",
			"/proc/77/fd/5":                    "/proc/2000 (deleted)",
			"/tmp/virtual":                     "/proc/1088/task",
			"/tmp/relative":                    "../proc/1088",
			"/tmp/nested":                      "virtual/../stat",
			"/tmp/loop":                        "loop",
			"/tmp/real":                        "/proc/self/cwd",
			"/home/self":                       "1088",
			"/tmp/" + strings.Repeat("x", 250): "/proc/1088",
		},
	}
}

func (f *fakeFS) Outside(path string) bool {
	return !f.slow && strings.HasPrefix(path, "/usr")
}

func (f *fakeFS) Place(path string) Place {
	switch {
	case f.roots[path]:
		return Top
	case f.links[path] != "" || strings.Contains(path, DeletedMark):
		return Elsewhere
	}
	for link, text := range f.links {
		if rest, ok := strings.CutPrefix(path, link+"/"); ok {
			if text[0] != '/' {
				return Elsewhere
			}
			return f.Place(join(text, rest))
		}
	}
	for root := range f.roots {
		if strings.HasPrefix(path, root+"/") {
			return Inside
		}
	}
	return Elsewhere
}

func (f *fakeFS) Readlink(path string) (string, error) {
	if text, ok := f.links[path]; ok {
		return text, nil
	}
	if strings.Contains(path, "missing") {
		return "", syscall.ENOENT
	}
	return "", syscall.EINVAL
}

// thousand presents real id r as r+1000.
func thousand(v int32) (int32, bool) { return v - 1000, v > 1000 && v < 1100 }

func request(dir, path string) Request {
	return Request{Path: path, Dir: dir, Follow: true, TGID: 77, TID: 78, Real: thousand}
}

func TestResolve(t *testing.T) {
	long := "/tmp/" + strings.Repeat("x", 250)
	tests := []struct {
		name      string
		dir, path string
		noFollow  bool
		want      Target
	}{
		{name: "process", path: "/proc/1088",
			want: Target{Kind: PIDDir, Path: "/proc/88", Changed: true, Root: "/proc", PID: 88, VirtualPID: 1088}},
		{name: "unchanged text is kept", path: "//proc//self///stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "//proc//self///stat", Root: "/proc", PID: 77}},
		{name: "thread", path: "/proc/1088/task/1089/status",
			want: Target{Kind: ContentFile, File: Status, Path: "/proc/88/task/89/status", Changed: true, Root: "/proc",
				PID: 88, TID: 89, VirtualPID: 1088, VirtualTID: 1089}},
		{name: "up forgets", path: "/proc/1088/task/1089/../../../1090/comm",
			want: Target{Kind: Other, Path: "/proc/88/task/89/../../../90/comm", Changed: true, Root: "/proc", PID: 90, VirtualPID: 1090}},
		{name: "nobody", path: "/proc/5000/stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "/proc/2147483647/stat", Changed: true, Root: "/proc",
				PID: UnknownID, VirtualPID: 5000}},
		{name: "real id is not virtual", path: "/proc/88",
			want: Target{Kind: PIDDir, Path: "/proc/2147483647", Changed: true, Root: "/proc", PID: UnknownID, VirtualPID: 88}},
		{name: "not a number to the kernel", path: "/proc/01088/12",
			want: Target{Kind: Other, Path: "/proc/01088/12", Root: "/proc"}},
		{name: "relative", dir: "/proc/88", path: "task/1089",
			want: Target{Kind: TIDDir, Path: "task/89", Changed: true, Root: "/proc", PID: 88, TID: 89, VirtualTID: 1089}},
		{name: "relative, number below a process", dir: "/proc/88", path: "1089",
			want: Target{Kind: Other, Path: "1089", Root: "/proc", PID: 88}},
		{name: "relative, trailing slash", dir: "/proc", path: "./1089/./",
			want: Target{Kind: PIDDir, Path: "89/./", Changed: true, Root: "/proc", PID: 89, VirtualPID: 1089}},
		{name: "relative, deleted", dir: "/proc/88 (deleted)", path: "1089",
			want: Target{Path: "1089"}},
		{name: "relative, no path", dir: "(unreachable)/proc", path: "1089", want: Target{Path: "1089"}},
		{name: "relative, no directory", dir: "pipe:[4]", path: "1089", want: Target{Path: "1089"}},
		{name: "self, not followed", path: "/proc/self", noFollow: true,
			want: Target{Kind: Self, Path: "/proc/self", Root: "/proc", PID: 77, TID: 78}},
		{name: "self, followed by its slash", path: "/proc/self/", noFollow: true,
			want: Target{Kind: PIDDir, Path: "/proc/self/", Root: "/proc", PID: 77}},
		{name: "thread-self", path: "/proc/thread-self",
			want: Target{Kind: TIDDir, Path: "/proc/thread-self", Root: "/proc", PID: 77, TID: 78}},
		{name: "thread-self, not followed", path: "/proc/thread-self", noFollow: true,
			want: Target{Kind: ThreadSelf, Path: "/proc/thread-self", Root: "/proc", PID: 77, TID: 78}},
		{name: "stat is no directory", path: "/proc/self/stat/",
			want: Target{Kind: Other, Path: "/proc/self/stat/", Root: "/proc", PID: 77}},
		{name: "link with an id", path: "/tmp/virtual/1089/stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "/proc/88/task/89/stat", Changed: true, Root: "/proc",
				PID: 88, TID: 89, VirtualPID: 1088, VirtualTID: 1089}},
		{name: "relative link with an id", dir: "/tmp", path: "relative/stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "../proc/88/stat", Changed: true, Root: "/proc", PID: 88, VirtualPID: 1088}},
		{name: "link in a link", path: "/tmp/./nested/../status",
			want: Target{Kind: ContentFile, File: Status, Path: "/proc/88/task/../stat/../status", Changed: true, Root: "/proc",
				PID: 88, VirtualPID: 1088}},
		{name: "link to real ids", path: "/tmp/real/1089/stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "/tmp/real/89/stat", Changed: true, Root: "/proc",
				PID: 88, TID: 89, VirtualTID: 1089}},
		{name: "magic link out", path: "/proc/1077/exe/12",
			want: Target{Path: "/proc/77/exe/12", Changed: true}},
		{name: "magic link, not followed", path: "/proc/1077/fd/3", noFollow: true,
			want: Target{Kind: MagicLink, Path: "/proc/77/fd/3", Changed: true, Root: "/proc", PID: 77, VirtualPID: 1077}},
		{name: "magic link to a file", path: "/proc/self/fd/3",
			want: Target{Kind: ContentFile, File: Stat, Path: "/proc/self/fd/3", Root: "/proc", PID: 88}},
		{name: "magic link to a pipe", path: "/proc/self/fd/4", want: Target{Path: "/proc/self/fd/4"}},
		{name: "magic link to the dead", path: "/proc/self/fd/5/12", want: Target{Path: "/proc/self/fd/5/12"}},
		{name: "self is a name like others elsewhere", path: "/home/self/12", want: Target{Path: "/home/self/12"}},
		{name: "nothing there", path: "/missing/12/stat", want: Target{Path: "/missing/12/stat"}},
		{name: "system wide stat", path: "/proc/stat", want: Target{Kind: Other, Path: "/proc/stat", Root: "/proc"}},
		{name: "empty", path: "", want: Target{}},
		{name: "too long already", path: "/proc/1088/" + strings.Repeat("/", 4096),
			want: Target{Path: "/proc/1088/" + strings.Repeat("/", 4096)}},
		{name: "slashes make room", path: "/proc/5000" + strings.Repeat("/", 4080) + "stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "/proc/2147483647/stat", Changed: true, Root: "/proc",
				PID: UnknownID, VirtualPID: 5000}},
		{name: "long link", path: long + "/stat",
			want: Target{Kind: ContentFile, File: Stat, Path: "/proc/88/stat", Changed: true, Root: "/proc", PID: 88, VirtualPID: 1088}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := request(tt.dir, tt.path)
			req.Follow = !tt.noFollow
			for _, slow := range []bool{false, true} {
				fs := newFakeFS()
				fs.slow = slow
				got, err := Resolve(req, fs)
				if err != nil {
					t.Fatal(err)
				}
				checkWithin(t, &got)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("slow %v: (-want +got):\n%s", slow, diff)
				}
			}
		})
	}
}

// checkWithin compares a target with the path that it is said to have within
// the procfs, and takes that out.
func checkWithin(t *testing.T, got *Target) {
	t.Helper()
	n := classify(got.Within)
	switch got.Kind {
	case NotProc:
		if got.Within != "" {
			t.Errorf("not in procfs, but %q in it", got.Within)
		}
	case Self, ThreadSelf:
		if got.Within != "" {
			t.Errorf("%v is %q", got.Kind, got.Within)
		}
	default:
		if n.pid != got.PID || n.tid != got.TID || got.File != NoFile && n.file != got.File {
			t.Errorf("%q is not %+v", got.Within, got)
		}
	}
	got.Within = ""
}

func TestResolveErrors(t *testing.T) {
	tests := []struct {
		name, path string
		want       error
	}{
		{"loop", "/tmp/loop/12", syscall.ELOOP},
		{"many links", "/proc" + strings.Repeat("/self/..", 41) + "/1088", syscall.ELOOP},
		{"many questions", strings.Repeat("/12", 1300), syscall.ELOOP},
		{"no room", "/proc/5000/" + strings.Repeat("y", 4083), syscall.ENAMETOOLONG},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Resolve(request("", tt.path), newFakeFS())
			if !errors.Is(err, tt.want) {
				t.Errorf("%+v, %v; want %v", got, err, tt.want)
			}
			if got.Path != tt.path || got.Changed || got.Kind != NotProc {
				t.Errorf("with an error: %+v", got)
			}
		})
	}
	if _, err := Resolve(request("", "/proc"+strings.Repeat("/self/..", 40)+"/1088"), newFakeFS()); err != nil {
		t.Errorf("forty links: %v", err)
	}
}

// A path costs the tracee's call what its questions cost.
func TestResolveAsksLittle(t *testing.T) {
	tests := []struct {
		dir, path string
		most      int
	}{
		{"", "/proc/1088/stat", 1},
		{"", "/proc/self/stat", 1},
		{"", "/proc/1088/task/1089/comm", 1},
		{"", "/usr/bin/stat", 1},
		{"", "/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h", 1},
		{"/usr/src", "12/a.c", 1},
		{"/proc/88", "stat", 2},
		{"/proc", "1088/stat", 1},
		{"", "/proc/self/fd/4", 2},
	}
	for _, tt := range tests {
		fs := &counting{FS: newFakeFS()}
		if _, err := Resolve(request(tt.dir, tt.path), fs); err != nil {
			t.Fatal(err)
		}
		if fs.n > tt.most {
			t.Errorf("%s in %q asks %d times, at most %d wanted", tt.path, tt.dir, fs.n, tt.most)
		}
	}
}

func TestResolveInRootOfProc(t *testing.T) {
	fs := newFakeFS()
	fs.roots = map[string]bool{"/": true} // a tracee whose root is a procfs
	for _, path := range []string{"/1088/task/1089/stat", "/1088/../1088/task/../../../1088/task/1089/stat"} {
		got, err := Resolve(request("", path), fs)
		if err != nil {
			t.Fatal(err)
		}
		want := Target{Kind: ContentFile, File: Stat, Path: strings.ReplaceAll(path, "/10", "/"), Changed: true,
			Root: "/", PID: 88, TID: 89, VirtualPID: 1088, VirtualTID: 1089}
		checkWithin(t, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	for _, path := range []string{"/proc/1088/stat", "/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h"} {
		b.Run(path[1:], func(b *testing.B) {
			fs := newFakeFS()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Resolve(request("", path), fs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
