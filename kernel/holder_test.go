package kernel

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "just now", 999 * time.Millisecond: "just now", time.Second: "1 s ago", 59 * time.Second: "59 s ago",
		90 * time.Second: "1 min ago", 3*time.Hour + 59*time.Minute: "3 h ago", 49 * time.Hour: "2 d ago", 900 * 24 * time.Hour: "900 d ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"sleep 60": "sleep 60", "a\nb\x1b[1m": "a?b?[1m", "\xff": "?", "": "",
		strings.Repeat("x", 61): strings.Repeat("x", 57) + "...",
		strings.Repeat("é", 60): strings.Repeat("é", 60),
	} {
		if got := printable(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestHolderString(t *testing.T) {
	for want, h := range map[string]Holder{
		"by nginx (master), started 3 h ago": {Kind: HolderProcess, PID: 42, Name: "nginx", Role: "master", Age: 3 * time.Hour},
		"by nginx":                           {Kind: HolderProcess, Name: "nginx", Age: -1},
		"by a thread of process 42, java (java -jar x), started 2 s ago":           {Kind: HolderThread, PID: 42, Name: "java", Role: "java -jar x", Age: 2 * time.Second},
		"as the process group of process 42, cat, started just now":                {Kind: HolderGroup, PID: 42, Name: "cat"},
		"as the session of process 42, cat, started just now":                      {Kind: HolderSession, PID: 42, Name: "cat"},
		"by x (child of y 7), which has ended but was not collected by its parent": {Kind: HolderZombie, Name: "x", Role: "child of y 7"},
		"by a process that /proc does not show":                                    {Kind: HolderHidden},
		"or was a moment ago":                                                      {},
	} {
		if got := h.String(); got != want {
			t.Errorf("%+v: %q, want %q", h, got, want)
		}
	}
}

// TestTitle recognises a server that sets the titles of its processes.
func TestTitle(t *testing.T) {
	cmd := exec.Command("sleep", "3600")
	cmd.Args[0] = "sleep: master process /usr/sbin/sleep"
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var h Holder
	until(t, func() bool { h = FindHolder(cmd.Process.Pid); return h.Role == "master" })
	if got := h.String(); got != "by sleep (master), started just now" && !strings.HasPrefix(got, "by sleep (master), started 1 s") {
		t.Errorf("%q", got)
	}
}

func TestFindHolder(t *testing.T) {
	if h := FindHolder(os.Getpid()); h.Kind != HolderProcess || h.Name != "pidsim itself" {
		t.Errorf("own id: %+v", h)
	}
	if h := FindHolder(4194303); h.Kind != HolderUnknown {
		t.Errorf("the largest id: %+v", h)
	}
}
