package abi

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
)

func render(t *testing.T, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRenderTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(render(t, "table"), "\n"), "\n")
	if len(lines) != len(Calls)+1 {
		t.Fatalf("%d lines for %d rows", len(lines), len(Calls))
	}
	for _, want := range []string{
		`^NAME +X86-64 +I386 +CLASS +STOPS +SUPPORT +NOTE$`,
		`^getpid +39 +20 +answer +all +full$`,
		`^read +0 +3 +translate +after signalfd, fanotify +partial +\S`,
		`^waitpid +- +7 +translate +all +full$`,
		`^ptrace +101 +26 +refuse +all +unsupported +\S`,
		`^close +3 +6 +pass +never +full$`,
		`^stat +4 +106 +translate +all +full$`,
		`^tkill +200 +238 +translate +some +full$`,
	} {
		n := 0
		for _, l := range lines {
			if regexp.MustCompile(want).MatchString(l) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines match %s", n, want)
		}
	}
	note := strings.Index(lines[0], "NOTE")
	for i, l := range lines[1:] {
		if n := Calls[i].Note; n != "" && strings.Index(l, n) != note {
			t.Errorf("note is not under its heading: %q", l)
		}
	}
	for _, l := range lines {
		if strings.TrimRight(l, " ") != l {
			t.Errorf("blanks at the end of %q", l)
		}
	}
}

// TestRenderData reads both data formats back; they must say the same.
func TestRenderData(t *testing.T) {
	var lines []Line
	if err := json.Unmarshal([]byte(render(t, "json")), &lines); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(render(t, "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(records[0], ","), "name,x86_64,i386,class,stops,support,note"; got != want {
		t.Errorf("csv heading %s, want %s", got, want)
	}
	if len(lines) != len(Calls) || len(records) != len(Calls)+1 {
		t.Fatalf("%d json and %d csv rows for %d calls", len(lines), len(records)-1, len(Calls))
	}
	for i, l := range lines {
		if got, want := strings.Join(records[i+1], "|"), strings.Join(l.cells(""), "|"); got != want {
			t.Errorf("csv %s, json %s", got, want)
		}
		if l.Name != Calls[i].Name || l.X86_64 != nil && *l.X86_64 != Calls[i].NR[X86_64] {
			t.Errorf("row %d: json %+v of %s", i, l, Calls[i].Name)
		}
	}
}

// TestRenderMore has lines that are no calls.
func TestRenderMore(t *testing.T) {
	more := Line{Name: "/proc/PID/stat", Class: "translate", Stops: "open", Support: "full"}
	for format, want := range map[string]string{
		"table": "\n/proc/PID/stat ",
		"json":  `"name": "/proc/PID/stat",`,
		"csv":   "\n/proc/PID/stat,,,translate,open,full,\n",
	} {
		var b bytes.Buffer
		if err := Render(&b, format, more); err != nil || strings.Count(b.String(), want) != 1 {
			t.Errorf("%s: %v, no %q", format, err, want)
		}
	}
}

func TestRenderUnknown(t *testing.T) {
	err := Render(&bytes.Buffer{}, "xml")
	var bad *FormatError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "table, json, csv") {
		t.Errorf("got %v", err)
	}
}

// failing is a pipe that nobody reads.
type failing struct{}

var errFull = errors.New("no space left on device")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestRenderWriteError(t *testing.T) {
	for _, f := range Formats {
		if err := Render(failing{}, f); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", f, err)
		}
	}
}
