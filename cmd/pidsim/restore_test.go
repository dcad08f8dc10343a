package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/checkpoint"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// ownCredentials are those of the test.
func ownCredentials(t *testing.T) *image.Credentials {
	t.Helper()
	img, err := checkpoint.Read(os.Getpid(), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return img.Root().Credentials
}

// decimals lists a set of capabilities in words.
func decimals(s image.CapSet) (words []string) {
	for _, n := range numbers(s) {
		words = append(words, fmt.Sprint(n))
	}
	return words
}

// sample is a tree with threads, a group without a leader, and a zombie.
func sample() *image.Image {
	return &image.Image{Origin: image.Live, Processes: []image.Process{
		{IDs: image.IDs{PID: 100, PPID: 90, PGID: 100, SID: 80, Threads: []pidspace.VTID{101, 105}}, State: image.Running,
			Exe: "/bin/sh", Args: []image.Text{"-sh", "-c", "x"}, Cwd: "/"},
		{IDs: image.IDs{PID: 102, PPID: 100, PGID: 102, SID: 80, Threads: []pidspace.VTID{106}}, State: image.Running},
		{IDs: image.IDs{PID: 103, PPID: 102, PGID: 99, SID: 80}, State: image.Zombie},
		{IDs: image.IDs{PID: 104, PPID: 100, PGID: 99, SID: 80}, State: image.Stopped},
	}}
}

// picture is the descendants of a family in a line.
func picture(f *pidspace.Family) string {
	if f == nil {
		return ""
	}
	var words []string
	for i := range f.Children {
		s := fmt.Sprint(f.Children[i].ID)
		if below := picture(&f.Children[i]); below != "" {
			s += "[" + below + "]"
		}
		words = append(words, s)
	}
	return strings.Join(words, " ")
}

// prepared prepares a restoration from the command line args of an image.
func prepared(t *testing.T, img *image.Image, args ...string) (*restoreOptions, error) {
	t.Helper()
	o, help, err := parseRestore(append([]string{"IMAGE"}, args...))
	if err != nil || help {
		t.Fatal(help, err)
	}
	return o, o.prepare(img)
}

func TestPresent(t *testing.T) {
	const group = -1
	tests := []struct {
		args                 string
		pid, ppid, pgid, sid int
		plan, program        string
	}{
		{"prog", 100, 90, group, 80, "102[103] 104", "[prog]"},
		{"-- prog -x --", 100, 90, group, 80, "102[103] 104", "[prog -x --]"},
		{"--process 102 prog", 102, 100, group, 80, "103", "[prog]"},
		{"--process 104 prog", 104, 100, 99, 80, "", "[prog]"},
		{"--ppid 5 --pgid 6 --sid 7 prog", 100, 5, 6, 7, "102[103] 104", "[prog]"},
		{"--plan 200 --space private prog", 100, 90, group, 80, "200", "[prog]"},
		{"", 100, 90, group, 80, "102[103] 104", "[-sh -c x]"},
	}
	// The group that it leads is presented only where it cannot be real.
	terminal := controllingTerminal{}.exists()
	for _, tt := range tests {
		o, err := prepared(t, sample(), strings.Fields(tt.args)...)
		if err != nil {
			t.Errorf("%s: %v", tt.args, err)
			continue
		}
		got := fmt.Sprintf("%d %d %d %d %v %v", o.pid, o.ppid, o.pgid, o.sid, o.plan.String()+picture(o.restored.family), o.program)
		if tt.pgid == group {
			tt.pgid = 0
			if terminal {
				tt.pgid = tt.pid
			}
		}
		if want := fmt.Sprintf("%d %d %d %d %s %s", tt.pid, tt.ppid, tt.pgid, tt.sid, tt.plan, tt.program); got != want {
			t.Errorf("%s: %s, want %s", tt.args, got, want)
		}
		for _, flag := range []string{"ppid", "pgid", "sid", "plan"} {
			if !o.given(flag) {
				t.Errorf("%s: a backend may ignore %s", tt.args, flag)
			}
		}
	}
}

// TestPresentInner: the program saw the ids of its own pid namespace.
func TestPresentInner(t *testing.T) {
	img := sample()
	img.Processes[0].Inner = []image.IDs{{PID: 1, Threads: []pidspace.VTID{2, 6}}}
	img.Processes[1].Inner = []image.IDs{{PID: 3, PPID: 1, PGID: 3, SID: 3, Threads: []pidspace.VTID{7}}}
	img.Processes[2].Inner = []image.IDs{{PID: 5, PPID: 3, PGID: 4, SID: 3}}
	o, err := prepared(t, img, "--space", "private", "prog")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(o.pid, o.ppid, o.pgid, o.sid, " ", picture(o.restored.family)), "1 0 0 0 3[5]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if diff := cmp.Diff([]pidspace.VTID{4}, o.restored.reserved); diff != "" {
		t.Errorf("reserved (-want +got):\n%s", diff)
	}
}

func TestRestoreRefuses(t *testing.T) {
	change := func(f func(p *image.Process)) *image.Image {
		img := sample()
		f(img.Root())
		return img
	}
	const fix = "; name the program to run, as in pidsim restore IMAGE -- program"
	tests := []struct {
		img        *image.Image
		args, want string
	}{
		{sample(), "--process 5 prog", "--process 5: no such process in IMAGE; see pidsim inspect IMAGE"},
		{sample(), "--process 101 prog", "--process 101: no such process"},
		{sample(), "--process 103 prog", "process 103 of IMAGE: it had ended already; choose another with --process"},
		{sample(), "--process 104", "the command in IMAGE: the image does not have it whole" + fix},
		{change(func(p *image.Process) { p.Args = nil }), "", "does not have it whole"},
		{change(func(p *image.Process) { p.Exe = "" }), "", "does not have it whole"},
		{change(func(p *image.Process) { p.Exe = "/bin/sh (deleted)" }), "", `its executable "/bin/sh (deleted)" did not exist any longer`},
		{change(func(p *image.Process) { p.Exe = "memfd:x" }), "", "did not exist any longer"},
		{change(func(p *image.Process) { p.Root = "/srv" }), "", "it ran in another root directory, /srv"},
		{change(func(p *image.Process) { p.Cwd = "/no/such" }), "", "its directory /no/such: no such file or directory"},
		{change(func(p *image.Process) { p.Unread = []image.Member{image.MemberExe} }), "", "could not be read when the image was taken"},
		{change(func(p *image.Process) { p.Credentials = creds(4711, func(c *image.Credentials) { c.UID.Saved = 5 }) }), "prog", "more than one user id"},
	}
	for _, tt := range tests {
		if _, err := prepared(t, tt.img, strings.Fields(tt.args)...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v; want %s", tt.args, err, tt.want)
		}
	}
}

// TestOwnCreds: with the flag, what the image says does not matter.
func TestOwnCreds(t *testing.T) {
	img := sample()
	img.Root().Credentials = creds(4711, func(c *image.Credentials) { c.UID.Saved = 5 })
	o, err := prepared(t, img, "--own-creds", "prog")
	if err != nil || o.restored.change.attributes() != nil {
		t.Errorf("%v", err)
	}
}

func TestParseRestore(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "restore: no image; name one",
		"--trust":                  "restore: no image",
		"I --nosuch":               "restore: --nosuch: unknown flag; see pidsim help restore",
		"--nosuch I":               "restore: --nosuch: unknown flag",
		"I -pid 7 prog":            "restore: --pid: unknown flag",
		"I --pid 7 prog":           "restore: --pid: unknown flag",
		"I --process 0 prog":       "restore: --process 0: not a process id",
		"I --process":              "restore: --process: the flag needs a value",
		"--backend nosuch I prog":  "restore: --backend nosuch: unknown backend",
		"I --emulate-cred prog":    "restore: --emulate-cred: unknown flag",
		"--version I":              "restore: --version: unknown flag",
		"I --status-fd x -- prog":  "restore: --status-fd x: not a file descriptor",
		"I --space=private --plan": "restore: --plan: the flag needs a value",
	} {
		if _, _, err := parseRestore(strings.Fields(args)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v; want %s", args, err, want)
		}
	}
	o, _, err := parseRestore([]string{"--trust", "--", "-odd", "--own-creds", "-v", "--", "-x", "--trust"})
	if err != nil || !o.trust || !o.ownCreds || o.verbose != 1 || o.image != "-odd" || fmt.Sprint(o.program) != "[-x --trust]" {
		t.Errorf("%+v, %v", o, err)
	}
	if _, _, err := parseRestore([]string{"I", ""}); err == nil || asFailure(err).code != exitNotFound {
		t.Errorf("an empty name: %v", err)
	}
}

// fileInfo is a file that a test makes up.
type fileInfo struct {
	mode fs.FileMode
	sys  any
}

func (f fileInfo) Name() string       { return "x" }
func (f fileInfo) Size() int64        { return 0 }
func (f fileInfo) Mode() fs.FileMode  { return f.mode }
func (f fileInfo) ModTime() time.Time { return time.Time{} }
func (f fileInfo) IsDir() bool        { return f.mode.IsDir() }
func (f fileInfo) Sys() any           { return f.sys }

func TestUntrusted(t *testing.T) {
	by := func(uid uint32) *syscall.Stat_t { return &syscall.Stat_t{Uid: uid} }
	for _, tt := range []struct {
		mode fs.FileMode
		sys  any
		euid int
		want string
	}{
		{0o600, by(7), 7, ""}, {0o664, by(7), 7, ""}, {0o644, by(0), 7, ""}, {fs.ModeDir | 0o755, by(0), 7, ""}, {0o600, by(0), 0, ""},
		{0o600, by(8), 7, "it belongs to user 8"}, {0o600, by(7), 0, "it belongs to user 7"},
		{0o602, by(7), 7, "everybody can write"}, {0o666, by(0), 0, "everybody can write"},
		{fs.ModeDir | fs.ModeSticky | 0o777, by(0), 7, "everybody can write"}, {0o600, nil, 7, "not known"},
	} {
		if got := untrusted(fileInfo{tt.mode, tt.sys}, tt.euid); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%v %v for %d: %q, want %q", tt.mode, tt.sys, tt.euid, got, tt.want)
		}
	}
}

// TestOpenImage reads every kind, and words what is wrong.
func TestOpenImage(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := image.WriteFile(good, sample()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dmtcp := make([]byte, 4096)
	copy(dmtcp, "DMTCP_CHECKPOINT_IMAGE_v4.0\n")
	dmtcp[104] = 7
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	any := func(string, fs.FileInfo) error { return nil }
	for path, want := range map[string]pidspace.VTGID{good: 100, "../../pidspace/image/criu/testdata/criu-4.2.1": 24242, put("dmtcp", string(dmtcp)): 7} {
		if img, err := openImage(path, any); err != nil || img.Root().PID != want {
			t.Errorf("%s: %v, %v", path, img, err)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "missing"):                               ": no such file or directory; name an image",
		put("nothing", ""):                                          ": offset 0: the file does not begin with \"pidsim-identity\": not an identity image; ",
		put("text", "something else entirely"):                      ": offset 0: the file does not begin",
		put("cut", string(whole[:len(whole)-1])):                    ": the image is cut short: 1 bytes are missing; take it again where it comes from",
		put("version", strings.Replace(string(whole), "1", "2", 1)): "offset 16: format version 2 is not known, only 1; a newer pidsim may read it",
		put("short", string(dmtcp[:100])):                           ": the header is cut short",
		pipe:                                                        ": offset 0: ",
		empty:                                                       "inventory.img: no such file or directory (the dump is not complete); name the directory of a dump that has succeeded",
	} {
		if img, err := openImage(path, any); err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %s", path, img, err, want)
		}
	}
	asked := 0
	no := failed("no", "", "")
	if _, err := openImage("../../pidspace/image/criu/testdata/criu-4.2.1", func(path string, _ fs.FileInfo) error {
		if asked++; filepath.Base(path) == "core-15034.img" {
			return no
		}
		return nil
	}); err != no || asked < 4 {
		t.Errorf("%v after %d files", err, asked)
	}
}
