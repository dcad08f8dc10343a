package bench

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pidsim/pidsim/kernel"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// fixed is a result with something of everything.
func fixed() *Result {
	one, none := 1.0, 0.0
	cell := func(p Place, row, mechanism string, samples ...float64) Cell {
		return Cell{Place: p, Row: row, Mechanism: mechanism, Samples: samples}
	}
	r := &Result{
		Format: format, Version: version, Taken: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC),
		Machine: Machine{Pidsim: "v1.0.0", Kernel: "Linux 6.18", CPU: "A|B <Processor> & more", CPUs: 2},
		Rounds:  3, LengthNS: 50e6, Clock: "wall", Command: "echo *", Places: Places(),
		Rows: []RowInfo{
			{"start", "start-up of true", Excess},
			{"getpid", "the id of the process", Ratio},
			{"getuid", "a call without ids", Ratio},
			{"command", "echo *", Ratio},
			{"memory1", "the supervisor", Memory},
		},
		Mechanisms: []MechanismInfo{
			{"host", "pidsim: host", kernel.Works, "", ""},
			{"setforkpid", "pidsim: setforkpid", kernel.Absent, "this kernel does not have it", "load the module"},
			{"faketime", "a preloaded library", kernel.Works, "", ""},
		},
		Cells: []Cell{
			cell(One, "start", native, 1e6, 1.1e6, 0.9e6), cell(One, "start", "host", 3e6, 3.3e6, 2.8e6), cell(One, "start", "faketime", 2e6, 2.1e6, 2.2e6),
			cell(One, "getpid", native, 80, 81, 100), cell(One, "getpid", "host", 3200, 3300, 3900),
			cell(One, "getuid", native, 80, 80, 80), cell(One, "getuid", "host", 84, 80, 88),
			cell(One, "command", native, 1.5e9, 1.6e9, 12e9), cell(One, "command", "host", 1.6e9, 1.6e9, 13e9),
			cell(One, "memory1", "host", 12, 12.5, 13),
			cell(Free, "start", native, 1e6, 1.1e6, 0.9e6), cell(Free, "start", "host", 3e6, 3.3e6, 2.8e6),
			cell(Free, "getpid", native, 80, 81, 100), cell(Free, "getpid", "host", 9000, 40000, 20000),
			cell(Free, "getuid", native, 80, 80, 80), cell(Free, "getuid", "host", 84, 80, 88),
		},
	}
	r.Cells[4].Stops, r.Cells[6].Stops = &one, &none
	r.Cells = append(r.Cells,
		Cell{Place: One, Row: "getpid", Mechanism: "faketime", Why: "it is static"},
		Cell{Place: One, Row: "getuid", Mechanism: "faketime", Why: "it is static"},
		Cell{Place: Free, Row: "getpid", Mechanism: "faketime", Why: "it is static"},
	)
	return r
}

// forms are the ways to write a result.
var forms = map[string]func(io.Writer, *Result) error{
	"result.txt": WriteText, "result.md": WriteMarkdown, "result.csv": WriteCSV, "result.svg": WriteSVG, "result.json": Encode,
	"compare.txt": func(w io.Writer, r *Result) error { return WriteComparison(w, fixed(), changed(r)) },
}

// changed is a later result on another kernel.
func changed(r *Result) *Result {
	r.Machine.Kernel, r.Command = "Linux 6.19", "echo ?"
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Mechanism == "host" && c.Row == "getpid" {
			for j := range c.Samples {
				c.Samples[j] /= 2
			}
		}
	}
	return r
}

// TestForms compares each form of a fixed result with a file.
func TestForms(t *testing.T) {
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got, fixed()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", path, d)
			}
		})
	}
}

func TestDecode(t *testing.T) {
	var b bytes.Buffer
	if err := Encode(&b, fixed()); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	want := fixed()
	want.summarize()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Cell{})); d != "" {
		t.Errorf("what was read differs from what was written (-want +got):\n%s", d)
	}
}

// TestDecodeRefuses changes one thing of a result that is right.
func TestDecodeRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := Encode(&b, fixed()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, want string }{
		{`"format": "pidsim-bench"`, `"format": "other"`, "no result"},
		{`"version": 1`, `"version": 2`, "version 2"},
		{`"version": 1`, `"version": "1"`, "no result"},
		{`"rounds": 3`, `"rounds": 1000000`, "range"},
		{`"rounds": 3`, `"rounds": 2`, "3 measurements in 2 rounds"},
		{`"rounds": 3`, `"rounds": "3"`, "rounds"},
		{`"taken": "2026`, `"taken": "0001`, "time"},
		{`"clock": "wall"`, `"clock": "sun"`, "clock"},
		{`"unit": "excess"`, `"unit": "metre"`, "unit"},
		{`"name": "getpid"`, `"name": "start"`, "repeated"},
		{`"name": "host"`, `"name": "native"`, "repeated"},
		{`"name": "getpid"`, `"name": "\u001b[2J"`, "name"},
		{`"outcome": "absent"`, `"outcome": "maybe"`, "maybe"},
		{`"what": "the supervisor"`, `"what": "\u001b[2J"`, "printed"},
		{`"why": "it is static"`, `"why": "a\nb"`, "printed"},
		{`"kernel": "Linux 6.18"`, `"kernel": "` + strings.Repeat("x", 5000) + `"`, "long"},
		{`"row": "getpid"`, `"row": "getppid"`, "nowhere"},
		{`"place": "free"`, `"place": "moon"`, "nowhere"},
		{`"place": "free"`, `"place": "one"`, "twice"},
		{`3900`, `-3900`, "range"},
		{`3900`, `1e300`, "range"},
		{`3900`, `1e400`, "3900|1e400|number"},
		{`"stops": 1`, `"stops": -1`, "stops"},
		{`"why": "it is static"`, `"why": ""`, "either"},
		{"\n}\n", "\n}\n{}", "no result"},
		{"{", "", "no result"},
	} {
		text := strings.Replace(b.String(), tt.old, tt.new, 1)
		if text == b.String() {
			t.Errorf("%q is not in the result", tt.old)
		}
		_, err := Decode(strings.NewReader(text))
		var format *FormatError
		var version *VersionError
		if !errors.As(err, &format) && !errors.As(err, &version) {
			t.Errorf("%q for %q: %v, want a refusal", tt.new, tt.old, err)
			continue
		}
		found := false
		for word := range strings.SplitSeq(tt.want, "|") {
			found = found || strings.Contains(err.Error(), word)
		}
		if !found || !printable(err.Error()) {
			t.Errorf("%q for %q: %q, want something about %q", tt.new, tt.old, err, tt.want)
		}
	}
	if _, err := Decode(io.LimitReader(spaces{}, 1<<30)); err == nil {
		t.Error("no error for a file without an end")
	}
}

// spaces is a reader of blanks.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// FuzzDecode finds out that whatever is taken for a result can be shown in
// every form, and is the same when it is written and read again.
func FuzzDecode(f *testing.F) {
	var b bytes.Buffer
	if err := Encode(&b, fixed()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"format":"pidsim-bench","version":1,"taken":"2026-11-24T10:00:00Z","rounds":1,"clock":"wall","places":["one"],"rows":[{"name":"a","unit":"memory"}],"cells":[{"place":"one","row":"a","mechanism":"native","samples":[1]}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Decode(bytes.NewReader(text))
		if err != nil {
			if r != nil || !printable(err.Error()) {
				t.Fatalf("%v with %v", r, err)
			}
			return
		}
		for name, write := range forms {
			if strings.HasPrefix(name, "result") {
				if err := write(io.Discard, r); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if err := WriteComparison(io.Discard, r, r); err != nil && err != ErrNothingCommon {
			t.Error(err)
		}
		var b bytes.Buffer
		if err := Encode(&b, r); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(&b)
		if err != nil {
			t.Fatalf("not read again: %v", err)
		}
		if d := cmp.Diff(r, again, cmpopts.IgnoreUnexported(Cell{})); d != "" {
			t.Errorf("read again it differs:\n%s", d)
		}
	})
}

func TestNothingCommon(t *testing.T) {
	other := fixed()
	other.Rows, other.Cells = other.Rows[:1], nil
	if err := WriteComparison(io.Discard, fixed(), other); err != ErrNothingCommon {
		t.Errorf("got %v", err)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{"a\nb": "a b", "\x1b[2J": "?[2J", "\xff": "?", strings.Repeat("ä", 2000): strings.Repeat("ä", maxText)} {
		if got := clean(in); got != want || !printable(got) {
			t.Errorf("clean(%.20q) = %.20q", in, got)
		}
	}
}

// TestTitle: the time is in UTC, whatever zone a file has it in.
func TestTitle(t *testing.T) {
	r := fixed()
	r.Taken = r.Taken.In(time.FixedZone("", 5*3600))
	if got, want := r.title(), fixed().title(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOneRound: a comparison says what it cannot tell.
func TestOneRound(t *testing.T) {
	one := fixed()
	one.Rounds = 1
	if list := strings.Join(differences(fixed(), one), " "); !strings.Contains(list, "single round") {
		t.Errorf("got %q", list)
	}
	if list := differences(fixed(), fixed()); len(list) > 0 {
		t.Errorf("two equal results: %q", list)
	}
}
