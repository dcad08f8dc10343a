package tracer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/tracer/internal/cred"
)

// Emulated credentials (Cmd.Credentials) are what the tree is told that it has.
// What it really has does not change, and that is what the kernel checks
// permissions with.
//
// As in the kernel they belong to a task, are copied at its birth, and never
// change in place.

// modelCredentials makes the credentials that the root begins with.
func modelCredentials(c *image.Credentials) *cred.Cred {
	ids := func(u image.UserIDs) cred.IDs {
		return cred.IDs{Real: u.Real, Effective: u.Effective, Saved: u.Saved, Filesystem: u.Filesystem}
	}
	known := knownCapabilities()
	set := func(s image.CapSet) cred.Set { return cred.Set(s) & known }
	m := &cred.Cred{
		UID: ids(c.UID), GID: ids(c.GID), Groups: slices.Clone(c.Groups),
		Inheritable: set(c.Capabilities.Inheritable), Permitted: set(c.Capabilities.Permitted),
		Effective: set(c.Capabilities.Effective), Bounding: set(c.Capabilities.Bounding), Known: known,
	}
	if c.Capabilities.Ambient != nil {
		m.Ambient = set(*c.Capabilities.Ambient)
	}
	return m
}

// knownCapabilities are those that this kernel has.
func knownCapabilities() cred.Set {
	last := 63
	if b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n >= 0 && n < last {
			last = n
		}
	}
	return 1<<(last+1) - 1
}

// A person is a user and a group, as other processes are told of them.
type person struct{ uid, gid uint32 }

func realPerson(c *cred.Cred) person      { return person{c.UID.Real, c.GID.Real} }
func effectivePerson(c *cred.Cred) person { return person{c.UID.Effective, c.GID.Effective} }

// put lays user and group out as in a struct ucred, after its pid.
func (p person) put(b []byte) {
	putLE32(b, p.uid)
	putLE32(b[4:], p.gid)
}

// A departed process may still be named: as a zombie, by a signal, by a socket.
type departed struct {
	cred *cred.Cred
	peer *person
	ours ours
}

// emulates tells whether credentials are emulated.
func (s *supervisor) emulates() bool { return s.mode.Creds }

// inheritCreds gives a new task the credentials of its creator, or, if that is
// not known, those of the root's beginning.
func (s *supervisor) inheritCreds(child *task, creator int) {
	child.cred = s.firstCred
	c := s.tasks[creator]
	if c == nil {
		return
	}
	child.noNewPrivs = c.noNewPrivs
	if c.cred != nil {
		child.cred = c.cred
	}
}

// maxRememberedGroups bounds what is kept of a process that has ended: what a
// program asks for must not fill this one's memory.
const maxRememberedGroups = 256

// rememberTask keeps what is asked of a process that has ended.
func (s *supervisor) rememberTask(t *task) {
	d := departed{ours: s.oursIn(t)}
	if s.emulates() {
		c := t.cred
		if len(c.Groups) > maxRememberedGroups {
			few := *c
			few.Groups = slices.Clone(c.Groups[:maxRememberedGroups])
			c = &few
		}
		d.cred, d.peer = c, t.proc.peer
	}
	s.departed.add(t.tid, d)
}

// credOf gives the credentials that a task of the tree has, or had at its end;
// nil if its own are not emulated.
func (s *supervisor) credOf(tid int) *cred.Cred {
	if !s.emulates() {
		return nil
	}
	if t := s.tasks[tid]; t != nil {
		return t.cred
	}
	switch s.space.State(pidspace.RTID(tid)) {
	case pidspace.Zombie, pidspace.Tombstone:
		return s.departed.of[tid].cred
	}
	return nil
}

// senderOf tells as whom a task of the tree appears in signals and messages.
func (s *supervisor) senderOf(tid int) (person, bool) {
	c := s.credOf(tid)
	if c == nil {
		return person{}, false
	}
	return realPerson(c), true
}

// peerOf tells as whom a process appears at the other end of a socket: the one
// that it was when it made the connection (unix(7), SO_PEERCRED), as far as that
// was the last one that it made.
func (s *supervisor) peerOf(pid int) (person, bool) {
	c := s.credOf(pid)
	if c == nil {
		return person{}, false
	}
	peer := s.departed.of[pid].peer
	if t := s.tasks[pid]; t != nil {
		peer = t.proc.peer
	}
	if peer != nil {
		return *peer, true
	}
	return effectivePerson(c), true
}

// realIDs reads the real user and group that a task really has.
func realIDs(tid int) (person, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return person{}, err
	}
	var p person
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if name != "Uid" && name != "Gid" {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimSpace(value), "\t")
		n, err := strconv.ParseUint(first, 10, 32)
		if err != nil {
			return person{}, fmt.Errorf("%s of task %d: %w", name, tid, err)
		}
		if name == "Uid" {
			p.uid = uint32(n)
		} else {
			p.gid = uint32(n)
		}
	}
	return p, nil
}

// execCreds does to a task's credentials what an exec does, and shows them in
// the auxiliary vector, which is not read by a system call (getauxval(3)). Before
// is what the task that executes had.
func (s *supervisor) execCreds(t *task, before *cred.Cred) {
	if before == nil {
		return
	}
	c := *before
	c.Exec()
	t.cred = &c
	s.showCreds(t)
}

// showCreds puts a task's credentials into its auxiliary vector.
func (s *supervisor) showCreds(t *task) {
	values := map[uint64]uint32{
		atUID: t.cred.UID.Real, atEUID: t.cred.UID.Effective,
		atGID: t.cred.GID.Real, atEGID: t.cred.GID.Effective,
	}
	if t.cred.InSecureMode() {
		values[atSecure] = 1
	}
	err := eachAux(t.tid, func(kind, at uint64) error {
		v, ok := values[kind]
		if !ok {
			return nil
		}
		return writeWord(t, at, v)
	})
	if err != nil {
		s.log(2, "the auxiliary vector of %d shows real users: %v", t.virtual, err)
	}
}
