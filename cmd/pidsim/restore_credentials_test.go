package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace/image"
)

// creds makes credentials of a user with a group of the same number.
func creds(id uint32, change ...func(*image.Credentials)) *image.Credentials {
	no, none := false, image.CapSet(0)
	c := &image.Credentials{UID: image.UserIDs{Real: id, Effective: id, Saved: id, Filesystem: id},
		GID:          image.UserIDs{Real: id, Effective: id, Saved: id, Filesystem: id},
		Capabilities: image.Capabilities{Bounding: 0x1ffffffffff, Ambient: &none}, NoNewPrivs: &no}
	if id == 0 {
		c.Capabilities.Permitted, c.Capabilities.Effective = 0x1ffffffffff, 0x1ffffffffff
	}
	for _, f := range change {
		f(c)
	}
	return c
}

func TestPlanCredentials(t *testing.T) {
	const (
		known  = image.CapSet(0x1ffffffffff)
		netRaw = image.CapSet(1 << unix.CAP_NET_RAW)
		chown  = image.CapSet(1 << unix.CAP_CHOWN)
		newer  = image.CapSet(1 << 50)
	)
	groups := func(list ...uint32) func(*image.Credentials) {
		return func(c *image.Credentials) { c.Groups = list }
	}
	caps := func(permitted, bounding image.CapSet) func(*image.Credentials) {
		return func(c *image.Credentials) {
			c.Capabilities.Permitted, c.Capabilities.Effective, c.Capabilities.Bounding = permitted, permitted, bounding
		}
	}
	withAmbient := func(s image.CapSet) func(*image.Credentials) {
		return func(c *image.Credentials) { c.Capabilities.Ambient, c.Capabilities.Inheritable = &s, s }
	}
	fromCRIU := func(c *image.Credentials) { c.Capabilities.Ambient, c.NoNewPrivs = nil, nil }
	locked := func(c *image.Credentials) { yes := true; c.NoNewPrivs = &yes }
	setuid := func(c *image.Credentials) { c.UID.Effective, c.UID.Saved, c.UID.Filesystem = 0, 0, 0 }
	setgid := func(c *image.Credentials) { c.GID.Effective = 5 }

	tests := []struct {
		name       string
		want, have *image.Credentials
		change     credentialChange
		err        string // part of the error
	}{
		{"the same root", creds(0), creds(0), credentialChange{}, ""},
		{"the same user", creds(7, groups(3, 4)), creds(7, groups(4, 3)), credentialChange{}, ""},
		{"root becomes a user", creds(7, groups(3, 4)), creds(0, groups(1)),
			credentialChange{credential: &syscall.Credential{Uid: 7, Gid: 7, Groups: []uint32{3, 4}}}, ""},
		{"other groups", creds(0), creds(0, groups(1)), credentialChange{credential: &syscall.Credential{}}, ""},
		{"a user becomes root", creds(0), creds(7), credentialChange{}, "is user 0, group 0: this one is user 7, group 7 and not privileged"},
		{"a user becomes another", creds(8, groups(9)), creds(7), credentialChange{}, "is user 8, group 8 (also 9): this one"},
		{"a user gets a group", creds(7, groups(9)), creds(7), credentialChange{}, "run pidsim as that user or as root; to only show them to the program, use --emulate-creds; to keep your own, --own-creds"},
		{"root without the capability", creds(7), creds(0, caps(known&^(1<<unix.CAP_SETGID), known)), credentialChange{}, "not privileged"},
		{"a setuid program", creds(7, setuid), creds(0), credentialChange{}, "more than one user id: real 7, effective 0, saved 0, for files 0"},
		{"a setgid program", creds(7, setgid), creds(0), credentialChange{}, "more than one group id"},

		{"root with fewer capabilities", creds(0, caps(chown, chown)), creds(0), credentialChange{drop: known &^ chown}, ""},
		{"root that gave capabilities up itself", creds(0, caps(chown, known)), creds(0), credentialChange{}, ""},
		{"root with more capabilities", creds(0), creds(0, caps(known&^chown, known&^chown)), credentialChange{},
			"more capabilities than the program can be given: capability 0; run pidsim with them as user 0"},
		{"root of a newer kernel", creds(0, caps(known|newer, known|newer)), creds(0), credentialChange{}, ""},
		{"a user with a smaller bounding set", creds(7, caps(0, chown)), creds(7),
			credentialChange{note: "the program could acquire capabilities that it could not where the image was taken: capability " + list(decimals(known&^chown))}, ""},
		{"a user with a smaller bounding set, by root", creds(7, caps(0, chown)), creds(0),
			credentialChange{credential: &syscall.Credential{Uid: 7, Gid: 7}, drop: known &^ chown}, ""},
		{"ambient capabilities, by root", creds(7, caps(netRaw, known), withAmbient(netRaw)), creds(0),
			credentialChange{credential: &syscall.Credential{Uid: 7, Gid: 7}, ambient: netRaw}, ""},
		{"ambient capabilities of both", creds(7, caps(netRaw, known), withAmbient(netRaw)), creds(7, caps(netRaw, known), withAmbient(netRaw)), credentialChange{}, ""},
		{"ambient capabilities that are missing", creds(7, caps(netRaw, known), withAmbient(netRaw)), creds(7), credentialChange{}, "capability 13"},
		{"ambient capabilities too many", creds(7), creds(7, caps(netRaw, known), withAmbient(netRaw)), credentialChange{clearAmbient: true}, ""},
		{"ambient capabilities of a dump", creds(7, caps(netRaw, known), withAmbient(netRaw), fromCRIU), creds(0),
			credentialChange{credential: &syscall.Credential{Uid: 7, Gid: 7}, ambient: netRaw}, ""},
		{"capabilities from a file", creds(7, caps(netRaw, known)), creds(0), credentialChange{}, "capability 13"},
		{"a dump by root", creds(0, fromCRIU), creds(0), credentialChange{}, ""},

		{"no_new_privs", creds(7, locked), creds(7), credentialChange{noNewPrivs: true}, ""},
		{"no_new_privs of both", creds(7, locked), creds(7, locked), credentialChange{}, ""},
		{"no_new_privs not in the image", creds(7), creds(7, locked), credentialChange{}, ""},
	}
	for _, tt := range tests {
		got, err := planCredentials(tt.want, tt.have, known)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v; want %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.change, got, cmp.AllowUnexported(credentialChange{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestChangeOwnCredentials: nothing has to change for what this process has.
func TestChangeOwnCredentials(t *testing.T) {
	self := ownCredentials(t)
	got, err := changeCredentials(self)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(credentialChange{}, got, cmp.AllowUnexported(credentialChange{})); diff != "" {
		t.Errorf("change (-want +got):\n%s", diff)
	}
	if got.attributes() != nil {
		t.Error("attributes for nothing")
	}
}

// TestEmulateCredentials: they are only shown, whoever the user is.
func TestEmulateCredentials(t *testing.T) {
	img := sample()
	img.Root().Credentials = creds(4711, func(c *image.Credentials) { c.UID.Saved = 5 })
	o, err := prepared(t, img, "--emulate-creds", "--own-creds=false", "true")
	if err != nil {
		t.Fatal(err)
	}
	if got := o.command().Credentials; got != img.Root().Credentials {
		t.Errorf("the command shows %+v", got)
	}
	if a := o.restored.change.attributes(); a != nil {
		t.Errorf("changes %+v", a)
	}
	for args, want := range map[string]string{
		"--emulate-creds --own-creds true":       "--emulate-creds with --own-creds: ",
		"--emulate-creds --backend set-tid true": "--emulate-creds with --backend set-tid: ",
		"--emulate-creds --process 102 true":     "--emulate-creds: there are no credentials in IMAGE",
	} {
		if _, err := prepared(t, img, strings.Fields(args)...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", args, err, want)
		}
	}
}
