package image

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/v1.pidsim; only before the format is released")

// TestGolden holds later releases to the promise that they read what earlier
// ones wrote, and write the same.
func TestGolden(t *testing.T) {
	const name = "testdata/v1.pidsim"
	if *update {
		if err := os.WriteFile(name, encoded(t, full()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	img, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full(), img); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(string(b), string(encoded(t, full()))); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// TestEveryBit flips each bit of a small image.
func TestEveryBit(t *testing.T) {
	b := encoded(t, small())
	for i := range b {
		for bit := range 8 {
			b[i] ^= 1 << bit
			if img, err := Decode(b); err == nil {
				t.Errorf("bit %d of byte %d flipped: %v", bit, i, img)
			}
			b[i] ^= 1 << bit
		}
	}
}

// TestEveryLength cuts an image short everywhere, and makes it longer.
func TestEveryLength(t *testing.T) {
	b := encoded(t, full())
	for n := range b {
		_, err := Decode(b[:n])
		var f *FormatError
		if !errors.As(err, &f) || !errors.Is(err, ErrFormat) || f.Offset < 0 || f.Offset > int64(n) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := Decode(append(b, '\n')); err == nil {
		t.Error("a longer image was read")
	}
}

// sealed puts an honest header before a body.
func sealed(body string) []byte {
	return fmt.Appendf(nil, "pidsim-identity 1 %d %x\n%s", len(body), sha256.Sum256([]byte(body)), body)
}

// TestRefused has bad images with good hashes. At is a text that stands at the
// offset of the error; want is part of the reason.
func TestRefused(t *testing.T) {
	good := string(encoded(t, full()))
	_, body, _ := strings.Cut(good, "\n")
	change := func(old, new string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("no %q in\n%s", old, body)
		}
		return strings.Replace(body, old, new, 1)
	}
	second := "{\n\t\t\t\"pid\": 4244"
	tests := []struct {
		name, body, at, want string
		err                  error
	}{
		{"nothing", "", "", "not JSON", ErrFormat},
		{"null", "null\n", "null", `"{" is missing`, ErrFormat},
		{"a list", "[]\n", "[]", `"{" is missing`, ErrFormat},
		{"no member", "{}\n", "{}", "origin", ErrInconsistent},
		{"no end", body[:len(body)-3], "", "not JSON", ErrFormat},
		{"more after the end", body + "{}\n", "{}\n", "canonical", ErrFormat},
		{"unknown member of the image", change(`"origin"`, `"orogin"`), `"orogin"`, `member "orogin" is not known`, ErrFormat},
		{"unknown member of a process", change(`"ppid": 4242`, `"ppod": 4242`), second, `"ppod"`, ErrFormat},
		{"other case", change(`"ppid": 4242`, `"PPID": 4242`), `PPID": 4242`, "canonical", ErrFormat},
		{"a member twice", change(`"ppid": 4242`, "\"ppid\": 4242,\n\t\t\t\"ppid\": 4242"), "pid\": 4242,\n\t\t\t\"pgid", "canonical", ErrFormat},
		{"a member before", change(`"origin": "process",`, "\"host\": {},\n\t\"origin\": \"process\","), `host": {}`, "canonical", ErrFormat},
		{"other white space", change("\n\t\"taken\"", "\n \"taken\""), ` "taken"`, "canonical", ErrFormat},
		{"other escapes", change("<&>", `\u003c&>`), `\u003c`, "canonical", ErrFormat},
		{"raw control character", change(`\u0001`, "\x01"), "", "not JSON", ErrFormat},
		{"not UTF-8", change("alpha", "al\xffha"), "\xffha", "canonical", ErrFormat},
		{"text in base64", change(`"alpha"`, `{"base64":"YWxwaGE="}`), `{"base64":"YWx`, "canonical", ErrFormat},
		{"bad base64", change(`"L3V`, `"L3V*`), "", "base64", ErrFormat},
		{"number for text", change(`"alpha"`, `5`), "", "", ErrFormat},
		{"null for text", change(`"alpha"`, `null`), "", "", ErrFormat},
		{"null for host", change(`"host": {`, "\"host\": null,\n\"x\": {"), "", "", ErrFormat},

		{"no process", change(body[strings.Index(body, `"processes"`):], "\"processes\": []\n}\n"), "{", "no process", ErrInconsistent},
		{"pid 0", change(`"pid": 4244`, `"pid": 0`), "{\n\t\t\t\"pid\": 0", "process id 0 is not in 1 to 4194303", ErrInconsistent},
		{"pid -1", change(`"pid": 4244`, `"pid": -1`), "{\n\t\t\t\"pid\": -1", "process id -1", ErrInconsistent},
		{"pid too large", change(`"pid": 4244`, `"pid": 4194304`), "{\n\t\t\t\"pid\": 4194304", "4194304", ErrInconsistent},
		{"pid 2^31", change(`"pid": 4244`, `"pid": 2147483648`), "{\n\t\t\t\"pid\": 2147483648", "number 2147483648", ErrFormat},
		{"pid 1.5", change(`"pid": 4244`, `"pid": 1.5`), "", "number 1.5", ErrFormat},
		{"pid 4e3", change(`"pid": 4244`, `"pid": 4e3`), "", "", ErrFormat},
		{"pid as text", change(`"pid": 4244`, `"pid": "4244"`), "", "string", ErrFormat},
		{"the same pid twice", change(`"pid": 4244`, `"pid": 4242`), "{\n\t\t\t\"pid\": 4242,\n\t\t\t\"ppid\": 4242", "own parent", ErrInconsistent},
		{"a pid that is a thread", change(`"pid": 4244`, `"pid": 4250`), "{\n\t\t\t\"pid\": 4250", "id 4250 occurs twice", ErrInconsistent},
		{"own parent", change(`"ppid": 4242`, `"ppid": 4244`), second, "4244 is its own parent", ErrInconsistent},
		{"cycle of two", change(`"ppid": 4242`, `"ppid": 300`), second, "a cycle", ErrInconsistent},
		{"cycle with the root", change(`"ppid": 4000`, `"ppid": 300`), "{\n\t\t\t\"pid\": 4242", "a cycle", ErrInconsistent},
		{"orphan", change(`"ppid": 4244`, `"ppid": 1`), "{\n\t\t\t\"pid\": 300", "its parent 1 is not in the image", ErrInconsistent},
		{"child of a thread", change(`"ppid": 4244`, `"ppid": 4250`), "{\n\t\t\t\"pid\": 300", "is a thread", ErrInconsistent},
		{"group of a thread", change(`"pgid": 300`, `"pgid": 4250`), "{\n\t\t\t\"pid\": 300", "is a thread", ErrInconsistent},
		{"group out of range", change(`"pgid": 300`, `"pgid": 4194304`), "{\n\t\t\t\"pid\": 300", "group 4194304", ErrInconsistent},
		{"thread 0", change("4250,\n\t\t\t\t4243", "0,\n\t\t\t\t4243"), "", "thread 0", ErrInconsistent},
		{"levels of different shape", change("22,\n\t\t\t\t\t\t21", "22"), "", "threads in one pid namespace", ErrInconsistent},
		{"a zombie with threads", change("\"sid\": 300,", "\"sid\": 300,\n\t\t\t\"threads\": [\n\t\t\t\t9\n\t\t\t],"), "", "zombie", ErrInconsistent},
		{"state", change(`"state": "zombie"`, `"state": "undead"`), "", `"undead"`, ErrInconsistent},
		{"origin", change(`"origin": "process"`, `"origin": "blcr"`), "{", `"blcr"`, ErrInconsistent},
		{"zero byte", change(`"name": "late"`, `"name": "la\u0000e"`), "", "zero byte", ErrInconsistent},
		{"time with fraction", change(`06:30:12Z`, `06:30:12.5Z`), "{", "whole seconds", ErrInconsistent},
		{"time in another zone", change(`06:30:12Z`, `06:30:12+01:00`), "{", "UTC", ErrInconsistent},
		{"umask", change(`"0027"`, `"027"`), "", "mask", ErrFormat},
		{"policy", change(`"rr"`, `"lottery"`), "", "lottery", ErrFormat},
		{"resource", change(`"nofile `, `"nofiles `), "", "nofiles", ErrFormat},
		{"limits in disorder", change(`"nofile `, `"rttime `), "", "out of order", ErrInconsistent},
		{"soft above hard", change(` 1024 4`, ` 4097 4`), "", "exceeds", ErrInconsistent},
		{"limit", change(` 1024 4`, ` 18446744073709551615 4`), "", "limit", ErrFormat},
		{"limit with zeros", change(` 1024 4`, ` 01024 4`), "01024", "canonical", ErrFormat},
		{"limits alone", change(` 1024 4096"`, ` 1024"`), "", "two limits", ErrFormat},
		{"capabilities", change(`"000001ffffffffff"`, `"1ffffffffff"`), "", "capabilities", ErrFormat},
		{"what cannot be unreadable", change(`"cwd",`, `"cvd",`), "", "cvd", ErrInconsistent},
	}
	for _, tt := range tests {
		b := sealed(tt.body)
		img, err := Decode(b)
		var f *FormatError
		if !errors.As(err, &f) {
			t.Errorf("%s: %v, %v", tt.name, img, err)
			continue
		}
		if !errors.Is(err, tt.err) || !strings.Contains(f.Reason, tt.want) || len(f.Reason) > 200 {
			t.Errorf("%s: %v; want %q and %v", tt.name, err, tt.want, tt.err)
		}
		if rest := b[min(f.Offset, int64(len(b))):]; !bytes.HasPrefix(bytes.TrimLeft(rest, ",\n\t"), []byte(strings.TrimLeft(tt.at, ",\n\t"))) {
			t.Errorf("%s: offset %d is at %.40q, want %q", tt.name, f.Offset, rest, tt.at)
		}
	}
}

func TestRefusedHeader(t *testing.T) {
	b := encoded(t, small())
	line, body, _ := strings.Cut(string(b), "\n")
	words := strings.Fields(line)
	tests := []struct {
		line   string
		offset int64
		want   string
		err    error
	}{
		{"pidsim-identitx 1 2 3", 0, "not an identity image", ErrFormat},
		{strings.Replace(line, " 1 ", " 2 ", 1), 16, "format version 2 is not known, only 1", ErrVersion},
		{strings.Replace(line, " 1 ", " 0 ", 1), 16, "format version 0", ErrVersion},
		{strings.Replace(line, " 1 ", " 01 ", 1), 16, "not a format version", ErrFormat},
		{strings.Replace(line, " 1 ", " 99999999999 ", 1), 16, "not a format version", ErrFormat},
		{strings.Replace(line, " 1 ", "  1 ", 1), 16, "not a format version", ErrFormat},
		{"pidsim-identity 1 0" + words[2] + " " + words[3], 18, "not a length", ErrFormat},
		{"pidsim-identity 1 -5 " + words[3], 18, "not a length", ErrFormat},
		{"pidsim-identity 1 67108865 " + words[3], 18, "exceeds", ErrTooLarge},
		{"pidsim-identity 1 " + words[2] + " " + strings.ToUpper(words[3]), 22, "SHA-256", ErrFormat},
		{line + "0", 22, "SHA-256", ErrFormat},
		{line[:len(line)-1], 22, "SHA-256", ErrFormat},
		{line + strings.Repeat(" ", 100), int64(maxHeader), "does not end", ErrFormat},
		{line + "\r", 22, "SHA-256", ErrFormat},
	}
	for _, tt := range tests {
		_, err := Decode([]byte(tt.line + "\n" + body))
		var f *FormatError
		if !errors.As(err, &f) || !errors.Is(err, tt.err) || f.Offset != tt.offset || !strings.Contains(f.Reason, tt.want) {
			t.Errorf("%s: %v; want offset %d, %q", tt.line, err, tt.offset, tt.want)
		}
	}
}

// TestTooManyProcesses checks that a million processes are refused, and that
// refusing them does not take memory for them.
func TestTooManyProcesses(t *testing.T) {
	head := "{\n\t\"origin\": \"process\",\n\t\"processes\": ["
	for name, list := range map[string]string{
		"real ones": strings.Repeat(`{"pid":1},`, 1_000_000),
		"tiny ones": strings.Repeat(`{},`, 10_000_000),
	} {
		b := sealed(head + list)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(b)
		runtime.ReadMemStats(&after)
		var f *FormatError
		if !errors.As(err, &f) || !errors.Is(err, ErrTooLarge) || !strings.Contains(f.Reason, "more than 32768 processes") {
			t.Errorf("%s: %v", name, err)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 200<<20 {
			t.Errorf("%s: %d MiB were allocated", name, spent>>20)
		}
	}
	img := small()
	img.Processes = make([]Process, 1_000_000)
	if _, err := Encode(img); !errors.Is(err, ErrTooLarge) {
		t.Errorf("encoding: %v", err)
	}
}

// TestMostProcesses reads the largest tree there can be.
func TestMostProcesses(t *testing.T) {
	img := small()
	for i := range MaxProcesses - 1 {
		img.Processes = append(img.Processes, Process{IDs: IDs{PID: img.Processes[i].PID + 1, PPID: img.Processes[i].PID}, State: Running})
	}
	got, err := Decode(encoded(t, img))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Subtree(7)) != MaxProcesses {
		t.Errorf("%d processes", len(got.Subtree(7)))
	}
}

// TestTooLong reads no further than it must.
func TestTooLong(t *testing.T) {
	r := &endless{}
	if _, err := Read(r); err == nil || r.read > MaxBody+4096 {
		t.Errorf("%v after %d bytes", err, r.read)
	}
	img := small()
	img.Processes[0].Args = []Text{Text(strings.Repeat("x", MaxBody+1))}
	if _, err := Encode(img); !errors.Is(err, ErrTooLarge) {
		t.Errorf("encoding: %v", err)
	}
}

// endless is a reader without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	copy(b, "pidsim-identity 1 ")
	return len(b), nil
}

// FuzzDecode checks that whatever is read is written again as it was. The
// fuzzer works on the body, and the test seals it, since it would never find a
// hash.
func FuzzDecode(f *testing.F) {
	for _, img := range []*Image{small(), full()} {
		_, body, _ := strings.Cut(string(encoded(f, img)), "\n")
		f.Add([]byte(body), false)
		f.Add(encoded(f, img), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		if !whole {
			b = sealed(string(b))
		}
		img, err := Decode(b)
		if err != nil {
			var f *FormatError
			if img != nil || !errors.As(err, &f) || f.Offset < 0 || f.Offset > int64(len(b)) || f.Reason == "" {
				t.Fatalf("%v, %#v", img, err)
			}
			return
		}
		if again, err := Encode(img); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("written again: %v\n%s\nwas\n%s", err, again, b)
		}
	})
}
