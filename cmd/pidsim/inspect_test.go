package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/pidspace/image"
)

func TestImageText(t *testing.T) {
	img := sample()
	img.Taken = time.Date(2026, 11, 24, 6, 30, 12, 0, time.UTC)
	img.Host = &image.Host{Name: "al\x1bpha", Kernel: "6.18"}
	img.Root().Credentials = creds(1000)
	img.Processes[1].Name, img.Processes[1].Unread = "nginx", []image.Member{image.MemberCwd, image.MemberExe}
	img.Processes[2].Name = "la\nte"
	img.Processes[3].Args = []image.Text{"a b", "\x1b[2J", image.Text(strings.Repeat("é", 200))}
	const want = `Identity of live processes, taken 2026-11-24 06:30:12 UTC on al?pha (Linux 6.18)

    PID    PPID    PGID     SID    UID THREADS  COMMAND
    100      90     100      80   1000       3  -sh -c x
    102     100     102      80      ?       2   \_ [nginx]
    103     102      99      80      ?       1   |   \_ [la?te] (zombie)
    104     100      99      80      ?       1   \_ "a b" "\x1b[2J" ééé ... (stopped)

Process 102: no permission to read cwd and exe
`
	got := imageText(img)
	for strings.Contains(got, "éééé") {
		got = strings.ReplaceAll(got, "éééé", "ééé")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picture (-want +got):\n%s", diff)
	}
	for line := range strings.Lines(imageText(img)) {
		if len(line) > 300 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
}

// TestImageTextDeep: the depth of a tree costs no stack.
func TestImageTextDeep(t *testing.T) {
	img := &image.Image{Origin: image.CRIU, Processes: []image.Process{{IDs: image.IDs{PID: 1}, State: image.Running}}}
	for i := range 2000 {
		p := image.Process{State: image.Running}
		p.PID, p.PPID = img.Processes[i].PID+1, img.Processes[i].PID
		img.Processes = append(img.Processes, p)
	}
	if n := strings.Count(imageText(img), "\n"); n != 2001+3 {
		t.Errorf("%d lines", n)
	}
}

func TestCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"[name]":                          nil,
		`sh -c "a b" "" x`:                {"sh", "-c", "a b", "", "x"},
		`"nginx: worker process"`:         {"nginx: worker process", "", "", ""}, // renamed
		`""`:                              {"", ""},
		strings.Repeat("x", 200) + " ...": {strings.Repeat("x", 300)},
	} {
		if got := commandLine("name", args); got != want {
			t.Errorf("commandLine(%q) = %s, want %s", args, got, want)
		}
	}
}
