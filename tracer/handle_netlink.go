package tracer

import (
	"bytes"
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// netlinkSocketDone notes that what the process sends may be for netlink, and
// makes it matter what it receives from families that tell of tasks.
func netlinkSocketDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	t.proc.netlink = true
	if !tellsOfTasks(int(int32(t.call.args[2]))) {
		return nil
	}
	return s.escalate(t, abi.LazyNetlink, abi.LazyPasscred)
}

// tellsOfTasks says whether what a protocol of netlink gives is looked at.
func tellsOfTasks(protocol int) bool {
	return protocol == unix.NETLINK_GENERIC || protocol == unix.NETLINK_CONNECTOR
}

// The ports that the kernel gives to sockets when the process id is taken are
// below this (net/netlink/af_netlink.c, netlink_autobind).
const (
	lastOwnPort = -4097
	portTries   = 16
)

// port gives the netlink socket in the call's first argument its port, before
// the kernel names it by the real id of the process: the virtual one or, where
// that is taken, a negative number. It reports false when the socket has one.
// What the kernel and other processes then say of the socket needs no
// translation.
func (s *supervisor) port(t *task) (port uint32, fresh bool) {
	virtual := s.processID(t.proc)
	if int(virtual) == t.proc.pid {
		return 0, false
	}
	fd, err := borrowSocket(t)
	if err != nil {
		s.log(2, "a netlink socket of %d is named by a real id: %v", t.virtual, err)
		return 0, false
	}
	defer unix.Close(fd)
	sa, err := unix.Getsockname(fd)
	if at, ok := sa.(*unix.SockaddrNetlink); err != nil || !ok || at.Pid != 0 {
		return 0, false
	}
	port = uint32(virtual)
	for range portTries {
		switch err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err {
		case nil:
			return port, true
		case unix.EADDRINUSE:
			port = uint32(lastOwnPort - rand.Int32N(1<<30))
		default:
			return 0, false
		}
	}
	return 0, false
}

// maxNetlink bounds the messages that are looked at.
const maxNetlink = slotSize / 2

// realNetlink is realPayload for the buffers of sendmsg(2), taken together.
func (s *supervisor) realNetlink(t *task, iov, n uint64, l *msgLayout) ([]byte, error) {
	var all []byte
	for i := range min(n, maxIovec) {
		v := make([]byte, 2*l.word)
		if err := t.read(iov+i*uint64(2*l.word), v); err != nil {
			return nil, err
		}
		size := l.size(v, l.word)
		if size > maxNetlink-uint64(len(all)) {
			return nil, nil
		}
		part := make([]byte, size)
		if err := t.read(l.size(v, 0), part); err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	if !looksNetlink(all) {
		return nil, nil
	}
	s.port(t)
	return s.realMessages(t, all), nil
}

// looksNetlink tells whether data can be netlink messages: most data can not.
func looksNetlink(b []byte) bool {
	return len(b) >= nlmsgHeader && le32(b) >= nlmsgHeader && uint64(le32(b)) <= uint64(len(b))
}

// realPayload translates the ids in netlink messages at an address of the
// program. It returns nil when there are none.
func (s *supervisor) realPayload(t *task, at, size uint64) ([]byte, error) {
	if size > maxNetlink {
		return nil, nil
	}
	b := make([]byte, size)
	if err := t.read(at, b); err != nil {
		return nil, err
	}
	return s.realMessages(t, b), nil
}

// Messages and attributes of rtnetlink(7) that name a process.
const (
	nlmsgHeader = 16

	ifinfomsgSize   = 16
	iflaNetNSPID    = 19
	iflaLinkinfo    = 18
	iflaInfoKind    = 1
	iflaInfoData    = 2
	vethInfoPeer    = 1 // VXCAN_INFO_PEER and IFLA_NETKIT_PEER_INFO, too
	rtgenmsgSize    = 4 // with padding
	netnsaPID       = 2
	attributeHeader = 4
	attributeType   = 0x3fff // without NLA_F_NESTED, NLA_F_NET_BYTEORDER
)

// realMessages translates netlink messages in place; nil when nothing changed.
func (s *supervisor) realMessages(t *task, b []byte) []byte {
	if !looksNetlink(b) {
		return nil
	}
	var real func(kind uint16, body []byte) bool
	switch netlinkProtocol(t) {
	case unix.NETLINK_ROUTE:
		real = s.realRoute
	case unix.NETLINK_GENERIC:
		real = s.realTaskstats
	default:
		return nil
	}
	changed := false
	netlinkMessages(b, func(kind uint16, body []byte) { changed = real(kind, body) || changed })
	if !changed {
		return nil
	}
	return b
}

// netlinkMessages calls f for every message (netlink(7), struct nlmsghdr).
func netlinkMessages(b []byte, f func(kind uint16, body []byte)) {
	for len(b) >= nlmsgHeader {
		n := int(min(le32(b), 1<<30))
		if n < nlmsgHeader || n > len(b) {
			return
		}
		f(uint16(le32(b[4:])), b[nlmsgHeader:n])
		b = b[min((n+3)&^3, len(b)):]
	}
}

// netlinkProtocol is the protocol of the call's socket, -1 for a socket of
// another domain.
func netlinkProtocol(t *task) int {
	fd, err := borrowSocket(t)
	if err != nil {
		return -1
	}
	defer unix.Close(fd)
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil || domain != unix.AF_NETLINK {
		return -1
	}
	protocol, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		return -1
	}
	return protocol
}

// realRoute translates a message of rtnetlink.
func (s *supervisor) realRoute(kind uint16, body []byte) bool {
	switch kind {
	case unix.RTM_NEWLINK, unix.RTM_SETLINK:
		return s.realLink(body)
	case unix.RTM_NEWNSID, unix.RTM_GETNSID:
		return s.realAttributes(body, rtgenmsgSize, netnsaPID, nil)
	}
	return false
}

// realLink translates the process whose network namespace a device is for, and
// that of its peer.
func (s *supervisor) realLink(body []byte) bool {
	return s.realAttributes(body, ifinfomsgSize, iflaNetNSPID, func(kind int, data []byte) bool {
		return kind == iflaLinkinfo && s.realPeer(data)
	})
}

// realPeer looks at the description of a pair of devices.
func (s *supervisor) realPeer(info []byte) bool {
	pair, changed := false, false
	attributes(info, func(kind int, data []byte) {
		switch kind {
		case iflaInfoKind:
			switch string(bytes.TrimRight(data, "\x00")) { // the end may be missing
			case "veth", "vxcan", "netkit":
				pair = true
			}
		case iflaInfoData:
			if !pair {
				return
			}
			attributes(data, func(kind int, data []byte) {
				if kind == vethInfoPeer {
					changed = s.realLink(data) || changed
				}
			})
		}
	})
	return changed
}

// realAttributes makes the process ids real that attributes of a kind hold;
// nested, if not nil, looks at the others.
func (s *supervisor) realAttributes(body []byte, skip, pid int, nested func(kind int, data []byte) bool) (changed bool) {
	if len(body) < skip {
		return false
	}
	attributes(body[skip:], func(kind int, data []byte) {
		switch {
		case kind == pid && len(data) >= 4:
			given := int32(le32(data))
			if real := s.toReal(abi.TID, given); real != given {
				putLE32(data, uint32(real))
				changed = true
			}
		case nested != nil:
			changed = nested(kind, data) || changed
		}
	})
	return changed
}

// attributes calls f for every attribute (netlink(7), struct nlattr).
func attributes(b []byte, f func(kind int, data []byte)) {
	for len(b) >= attributeHeader {
		w := le32(b)
		n := int(w & 0xffff)
		if n < attributeHeader || n > len(b) {
			return
		}
		f(int(w>>16)&attributeType, b[attributeHeader:n])
		b = b[min((n+3)&^3, len(b)):]
	}
}
