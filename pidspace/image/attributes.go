package image

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Credentials are what the kernel checks permissions with (credentials(7)).
type Credentials struct {
	UID UserIDs `json:"uid"`
	GID UserIDs `json:"gid"`
	// Groups are the supplementary groups in the kernel's order.
	Groups       []uint32     `json:"groups,omitempty"`
	Capabilities Capabilities `json:"capabilities"`
	// NoNewPrivs is nil if it is not known.
	NoNewPrivs *bool `json:"no_new_privs,omitempty"`
}

// UserIDs are the user ids or the group ids of a process.
type UserIDs struct {
	Real       uint32 `json:"real"`
	Effective  uint32 `json:"effective"`
	Saved      uint32 `json:"saved"`
	Filesystem uint32 `json:"filesystem"`
}

// Same tells whether all four are id.
func (u UserIDs) Same(id uint32) bool {
	return u == UserIDs{id, id, id, id}
}

// Capabilities are the capability sets of a thread (capabilities(7)).
type Capabilities struct {
	Inheritable CapSet `json:"inheritable"`
	Permitted   CapSet `json:"permitted"`
	Effective   CapSet `json:"effective"`
	Bounding    CapSet `json:"bounding"`
	// Ambient is nil if it is not known.
	Ambient *CapSet `json:"ambient,omitempty"`
}

// CapSet is a set of capabilities, bit n being capability n. Its text is that
// of proc(5): 16 hexadecimal digits.
type CapSet uint64

// MarshalText implements [encoding.TextMarshaler].
func (s CapSet) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(s)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *CapSet) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 16, 64)
	if err != nil || len(b) != 16 {
		return fmt.Errorf("%q is not a set of capabilities", clip(string(b)))
	}
	*s = CapSet(n)
	return nil
}

// Mode is a file mode mask. Its text is octal, with four digits.
type Mode uint32

// MarshalText implements [encoding.TextMarshaler].
func (m Mode) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%04o", uint32(m)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Mode) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 8, 16)
	if err != nil || len(b) != 4 || n > 0o777 {
		return fmt.Errorf("%q is not a file mode mask", clip(string(b)))
	}
	*m = Mode(n)
	return nil
}

// Terminal is a terminal's device number.
type Terminal struct {
	Major uint32 `json:"major"`
	Minor uint32 `json:"minor"`
}

// The major numbers of terminals (Documentation/admin-guide/devices.txt).
const (
	majorTTY               = 4
	majorPtsLow, majorPtsH = 136, 143
	serialMinor            = 64
)

// String names the terminal as in /dev, where that is known.
func (t Terminal) String() string {
	switch {
	case t.Major >= majorPtsLow && t.Major <= majorPtsH:
		return fmt.Sprintf("pts/%d", (t.Major-majorPtsLow)<<20|t.Minor)
	case t.Major == majorTTY && t.Minor < serialMinor:
		return fmt.Sprintf("tty%d", t.Minor)
	case t.Major == majorTTY:
		return fmt.Sprintf("ttyS%d", t.Minor-serialMinor)
	}
	return fmt.Sprintf("%d:%d", t.Major, t.Minor)
}

// Scheduling is how the kernel schedules the first thread (sched(7)).
type Scheduling struct {
	Policy Policy `json:"policy"`
	// Priority is that of the policies fifo and rr, 0 for the others.
	Priority int `json:"priority"`
	Nice     int `json:"nice"`
}

// Policy is a scheduling policy, the number being the kernel's.
type Policy uint32

// policies are the names by number (SCHED_OTHER and so on).
var policies = [...]string{"other", "fifo", "rr", "batch", "", "idle", "deadline", "ext"}

// String names the policy.
func (p Policy) String() string {
	if int(p) < len(policies) && policies[p] != "" {
		return policies[p]
	}
	return fmt.Sprintf("policy %d", uint32(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Policy) MarshalText() ([]byte, error) {
	if int(p) >= len(policies) || policies[p] == "" {
		return nil, fmt.Errorf("scheduling policy %d is not known", uint32(p))
	}
	return []byte(policies[p]), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Policy) UnmarshalText(b []byte) error {
	for n, name := range policies {
		if name != "" && name == string(b) {
			*p = Policy(n)
			return nil
		}
	}
	return fmt.Errorf("%q is not a scheduling policy", clip(string(b)))
}

// Limit is one resource limit (getrlimit(2)). Its text is the resource, the
// soft and the hard limit, as in "nofile 1024 4096".
type Limit struct {
	Resource   Resource
	Soft, Hard Bound
}

// MarshalText implements [encoding.TextMarshaler].
func (l Limit) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%v %v %v", l.Resource, l.Soft, l.Hard), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Limit) UnmarshalText(b []byte) error {
	words := strings.Split(string(b), " ")
	if len(words) != 3 {
		return fmt.Errorf("%q is not a resource and two limits", clip(string(b)))
	}
	n := slices.Index(resources[:], words[0])
	if n < 0 {
		return fmt.Errorf("%q is not a resource", clip(words[0]))
	}
	l.Resource = Resource(n)
	return errors.Join(l.Soft.parse(words[1]), l.Hard.parse(words[2]))
}

// Resource is what a limit bounds, the number being the kernel's on x86.
type Resource uint32

// resources are the names by number (RLIMIT_CPU and so on).
var resources = [...]string{"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile",
	"memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"}

// Resources is the number of resources.
const Resources = Resource(len(resources))

// String names the resource.
func (r Resource) String() string {
	if r < Resources {
		return resources[r]
	}
	return fmt.Sprintf("resource %d", uint32(r))
}

// Bound is the value of a limit.
type Bound uint64

// Unlimited is no limit (RLIM_INFINITY).
const Unlimited Bound = math.MaxUint64

// String gives a number, or "unlimited".
func (b Bound) String() string {
	if b == Unlimited {
		return "unlimited"
	}
	return strconv.FormatUint(uint64(b), 10)
}

// parse reads what String gives.
func (b *Bound) parse(s string) error {
	if s == "unlimited" {
		*b = Unlimited
		return nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || Bound(n) == Unlimited {
		return fmt.Errorf("%q is not a limit", clip(s))
	}
	*b = Bound(n)
	return nil
}
