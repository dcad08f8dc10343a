package tracer

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the documents that are made from the table")

// syscallsFile is the table as a document. go test -run TestSyscallsDocument
// -update writes it.
const syscallsFile = "SYSCALLS.md"

// TestSyscallsDocument holds the document against the table.
func TestSyscallsDocument(t *testing.T) {
	want := syscallsDocument(t)
	if *update {
		if err := os.WriteFile(syscallsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(syscallsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says: go test ./tracer -run TestSyscallsDocument -update", syscallsFile)
	}
}

// A documented row is a call or a file, as WriteSyscalls has it.
type documented struct{ Name, Class, Stops, Support, Note string }

// syscallsDocument makes the document. Calls and files that carry no ids are
// only named.
func syscallsDocument(t *testing.T) string {
	var text bytes.Buffer
	if err := WriteSyscalls(&text, "json"); err != nil {
		t.Fatal(err)
	}
	var rows []documented
	if err := json.Unmarshal(text.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	var calls, files []documented
	var plain []string
	for _, r := range rows {
		switch {
		case strings.HasPrefix(r.Name, "/"):
			files = append(files, r)
		case r.Class == "pass" && r.Support == "full" && r.Note == "":
			plain = append(plain, "`"+r.Name+"`")
		default:
			calls = append(calls, r)
		}
	}
	var b strings.Builder
	b.WriteString("# System calls and files\n\n" +
		"Made from the table that the supervisor works from; `pidsim syscalls` shows the same, with the numbers of the calls.\n\n" +
		"What is done: *translate* (ids are replaced), *answer* (the supervisor answers), *observe* (it takes note), *pass*\n" +
		"(nothing), *refuse* (the call fails). Support is full, partial (the note says what is missing) or unsupported.\n\n" +
		"## Calls that carry ids\n\n")
	documentTable(&b, "Call", calls)
	fmt.Fprintf(&b, "\n## Calls that carry none\n\n%d, which run as they are and cost nothing:\n%s.\n\n## Files\n\n", len(plain), strings.Join(plain, ", "))
	b.WriteString("What shows a file is a copy in memory: `fstat` tells its size, where files of /proc have none, and it can be mapped\n" +
		"and read from its end.\n\n")
	documentTable(&b, "File", files)
	return b.String()
}

func documentTable(b *strings.Builder, first string, rows []documented) {
	fmt.Fprintf(b, "| %s | what is done | stops | support | note |\n|---|---|---|---|---|\n", first)
	for _, r := range rows {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", r.Name, r.Class, r.Stops, r.Support, strings.ReplaceAll(r.Note, "|", `\|`))
	}
}
