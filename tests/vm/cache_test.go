package vm

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCached(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	calls := 0
	fill := func(dir string) error {
		calls++
		return os.WriteFile(filepath.Join(dir, "content"), []byte("x"), 0o644)
	}
	broken := errors.New("broken")
	if _, err := cached("a", func(dir string) error { return errors.Join(fill(dir), broken) }); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	for range 2 {
		dir, err := cached("a", fill)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "content")); err != nil {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("filled %d times, want once after the failure", calls)
	}

	used, err := cached("a", fill)
	if err != nil {
		t.Fatal(err)
	}
	old, err := cached("b", fill)
	if err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-2 * unusedFor)
	for _, dir := range []string{used, old} {
		if err := os.Chtimes(dir, then, then); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "c"} {
		if _, err := cached(name, fill); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(used); err != nil {
		t.Errorf("used and yet removed: %v", err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("not used and yet kept: %v", err)
	}
}

func TestHashOf(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	seen := map[string]bool{}
	for _, files := range [][]string{
		{write("a", "12"), write("b", "3")},
		{write("c", "1"), write("d", "23")},
		{write("e", "123")},
	} {
		hash, err := hashOf(files, "gcc")
		if err != nil {
			t.Fatal(err)
		}
		if seen[hash] {
			t.Errorf("%v: same hash as others", files)
		}
		seen[hash] = true
	}
	if _, err := hashOf([]string{filepath.Join(dir, "missing")}); err == nil {
		t.Error("a hash of a file that is not there")
	}
}
