package tracer

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/cred"
)

// The calls that ask for and change credentials, where those are emulated. All
// are answered at their entry; the kernel does not run them.

// The older calls of the i386 interface have ids of 16 bits. One that does not
// fit shows as overflowID (kernel/uid16.c).
const overflowID = 65534

// short tells whether the call's ids have 16 bits.
func (c *call) short() bool { return c.arch == abi.I386 && c.row.NR[abi.X86_64] >= 0 }

// idSize is the number of bytes of an id in memory.
func (c *call) idSize() int {
	if c.short() {
		return 2
	}
	return 4
}

// shown is an id as the call can give it.
func (c *call) shown(id uint32) uint32 {
	if c.short() && id > math.MaxUint16 {
		return overflowID
	}
	return id
}

// id is an id in argument i.
func (c *call) id(i int) uint32 {
	v := uint32(c.args[i])
	if c.short() {
		return wide(uint16(v))
	}
	return v
}

// wide keeps the meaning of -1.
func wide(id uint16) uint32 {
	if id == math.MaxUint16 {
		return math.MaxUint32
	}
	return uint32(id)
}

// appendID adds an id as it is in memory.
func (c *call) appendID(b []byte, id uint32) []byte {
	if c.short() {
		return binary.LittleEndian.AppendUint16(b, uint16(c.shown(id)))
	}
	return binary.LittleEndian.AppendUint32(b, id)
}

// give writes to the program's memory, and answers with a result, or EFAULT.
func give(t *task, at uint64, b []byte, result int64) (verdict, error) {
	if v, err := put(t, at, b); v != proceed || err != nil {
		return v, err
	}
	return answer(result), nil
}

// put writes to the program's memory; the verdict is a refusal if that cannot
// be written.
func put(t *task, at uint64, b []byte) (verdict, error) {
	return faulty(t.write(at, b))
}

// take reads the program's memory; the verdict is a refusal if that cannot be
// read.
func take(t *task, at uint64, b []byte) (verdict, error) {
	return faulty(t.read(at, b))
}

func faulty(err error) (verdict, error) {
	if err := ignoreFault(err); err != nil {
		return proceed, err
	}
	if err != nil {
		return refuse(unix.EFAULT), nil
	}
	return proceed, nil
}

// getID answers with one id.
func getID(of func(*cred.Cred) uint32) handler {
	return handler{enter: func(_ *supervisor, t *task) (verdict, error) {
		return answer(int64(t.call.shown(of(t.cred)))), nil
	}}
}

// getThree writes the real, the effective and the saved id.
func getThree(of func(*cred.Cred) cred.IDs) handler {
	return handler{enter: func(_ *supervisor, t *task) (verdict, error) {
		c, ids := &t.call, of(t.cred)
		for i, id := range []uint32{ids.Real, ids.Effective, ids.Saved} {
			if v, err := put(t, c.args[i], c.appendID(nil, id)); v != proceed || err != nil {
				return v, err
			}
		}
		return answer(0), nil
	}}
}

// setIDs changes ids.
func setIDs(change func(c *cred.Cred, id func(int) uint32) unix.Errno) handler {
	return handler{enter: func(_ *supervisor, t *task) (verdict, error) {
		c := *t.cred
		if errno := change(&c, t.call.id); errno != 0 {
			return refuse(errno), nil
		}
		t.cred = &c
		return answer(0), nil
	}}
}

// setFS changes an id for file systems, and answers with the former one.
func setFS(change func(c *cred.Cred, id uint32) uint32) handler {
	return handler{enter: func(_ *supervisor, t *task) (verdict, error) {
		c := *t.cred
		was := change(&c, t.call.id(0))
		t.cred = &c
		return answer(int64(was)), nil
	}}
}

func getgroups(_ *supervisor, t *task) (verdict, error) {
	c, groups := &t.call, t.cred.Groups
	room := int32(c.args[0])
	switch {
	case room < 0, room > 0 && int(room) < len(groups):
		return refuse(unix.EINVAL), nil
	case room == 0:
		return answer(int64(len(groups))), nil
	}
	var b []byte
	for _, g := range groups {
		b = c.appendID(b, g)
	}
	return give(t, c.args[1], b, int64(len(groups)))
}

func setgroups(_ *supervisor, t *task) (verdict, error) {
	c := *t.cred
	n := int32(t.call.args[0])
	if errno := c.MaySetGroups(n); errno != 0 {
		return refuse(errno), nil
	}
	size := t.call.idSize()
	b := make([]byte, int(n)*size)
	if v, err := take(t, t.call.args[1], b); v != proceed || err != nil {
		return v, err
	}
	groups := make([]uint32, n)
	for i := range groups {
		if size == 2 {
			groups[i] = wide(binary.LittleEndian.Uint16(b[2*i:]))
		} else {
			groups[i] = le32(b[4*i:])
		}
	}
	if errno := c.SetGroups(groups); errno != 0 {
		return refuse(errno), nil
	}
	t.cred = &c
	return answer(0), nil
}

// prctlCreds answers the options of prctl that are about capabilities.
func prctlCreds(_ *supervisor, t *task) (verdict, error) {
	c := *t.cred
	r := c.Prctl([5]uint64(t.call.args[:5]))
	t.cred = &c
	return answer(r), nil
}

// Versions of struct __user_cap_header_struct (linux/capability.h).
const (
	capVersion1 = 0x19980330
	capVersion2 = 0x20071026
	capVersion3 = 0x20080522
)

// capHeader reads the header of capget and capset: how many of struct
// __user_cap_data_struct follow, and whom it is about.
func capHeader(t *task) (sets int, pid int32, v verdict, err error) {
	at := t.call.args[0]
	var b [4]byte
	if v, err = take(t, at, b[:]); v != proceed || err != nil {
		return 0, 0, v, err
	}
	switch le32(b[:]) {
	case capVersion1:
		sets = 1
	case capVersion2, capVersion3:
		sets = 2
	default:
		v, err = give(t, at, binary.LittleEndian.AppendUint32(nil, capVersion3), -int64(unix.EINVAL))
		if v.result == -int64(unix.EINVAL) && t.call.args[1] == 0 && t.call.row.Name == "capget" {
			v = answer(0) // a program that asks for the version
		}
		return 0, 0, v, err
	}
	if v, err = take(t, at+4, b[:]); v != proceed || err != nil {
		return 0, 0, v, err
	}
	return sets, int32(le32(b[:])), proceed, nil
}

// capSetSize is the size of struct __user_cap_data_struct: effective, permitted
// and inheritable, 32 of each.
const capSetSize = 12

func capget(s *supervisor, t *task) (verdict, error) {
	sets, pid, v, err := capHeader(t)
	if v != proceed || err != nil {
		return v, err
	}
	c := t.cred
	switch {
	case pid < 0:
		return refuse(unix.EINVAL), nil
	case pid != 0 && pid != t.virtual:
		real, ok := s.lookupReal(abi.TID, pid)
		if !ok {
			return refuse(unix.ESRCH), nil
		}
		if c = s.credOf(int(real)); c == nil {
			return proceed, nil // an outsider, of whom the kernel knows
		}
	}
	if t.call.args[1] == 0 {
		return answer(0), nil
	}
	var b []byte
	for i := range sets {
		for _, set := range []cred.Set{c.Effective, c.Permitted, c.Inheritable} {
			b = binary.LittleEndian.AppendUint32(b, uint32(set>>(32*i)))
		}
	}
	return give(t, t.call.args[1], b, 0)
}

func capset(_ *supervisor, t *task) (verdict, error) {
	sets, pid, v, err := capHeader(t)
	if v != proceed || err != nil {
		return v, err
	}
	if pid != 0 && pid != t.virtual {
		return refuse(unix.EPERM), nil
	}
	b := make([]byte, sets*capSetSize)
	if v, err := take(t, t.call.args[1], b); v != proceed || err != nil {
		return v, err
	}
	var effective, permitted, inheritable cred.Set
	for i := range sets {
		at := b[i*capSetSize:]
		effective |= cred.Set(le32(at)) << (32 * i)
		permitted |= cred.Set(le32(at[4:])) << (32 * i)
		inheritable |= cred.Set(le32(at[8:])) << (32 * i)
	}
	c := *t.cred
	if errno := c.Capset(effective, permitted, inheritable); errno != 0 {
		return refuse(errno), nil
	}
	t.cred = &c
	return answer(0), nil
}

// peerCreds notes as whom a process makes connections.
func peerCreds(_ *supervisor, t *task) (verdict, error) {
	p := effectivePerson(t.cred)
	t.proc.peer = &p
	return proceed, nil
}

func connectCreds(s *supervisor, t *task) (verdict, error) {
	if v, err := peerCreds(s, t); err != nil {
		return v, err
	}
	return socketName(s, t)
}

// peerGroups answers getsockopt(SO_PEERGROUPS) for a peer in the tree: its
// supplementary groups, or how much memory they take (socket(7)).
func peerGroups(s *supervisor, t *task) (verdict, error) {
	const optval, optlen = 3, 4
	c := &t.call
	fd, err := borrowSocket(t)
	if err != nil {
		return proceed, nil // none, which the kernel will say
	}
	defer unix.Close(fd)
	peer, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil || s.credOf(int(peer.Pid)) == nil {
		return proceed, nil
	}
	room, err := readWord(t, c.args[optlen])
	if v, err := faulty(err); v != proceed || err != nil {
		return v, err
	}
	if int32(room) < 0 {
		return refuse(unix.EINVAL), nil
	}
	var b []byte
	for _, g := range s.credOf(int(peer.Pid)).Groups {
		b = binary.LittleEndian.AppendUint32(b, g)
	}
	length := binary.LittleEndian.AppendUint32(nil, uint32(len(b)))
	if int(room) < len(b) {
		return give(t, c.args[optlen], length, -int64(unix.ERANGE))
	}
	if v, err := put(t, c.args[optval], b); v != proceed || err != nil {
		return v, err
	}
	return give(t, c.args[optlen], length, 0)
}

// credHandlers binds the handlers of this file.
func credHandlers(to map[abi.Handler]handler) {
	to[abi.Getuid] = getID(func(c *cred.Cred) uint32 { return c.UID.Real })
	to[abi.Geteuid] = getID(func(c *cred.Cred) uint32 { return c.UID.Effective })
	to[abi.Getgid] = getID(func(c *cred.Cred) uint32 { return c.GID.Real })
	to[abi.Getegid] = getID(func(c *cred.Cred) uint32 { return c.GID.Effective })
	to[abi.Getresuid] = getThree(func(c *cred.Cred) cred.IDs { return c.UID })
	to[abi.Getresgid] = getThree(func(c *cred.Cred) cred.IDs { return c.GID })
	to[abi.Getgroups] = handler{enter: getgroups}
	to[abi.Setgroups] = handler{enter: setgroups}
	type ids = func(int) uint32
	to[abi.Setuid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetUID(id(0)) })
	to[abi.Setgid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetGID(id(0)) })
	to[abi.Setreuid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetREUID(id(0), id(1)) })
	to[abi.Setregid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetREGID(id(0), id(1)) })
	to[abi.Setresuid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetRESUID(id(0), id(1), id(2)) })
	to[abi.Setresgid] = setIDs(func(c *cred.Cred, id ids) unix.Errno { return c.SetRESGID(id(0), id(1), id(2)) })
	to[abi.Setfsuid] = setFS((*cred.Cred).SetFSUID)
	to[abi.Setfsgid] = setFS((*cred.Cred).SetFSGID)
	to[abi.Capget] = handler{enter: capget}
	to[abi.Capset] = handler{enter: capset}
	to[abi.PrctlCreds] = handler{enter: prctlCreds}
	to[abi.PeerCreds] = handler{enter: peerCreds}
	to[abi.PeerGroups] = handler{enter: peerGroups}
	to[abi.ConnectCreds] = handler{enter: connectCreds}
}
