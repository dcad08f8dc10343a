package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenTrace(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string) {
		t.Helper()
		f, err := openTrace(at(name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "new\n"); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	check := func(name, want string) {
		t.Helper()
		if got, err := os.ReadFile(at(name)); err != nil || string(got) != want {
			t.Errorf("%s has %q (%v), want %q", name, got, err, want)
		}
	}
	write("fresh")
	check("fresh", "new\n")
	if fi, err := os.Stat(at("fresh")); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode of a new file: %v, %v", fi.Mode(), err)
	}
	if err := os.WriteFile(at("old"), []byte("old and longer\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	write("old")
	check("old", "new\n")

	for name, target := range map[string]string{"link": "precious", "dangling": "nowhere", "null": os.DevNull} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at("precious"), []byte("precious\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	write("null")
	for _, name := range []string{"link", "dangling", "no/such/dir", "."} {
		f, err := openTrace(at(name))
		if err == nil {
			f.Close()
			t.Errorf("openTrace(%q) opens it", name)
			continue
		}
		if f := asFailure(err); f.code != exitFailed || f.why == "" || f.fix == "" {
			t.Errorf("openTrace(%q) = %q", name, err)
		}
	}
	check("precious", "precious\n")
	if _, err := os.Lstat(at("nowhere")); err == nil {
		t.Error("a dangling link made a file")
	}
}

func TestTraceToStandardError(t *testing.T) {
	f, err := openTrace("-")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stderr.Stat(); err != nil {
		t.Errorf("standard error was closed: %v", err)
	}
}
