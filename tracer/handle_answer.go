package tracer

import (
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// maxAnswer bounds what is looked at of one message from netlink.
const maxAnswer = 1 << 16

// recvfrom lets calls run on that are not about netlink.
func recvfrom(s *supervisor, t *task) (verdict, error) {
	if !tellsOfTasks(netlinkProtocol(t)) {
		return s.letGo(t)
	}
	return proceed, nil
}

func recvfromDone(s *supervisor, t *task, result int64) error {
	if result <= 0 {
		return nil
	}
	return ignoreFault(s.virtualAnswer(t, t.call.args[1], min(uint64(result), t.call.args[2])))
}

// virtualReply does for the first buffer of a received message what recvfromDone
// does.
func (s *supervisor) virtualReply(t *task, header uint64, result int64) error {
	l := &msgLayouts[t.call.arch]
	hdr, v := make([]byte, l.header), make([]byte, 2*l.word)
	if err := t.read(header, hdr); err != nil {
		return err
	}
	if l.size(hdr, l.iovLen) == 0 {
		return nil
	}
	if err := t.read(l.size(hdr, l.iov), v); err != nil {
		return err
	}
	return s.virtualAnswer(t, l.size(v, 0), min(uint64(max(result, 0)), l.size(v, l.word)))
}

// virtualAnswer translates the ids in messages that the program has received
// from the call's socket.
func (s *supervisor) virtualAnswer(t *task, at, size uint64) error {
	var virtual func(kind uint16, body []byte) bool
	switch netlinkProtocol(t) {
	case unix.NETLINK_GENERIC:
		virtual = s.virtualStats
	case unix.NETLINK_CONNECTOR:
		virtual = s.virtualEvent
	default:
		return nil
	}
	b := make([]byte, min(size, maxAnswer))
	if err := t.read(at, b); err != nil {
		return err
	}
	changed := false
	netlinkMessages(b, func(kind uint16, body []byte) { changed = virtual(kind, body) || changed })
	if !changed {
		return nil
	}
	return t.write(at, b)
}

// Layout of struct cn_msg (linux/connector.h) and struct proc_event
// (linux/cn_proc.h).
const (
	cnHeader = 20
	cnProc   = 1 // CN_IDX_PROC, CN_VAL_PROC

	eventData = 16
)

// eventIDs are the words of event_data with ids, by the kind of event: a task
// and its process in turn.
var eventIDs = map[uint32][]int{
	0x00000001: {0, 1, 2, 3}, // fork: parent, child
	0x00000002: {0, 1},       // exec
	0x00000004: {0, 1},       // uid
	0x00000040: {0, 1},       // gid
	0x00000080: {0, 1},       // sid
	0x00000100: {0, 1, 2, 3}, // ptrace: task, tracer
	0x00000200: {0, 1},       // comm
	0x40000000: {0, 1, 2, 3}, // coredump: task, parent
	0x80000000: {0, 1, 4, 5}, // exit: task, parent
}

// virtualEvent translates an event of the process connector. It tells of all
// processes of the machine: those that the space does not show become 0.
func (s *supervisor) virtualEvent(_ uint16, body []byte) (changed bool) {
	if len(body) < cnHeader+eventData || le32(body) != cnProc || le32(body[4:]) != cnProc {
		return false
	}
	event := body[cnHeader:]
	for i, w := range eventIDs[le32(event)] {
		at := eventData + 4*w
		if at+4 > len(event) {
			return changed
		}
		kind := abi.TID
		if i%2 == 1 {
			kind = abi.TGID
		}
		real := int32(le32(event[at:]))
		if v := s.toVirtual(kind, real); v != real {
			putLE32(event[at:], uint32(v))
			changed = true
		}
	}
	return changed
}
