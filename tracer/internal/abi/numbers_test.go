package abi

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sysNumbers reads the system calls that x/sys/unix names for goarch, from its
// generated source: that of other architectures cannot be imported.
func sysNumbers(t *testing.T, goarch string) map[string]int {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Fatalf("locate golang.org/x/sys: %v", err)
	}
	src, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "unix", "zsysnum_linux_"+goarch+".go"))
	if err != nil {
		t.Fatal(err)
	}
	calls := make(map[string]int)
	for _, m := range regexp.MustCompile(`(?m)^\s*SYS_(\w+)\s*=\s*(\d+)$`).FindAllStringSubmatch(string(src), -1) {
		nr, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		calls[strings.ToLower(m[1])] = nr
	}
	if len(calls) < 300 {
		t.Fatalf("only %d calls found for %s", len(calls), goarch)
	}
	return calls
}

// ours are calls of the table that upstream does not have.
var ours = map[string]int{
	"setforkpid": 391, // the patched kernel's
}

// TestComplete fails on a system call that is not classified, is classified
// twice, or has another number in the kernel.
func TestComplete(t *testing.T) {
	for arch, goarch := range []string{X86_64: "amd64", I386: "386"} {
		arch := Arch(arch)
		rows := make(map[string]int)
		for _, r := range Calls {
			nr := r.NR[arch]
			if nr < 0 {
				continue
			}
			if other, ok := rows[r.Name]; ok {
				t.Errorf("%v: %s has two rows, %d and %d", arch, r.Name, other, nr)
			}
			rows[r.Name] = nr
			if got := Lookup(arch, nr); got == nil || got.Name != r.Name {
				t.Errorf("%v: number %d of %s leads to %v", arch, nr, r.Name, got)
			}
		}
		kernel := sysNumbers(t, goarch)
		for name, nr := range kernel {
			if got, ok := rows[name]; !ok {
				t.Errorf("%v: %s (%d) is not classified: give it a row in a table_*.go file", arch, name, nr)
			} else if got != nr {
				t.Errorf("%v: %s has number %d, the table says %d", arch, name, nr, got)
			}
		}
		for name, nr := range rows {
			if _, ok := kernel[name]; !ok && ours[name] != nr {
				t.Errorf("%v: %s (%d) is no system call", arch, name, nr)
			}
		}
	}
}

// TestSourceOrder keeps the files in the order in which people look things up:
// by x86-64 number, then by i386 number.
func TestSourceOrder(t *testing.T) {
	files, err := filepath.Glob("table_*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	row := regexp.MustCompile(`(?m)^\t\t\{"(\w+)", (\d+|no), (\d+|no),`)
	number := func(s string) int {
		if s == "no" {
			return maxCalls
		}
		nr, _ := strconv.Atoi(s)
		return nr
	}
	found := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		last := -1
		for _, m := range row.FindAllStringSubmatch(string(src), -1) {
			found++
			key := number(m[2])*(maxCalls+1) + number(m[3])
			if key < last {
				t.Errorf("%s: %s is out of order", f, m[1])
			}
			last = key
		}
	}
	if found != len(Calls) {
		t.Errorf("%d rows in the source, %d in the table", found, len(Calls))
	}
}
