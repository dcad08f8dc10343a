package main

import (
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/checkpoint"
	"github.com/pidsim/pidsim/pidspace/image"
)

// credentialChange is what must be done so that a program has the credentials
// of an image when it begins. The zero value is nothing.
type credentialChange struct {
	credential *syscall.Credential // nil leaves user and groups
	ambient    image.CapSet        // to be raised
	drop       image.CapSet        // from the bounding set
	noNewPrivs bool
	// clearAmbient empties the ambient set before ambient is raised.
	clearAmbient bool
	// note says what differs all the same, and does not matter to a program
	// that is not privileged.
	note string
}

// changeCredentials decides how the program gets credentials. What it cannot
// have is an error.
func changeCredentials(want *image.Credentials) (credentialChange, error) {
	self, err := checkpoint.Read(os.Getpid(), checkpoint.Options{})
	if err != nil {
		return credentialChange{}, checkpointFailure(err)
	}
	return planCredentials(want, self.Root().Credentials, knownCapabilities())
}

// keepOwn is what to do about a difference.
const keepOwn = "to only show them to the program, use --emulate-creds; to keep your own, --own-creds"

// planCredentials decides how a program gets credentials, of a process that
// has have. Known are the capabilities of this kernel; images may be from one
// with more.
func planCredentials(want, have *image.Credentials, known image.CapSet) (c credentialChange, err error) {
	if err := c.planUser(want, have); err != nil {
		return c, err
	}
	caps := want.Capabilities
	c.drop = have.Capabilities.Bounding &^ caps.Bounding & known
	if c.drop != 0 && !can(have, unix.CAP_SETPCAP) {
		c.note = fmt.Sprintf("the program could acquire capabilities that it could not where the image was taken: %s", capabilities(c.drop))
		c.drop = 0
	}
	needed := (caps.Effective | caps.Permitted) & known
	granted := (have.Capabilities.Bounding&^c.drop | have.Capabilities.Inheritable) & known
	if want.UID.Effective != 0 && want.UID.Real != 0 {
		granted = c.planAmbient(want, have, known)
	}
	if missing := needed &^ granted; missing != 0 {
		return c, failed("the process in the image has more capabilities than the program can be given", capabilities(missing),
			"run pidsim with them as user "+strconv.Itoa(int(want.UID.Real))+"; "+keepOwn)
	}
	if want.NoNewPrivs != nil && *want.NoNewPrivs && (have.NoNewPrivs == nil || !*have.NoNewPrivs) {
		c.noNewPrivs = true
	}
	return c, nil
}

// planAmbient decides about the ambient capabilities, the only ones that
// outlast an exec by who is not root. It returns those that the program gets.
func (c *credentialChange) planAmbient(want, have *image.Credentials, known image.CapSet) image.CapSet {
	set, own := ambient(want)&known, ambient(have)
	if c.credential == nil && set == own {
		return own
	}
	c.ambient, c.clearAmbient = set, own&^set != 0
	return set & have.Capabilities.Permitted
}

// planUser decides about user and groups.
func (c *credentialChange) planUser(want, have *image.Credentials) error {
	if want.UID == have.UID && want.GID == have.GID && slices.Equal(sorted(want.Groups), sorted(have.Groups)) {
		return nil
	}
	for _, ids := range []struct {
		what string
		ids  image.UserIDs
	}{{"user", want.UID}, {"group", want.GID}} {
		if !ids.ids.Same(ids.ids.Real) {
			return failed("the process in the image has more than one "+ids.what+" id",
				fmt.Sprintf("real %d, effective %d, saved %d, for files %d, and a program begins with one", ids.ids.Real, ids.ids.Effective, ids.ids.Saved, ids.ids.Filesystem),
				keepOwn)
		}
	}
	if !can(have, unix.CAP_SETUID) || !can(have, unix.CAP_SETGID) {
		return failed("the process in the image is "+person(want), "this one is "+person(have)+" and not privileged to change that",
			"run pidsim as that user or as root; "+keepOwn)
	}
	c.credential = &syscall.Credential{Uid: want.UID.Real, Gid: want.GID.Real, Groups: want.Groups}
	return nil
}

// person names user and groups for a message.
func person(c *image.Credentials) string {
	s := fmt.Sprintf("user %d, group %d", c.UID.Effective, c.GID.Effective)
	if len(c.Groups) > 0 {
		s += " (also " + strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Groups), " ", ", "), "[]") + ")"
	}
	return s
}

// can tells whether a capability is effective.
func can(c *image.Credentials, capability int) bool {
	return c.Capabilities.Effective&(1<<capability) != 0
}

// ambient is the ambient set, or what it could be at most if it is not known.
func ambient(c *image.Credentials) image.CapSet {
	if c.Capabilities.Ambient == nil {
		return c.Capabilities.Permitted & c.Capabilities.Inheritable
	}
	return *c.Capabilities.Ambient
}

// sorted is a sorted copy.
func sorted(groups []uint32) []uint32 { return slices.Sorted(slices.Values(groups)) }

// capabilities lists a set by number, as in linux/capability.h.
func capabilities(s image.CapSet) string {
	var words []string
	for _, n := range numbers(s) {
		words = append(words, strconv.Itoa(int(n)))
	}
	return "capability " + list(words)
}

// numbers lists the members of a set.
func numbers(s image.CapSet) (list []uintptr) {
	for ; s != 0; s &= s - 1 {
		list = append(list, uintptr(bits.TrailingZeros64(uint64(s))))
	}
	return list
}

// knownCapabilities is the set of all capabilities that this kernel has.
func knownCapabilities() image.CapSet {
	last := 63
	if b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n < last {
			last = n
		}
	}
	return 1<<(last+1) - 1
}

// attributes are what the new process changes about itself; nil for nothing.
func (c credentialChange) attributes() *syscall.SysProcAttr {
	if c.credential == nil && c.ambient == 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: c.credential, AmbientCaps: numbers(c.ambient)}
}

// inherit sets in all threads of this process what the program inherits. It
// does not change what this process itself may do.
func (c credentialChange) inherit() error {
	if c.note != "" {
		say(c.note)
	}
	set := func(what string, option, arg uintptr) error { // prctl(2)
		switch _, _, err := syscall.AllThreadsSyscall(unix.SYS_PRCTL, option, arg, 0); err {
		case 0:
			return nil
		case unix.ENOTSUP:
			return failed("the "+what+" of the image", "cannot be set by a pidsim that is built with cgo", "build it with CGO_ENABLED=0; "+keepOwn)
		default:
			return failed("the "+what+" of the image", "cannot be set: "+err.Error(), keepOwn)
		}
	}
	for _, n := range numbers(c.drop) {
		if err := set("bounding set of capabilities", unix.PR_CAPBSET_DROP, n); err != nil {
			return err
		}
	}
	if c.clearAmbient {
		if err := set("ambient set of capabilities", unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL); err != nil {
			return err
		}
	}
	if c.noNewPrivs {
		return set("no_new_privs", unix.PR_SET_NO_NEW_PRIVS, 1)
	}
	return nil
}
