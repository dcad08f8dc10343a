package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names lists a directory.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func readBack(t *testing.T, path string) *Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestWriteFileMode: the mode does not depend on the umask.
func TestWriteFileMode(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), "image")
		old := syscall.Umask(mask)
		err := WriteFile(path, full())
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode() != 0o600 {
			t.Errorf("umask %o: mode %v", mask, fi.Mode())
		}
		if diff := cmp.Diff(full(), readBack(t, path)); diff != "" {
			t.Errorf("image (-want +got):\n%s", diff)
		}
	}
}

// TestWriteFileReplaces: an old file is replaced, also one that others hold
// open or that is a link to something else.
func TestWriteFileReplaces(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "image"), filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, link := range []func(string, string) error{os.Link, os.Symlink} {
		if err := link(other, path); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, small()); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(other); err != nil || string(b) != "precious" {
			t.Errorf("what the link led to: %q, %v", b, err)
		}
		if fi, err := os.Lstat(path); err != nil || fi.Mode() != 0o600 {
			t.Errorf("%v, %v", fi, err)
		}
		if got := names(t, dir); len(got) != 2 {
			t.Errorf("left over: %v", got)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriteFileFails: after a failure everything is as before.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"no/image": fs.ErrNotExist, "sub": nil, "pipe": nil} {
		err := WriteFile(filepath.Join(dir, name), small())
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := small()
	bad.Processes[0].PID = 0
	if err := WriteFile(filepath.Join(dir, "image"), bad); !errors.Is(err, ErrInconsistent) {
		t.Errorf("a bad image: %v", err)
	}
	if diff := cmp.Diff([]string{"pipe", "sub"}, names(t, dir)); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
}

// TestWriteFileFull: a disk that is full leaves the old image.
func TestWriteFileFull(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "image")
	if err := WriteFile(path, small()); err != nil {
		t.Fatal(err)
	}
	if _, err := writeTemp("/proc/self", encoded(t, full())); err == nil {
		t.Error("/proc took a file")
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	// The Go runtime takes SIGXFSZ, and the write fails.
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(path, full())
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%v, want %v", err, syscall.EFBIG)
	}
	if diff := cmp.Diff([]string{"image"}, names(t, dir)); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(small(), readBack(t, path)); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
}
