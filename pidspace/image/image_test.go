package image

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/pidspace"
)

// small is the least image there is.
func small() *Image {
	return &Image{Origin: Live, Processes: []Process{{IDs: IDs{PID: 7}, State: Running}}}
}

// full is an image in which every member is in use.
func full() *Image {
	yes, mask, ambient := true, Mode(0o27), CapSet(1<<10)
	return &Image{
		Origin: Live,
		Taken:  time.Date(2026, 11, 24, 6, 30, 12, 0, time.UTC),
		Host: &Host{Name: "alpha", Kernel: "6.18.44", BootID: "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
			Booted: time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)},
		Processes: []Process{
			{
				IDs: IDs{PID: 4242, PPID: 4000, PGID: 4242, SID: 4001, Threads: []pidspace.VTID{4250, 4243}},
				Inner: []IDs{
					{PID: 20, PPID: 0, PGID: 20, SID: 0, Threads: []pidspace.VTID{22, 21}},
					{PID: 1, PPID: 0, PGID: 1, SID: 0, Threads: []pidspace.VTID{3, 2}},
				},
				PIDNamespace: 4026531836, State: Stopped, Started: 300311,
				Name: "a \"server\"", Exe: "/usr/sbin/\xffserver", Args: []Text{"server", "", "-x <&> é\u2028", "\x01\\\u0085"},
				Env: []Text{}, Cwd: "/", Root: "/srv", Terminal: &Terminal{136, 3},
				Credentials: &Credentials{
					UID: UserIDs{1000, 0, 1000, 1}, GID: UserIDs{100, 101, 102, 103}, Groups: []uint32{4, 24},
					Capabilities: Capabilities{1, 2, 3, 1<<41 - 1, &ambient}, NoNewPrivs: &yes},
				Umask: &mask, Scheduling: &Scheduling{Policy: 2, Priority: 50, Nice: -20},
				Limits: []Limit{{0, Unlimited, Unlimited}, {7, 1024, 4096}, {15, 0, 1<<64 - 2}},
			},
			{IDs: IDs{PID: 4244, PPID: 4242, PGID: 4242, SID: 4001}, State: Running, Args: []Text{},
				Unread: []Member{MemberCwd, MemberExe, MemberRoot}},
			{IDs: IDs{PID: 300, PPID: 4244, PGID: 300, SID: 300}, State: Zombie, Name: "late"},
		},
	}
}

// encoded is the file of img, which must be a good one.
func encoded(t testing.TB, img *Image) []byte {
	t.Helper()
	b, err := Encode(img)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for _, img := range []*Image{small(), full()} {
		got, err := Decode(encoded(t, img))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(img, got); diff != "" {
			t.Errorf("image (-want +got):\n%s", diff)
		}
	}
}

func TestTree(t *testing.T) {
	img := full()
	if got := img.Root().PID; got != 4242 {
		t.Errorf("root %d", got)
	}
	if p := img.Find(4244); p != &img.Processes[1] || img.Find(4250) != nil {
		t.Errorf("found %v", p)
	}
	pids := func(list []*Process) (ids []pidspace.VTGID) {
		for _, p := range list {
			ids = append(ids, p.PID)
		}
		return ids
	}
	for pid, want := range map[pidspace.VTGID][]pidspace.VTGID{4242: {4242, 4244, 300}, 4244: {4244, 300}, 300: {300}, 5: nil} {
		if diff := cmp.Diff(want, pids(img.Subtree(pid))); diff != "" {
			t.Errorf("subtree of %d (-want +got):\n%s", pid, diff)
		}
	}
	if diff := cmp.Diff([][]int{{1}, {2}, nil}, img.Children()); diff != "" {
		t.Errorf("children (-want +got):\n%s", diff)
	}
}

func TestLevels(t *testing.T) {
	p := full().Root()
	if p.Levels() != 3 {
		t.Errorf("%d levels", p.Levels())
	}
	for level, want := range []pidspace.VTGID{4242, 20, 1} {
		if ids, ok := p.At(level); !ok || ids.PID != want {
			t.Errorf("level %d: %v %v", level, ids, ok)
		}
	}
	for _, level := range []int{-1, 3} {
		if ids, ok := p.At(level); ok {
			t.Errorf("level %d: %v", level, ids)
		}
	}
}

func TestTerminalName(t *testing.T) {
	for want, term := range map[string]Terminal{
		"pts/3": {136, 3}, "pts/1048577": {137, 1}, "tty1": {4, 1}, "ttyS0": {4, 64}, "204:64": {204, 64},
	} {
		if got := term.String(); got != want {
			t.Errorf("%#v is %s, want %s", term, got, want)
		}
	}
}
