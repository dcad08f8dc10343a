package vm

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

// readArchive reads an initramfs back the way the kernel does: fixed headers,
// names and contents aligned to four bytes.
func readArchive(t *testing.T, packed []byte) map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]string{}
	for at := 0; ; {
		var fields [13]int
		header := string(data[at : at+110])
		if !strings.HasPrefix(header, "070701") {
			t.Fatalf("no header at %d: %q", at, header)
		}
		for i := range fields {
			if _, err := fmt.Sscanf(header[6+8*i:14+8*i], "%X", &fields[i]); err != nil {
				t.Fatal(err)
			}
		}
		size, nameSize := fields[6], fields[11]
		name := string(data[at+110 : at+110+nameSize-1])
		content := (at + 110 + nameSize + 3) &^ 3
		if name == "TRAILER!!!" {
			return entries
		}
		entries[name] = fmt.Sprintf("%o %s", fields[1], data[content:content+size])
		at = (content + size + 3) &^ 3
	}
}

func TestInitramfs(t *testing.T) {
	packed, err := initramfs([]file{{"init", []byte("program")}, {"a", nil}, {"bb", []byte("12345678")}})
	if err != nil {
		t.Fatal(err)
	}
	got := readArchive(t, packed)
	want := map[string]string{
		"dev": "40755 ", "host": "40755 ", "dev/console": "20600 ",
		"init": "100755 program", "a": "100755 ", "bb": "100755 12345678",
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s is %q, want %q", name, got[name], content)
		}
	}
	if len(got) != len(want) {
		t.Errorf("entries %v", got)
	}
}

func TestComplaintIn(t *testing.T) {
	quiet := "[    0.0] Linux version 6.1\n[    1.0] setforkpid: loading out-of-tree module taints kernel.\n"
	if got := complaintIn(quiet); got != "" {
		t.Errorf("complaint %q about nothing", got)
	}
	loud := quiet + "[    2.0] BUG: kernel NULL pointer dereference\n"
	if got := complaintIn(loud); !strings.Contains(got, "NULL pointer") {
		t.Errorf("complaint %q", got)
	}
}
