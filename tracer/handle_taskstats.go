package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// Commands and attributes of taskstats (linux/taskstats.h), a family of generic
// netlink, and where struct taskstats has ids.
const (
	genlHeader = 4

	taskstatsGet   = 1
	taskstatsNew   = 2
	taskstatsPID   = 1 // CMD_ATTR_PID, and TYPE_PID in an answer
	taskstatsTGID  = 2
	taskstatsStats = 3
	taskstatsAggr  = 4 // TYPE_AGGR_PID; TYPE_AGGR_TGID is the next

	acPID  = 128
	acPPID = 132
	acTGID = 368 // since version 12
)

// realTaskstats translates whose statistics a message asks for.
func (s *supervisor) realTaskstats(kind uint16, body []byte) (changed bool) {
	if kind != s.taskstatsFamily() || len(body) < genlHeader || body[0] != taskstatsGet {
		return false
	}
	return s.mapIDs(body[genlHeader:], s.toReal)
}

// mapIDs replaces the ids in attributes of taskstats.
func (s *supervisor) mapIDs(b []byte, to func(abi.Kind, int32) int32) (changed bool) {
	put := func(k abi.Kind, data []byte, at int) {
		if len(data) < at+4 {
			return
		}
		old := int32(le32(data[at:]))
		if v := to(k, old); v != old {
			putLE32(data[at:], uint32(v))
			changed = true
		}
	}
	attributes(b, func(kind int, data []byte) {
		switch kind {
		case taskstatsPID:
			put(abi.TID, data, 0)
		case taskstatsTGID:
			put(abi.TGID, data, 0)
		case taskstatsStats:
			put(abi.TID, data, acPID)
			put(abi.TGID, data, acPPID)
			put(abi.TGID, data, acTGID)
		}
	})
	return changed
}

// virtualStats translates the ids in statistics.
func (s *supervisor) virtualStats(kind uint16, body []byte) (changed bool) {
	if kind != s.taskstatsFamily() || len(body) < genlHeader || body[0] != taskstatsNew {
		return false
	}
	attributes(body[genlHeader:], func(kind int, data []byte) {
		if kind == taskstatsAggr || kind == taskstatsAggr+1 {
			changed = s.mapIDs(data, s.toVirtual) || changed
		}
	})
	return changed
}

// taskstatsFamily is the number that the kernel has given to taskstats, 0 when
// it has none. It is the type of messages of the family.
func (s *supervisor) taskstatsFamily() uint16 {
	if !s.taskstats.asked {
		s.taskstats.asked = true
		s.taskstats.family = askFamily("TASKSTATS")
	}
	return s.taskstats.family
}

// askFamily asks generic netlink for the number of a family
// (linux/genetlink.h).
func askFamily(name string) uint16 {
	const ctrl, getFamily, familyID, familyName = 0x10, 3, 1, 2
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
	q := make([]byte, nlmsgHeader+genlHeader+attributeHeader, 64)
	q[nlmsgHeader], q[nlmsgHeader+1] = getFamily, 1
	putLE32(q[nlmsgHeader+genlHeader:], uint32(attributeHeader+len(name)+1)|familyName<<16)
	q = append(append(q, name...), 0)
	for len(q)%4 != 0 {
		q = append(q, 0)
	}
	putLE32(q, uint32(len(q)))
	putLE32(q[4:], ctrl|unix.NLM_F_REQUEST<<16)
	if unix.Sendto(fd, q, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return 0
	}
	b := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, b, 0)
	if err != nil {
		return 0
	}
	family := uint16(0)
	netlinkMessages(b[:n], func(kind uint16, body []byte) {
		if kind != ctrl || len(body) < genlHeader {
			return
		}
		attributes(body[genlHeader:], func(kind int, data []byte) {
			if kind == familyID && len(data) >= 2 {
				family = uint16(data[0]) | uint16(data[1])<<8
			}
		})
	})
	return family
}
