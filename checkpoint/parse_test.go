package checkpoint

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

const statusText = "Name:\ta: b\nUmask:\t0027\nTgid:\t12\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t4 24 4294967295 \n" +
	"NSpid:\t12\t1\nCapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000003\nCapBnd:\t000001ffffffffff\n"

func TestStatus(t *testing.T) {
	s := parseStatus(statusText)
	c, err := s.credentials()
	if err != nil {
		t.Fatal(err)
	}
	want := &image.Credentials{UID: image.UserIDs{Real: 1, Effective: 2, Saved: 3, Filesystem: 4},
		GID: image.UserIDs{Real: 5, Effective: 6, Saved: 7, Filesystem: 8}, Groups: []uint32{4, 24, 4294967295},
		Capabilities: image.Capabilities{Inheritable: 1, Permitted: 2, Effective: 3, Bounding: 0x1ffffffffff}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
	c, err = parseStatus(statusText + "CapAmb:\t0000000000000400\nNoNewPrivs:\t1\n").credentials()
	if err != nil || c.Capabilities.Ambient == nil || *c.Capabilities.Ambient != 1<<10 || c.NoNewPrivs == nil || !*c.NoNewPrivs {
		t.Errorf("%+v, %v", c, err)
	}
	if mask, err := s.umask(); err != nil || *mask != 0o27 {
		t.Errorf("umask %v, %v", mask, err)
	}
	if mask, err := (status{}).umask(); err != nil || mask != nil {
		t.Errorf("umask of an old kernel: %v, %v", mask, err)
	}
	if ids, err := s.ids("NSpid"); err != nil || !cmp.Equal(ids, []int32{12, 1}) {
		t.Errorf("ids %v, %v", ids, err)
	}
}

// TestBadStatus: what cannot be, is an error, not a zero.
func TestBadStatus(t *testing.T) {
	for field, values := range map[string][]string{
		"Uid": {"", "1 2 3", "1 2 3 4 5", "1 2 3 x", "1 2 3 4294967296", "-1 2 3 4"}, "Gid": {"", "x"}, "Groups": {"x", "1,2"},
		"CapEff": {"", "x", "1 2", "10000000000000000"}, "CapAmb": {"x"}, "NoNewPrivs": {"", "2", "yes"},
	} {
		for _, v := range values {
			s := parseStatus(statusText)
			s[field] = v
			if c, err := s.credentials(); err == nil {
				t.Errorf("%s %q: %+v", field, v, c)
			}
		}
		s := parseStatus(statusText)
		delete(s, field)
		if _, err := s.credentials(); (err == nil) != (field == "CapAmb" || field == "NoNewPrivs") {
			t.Errorf("without %s: %v", field, err)
		}
	}
	for _, v := range []string{"", "x", "-1", "4194304", "1 4194304"} {
		if ids, err := (status{"NSpid": v}).ids("NSpid"); err == nil {
			t.Errorf("ids %q: %v", v, ids)
		}
	}
	for _, v := range []string{"", "8", "200000"} {
		if mask, err := (status{"Umask": v}).umask(); err == nil {
			t.Errorf("umask %q: %v", v, *mask)
		}
	}
}

func TestLimits(t *testing.T) {
	if list, err := Limits(os.Getpid()); err != nil || len(list) != int(image.Resources) {
		t.Error(list, err)
	}
	if list, err := Limits(pidspace.MaxPID); !gone(err) {
		t.Error(list, err)
	}
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseLimits(string(text) + "Max something new         1                    2                    \n")
	if err != nil || len(got) != int(image.Resources) {
		t.Fatal(got, err)
	}
	const head = "Limit                     Soft Limit           Hard Limit           Units     \n"
	got, err = parseLimits(head + "Max cpu time              unlimited            unlimited            seconds   \nMax nice priority         5                    40                   \n")
	if want := []image.Limit{{Resource: 0, Soft: image.Unlimited, Hard: image.Unlimited}, {Resource: 1, Soft: 5, Hard: 40}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"short", "Max cpu time              unlimited", "Max cpu time              x                    1", "Max cpu time              1                    -1"} {
		if got, err := parseLimits(head + bad + "\n"); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestTerminalNumber(t *testing.T) {
	for dev, want := range map[int]*image.Terminal{0: nil, 0x8803: {Major: 136, Minor: 3}, 0x0401: {Major: 4, Minor: 1}, 1<<20 | 0x8805: {Major: 136, Minor: 261}} {
		if got := terminal(dev); !cmp.Equal(got, want) {
			t.Errorf("%#x: %v, want %v", dev, got, want)
		}
	}
}

// TestInOrder has processes that began in one tick of the clock, where only
// the parent tells what came first.
func TestInOrder(t *testing.T) {
	type p struct {
		pid, ppid pidspace.VTGID
		started   uint64
	}
	for _, tt := range []struct {
		name string
		in   []p
		want []pidspace.VTGID
	}{
		{"by time", []p{{9, 1, 5}, {3, 9, 8}, {2, 9, 7}, {4, 9, 6}}, []pidspace.VTGID{9, 4, 2, 3}},
		{"by id", []p{{9, 1, 5}, {12, 9, 5}, {10, 9, 5}, {11, 10, 5}}, []pidspace.VTGID{9, 10, 11, 12}},
		{"wrapped around", []p{{9, 1, 5}, {3, 4, 5}, {4, 32000, 5}, {32000, 9, 5}}, []pidspace.VTGID{9, 32000, 4, 3}},
		{"an adopted child that is older", []p{{9, 1, 5}, {3, 9, 1}, {4, 3, 1}}, []pidspace.VTGID{9, 3, 4}},
		{"a loop", []p{{9, 1, 5}, {3, 4, 6}, {4, 3, 6}}, []pidspace.VTGID{9, 4, 3}},
		{"the root alone", []p{{9, 1, 5}}, []pidspace.VTGID{9}},
	} {
		var tree []image.Process
		for _, p := range tt.in {
			tree = append(tree, image.Process{IDs: image.IDs{PID: p.pid, PPID: p.ppid}, Started: p.started})
		}
		var got []pidspace.VTGID
		for _, p := range inOrder(tree) {
			got = append(got, p.PID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
