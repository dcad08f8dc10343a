package tracer

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// A msgLayout is where struct msghdr, mmsghdr and cmsghdr of an interface have
// what matters (recvmsg(2), cmsg(3)).
type msgLayout struct {
	word                int // size of a size_t and a pointer
	header              int // size of struct msghdr
	iov, iovLen         int
	control, controlLen int
	stride              int // size of struct mmsghdr; the length follows msghdr
	cmsgLevel, cmsgData int
}

var msgLayouts = [2]msgLayout{
	abi.X86_64: {word: 8, header: 56, iov: 16, iovLen: 24, control: 32, controlLen: 40, stride: 64, cmsgLevel: 8, cmsgData: 16},
	abi.I386:   {word: 4, header: 28, iov: 8, iovLen: 12, control: 16, controlLen: 20, stride: 32, cmsgLevel: 4, cmsgData: 12},
}

const (
	// maxControl bounds the ancillary data that is looked at; the kernel's
	// own limit (net.core.optmem_max) is lower by default.
	maxControl = 64 << 10
	// maxMessages is UIO_MAXIOV, the kernel's limit for sendmmsg.
	maxMessages = 1024
	// maxRights is SCM_MAX_FD: the kernel passes no more descriptors at once.
	maxRights = 253
)

func (l *msgLayout) size(b []byte, off int) uint64 {
	if l.word == 4 {
		return uint64(le32(b[off:]))
	}
	return le64(b[off:])
}

func (l *msgLayout) setSize(b []byte, off int, v uint64) {
	putLE32(b[off:], uint32(v))
	if l.word == 8 {
		putLE32(b[off+4:], uint32(v>>32))
	}
}

// each calls f with the bounds of every object of a kind, SCM_RIGHTS and so on,
// in ancillary data (unix(7)). It follows the kernel's CMSG_NXTHDR.
func (l *msgLayout) each(control []byte, kind uint32, f func(at, end int)) {
	for at := 0; at+l.cmsgData <= len(control); {
		n := l.size(control, at)
		if n < uint64(l.cmsgData) || n > uint64(len(control)-at) {
			return
		}
		if le32(control[at+l.cmsgLevel:]) == unix.SOL_SOCKET && le32(control[at+l.cmsgLevel+4:]) == kind {
			f(at+l.cmsgData, at+int(n))
		}
		at += (int(n) + l.word - 1) &^ (l.word - 1)
	}
}

// credentials calls f with the offset of the pid in every SCM_CREDENTIALS that
// has room for it.
func (l *msgLayout) credentials(control []byte, f func(pidAt int)) {
	l.each(control, unix.SCM_CREDENTIALS, func(at, end int) {
		if end-at >= 4 {
			f(at)
		}
	})
}

// controlOf reads the ancillary data of the message whose header is hdr.
func (l *msgLayout) controlOf(t *task, hdr []byte) ([]byte, error) {
	at, n := l.size(hdr, l.control), l.size(hdr, l.controlLen)
	if at == 0 || n < uint64(l.cmsgData) {
		return nil, nil
	}
	b := make([]byte, min(n, maxControl))
	return b, t.read(at, b)
}

// realCredentials makes the credentials of a message real; it tells whether
// something has changed. The kernel checks them against the sender (unix(7));
// emulated ones are checked here.
func (s *supervisor) realCredentials(t *task, l *msgLayout, control []byte) (changed bool, err error) {
	set := func(at int, v uint32) {
		changed = changed || le32(control[at:]) != v
		putLE32(control[at:], v)
	}
	l.credentials(control, func(at int) {
		set(at, uint32(s.toReal(abi.TGID, int32(le32(control[at:])))))
		if !s.emulates() || at+unix.SizeofUcred > len(control) || err != nil {
			return
		}
		if !t.cred.MayClaim(le32(control[at+4:]), le32(control[at+8:])) {
			err = errNotPermitted
			return
		}
		var real person
		if real, err = realIDs(t.tid); err == nil {
			set(at+4, real.uid)
			set(at+8, real.gid)
		}
	})
	return changed, err
}

// errNotPermitted says that a call is to fail with EPERM.
var errNotPermitted = errors.New("not permitted")

// A message is what sendmsg(2) reads besides the header: nil for what the kernel
// may take from the program itself.
type message struct {
	name, control, payload []byte
}

// replaced tells whether the kernel is to take any of it.
func (m message) replaced() bool { return m.name != nil || m.control != nil || m.payload != nil }

// realMessage translates a message on its way into the kernel.
func (s *supervisor) realMessage(t *task, l *msgLayout, hdr []byte) (m message, changed bool, err error) {
	control, err := l.controlOf(t, hdr)
	if err != nil {
		return m, false, err
	}
	if s.passcred {
		s.passed(t, l, control)
	}
	if changed, err = s.realCredentials(t, l, control); err != nil {
		return m, false, err
	}
	if changed {
		m.control = control
	}
	at, n := l.size(hdr, 0), le32(hdr[l.word:])
	if at == 0 && !t.proc.netlink {
		return m, changed, nil
	}
	name, err := s.realName(t, at, n)
	if err != nil {
		return m, false, err
	}
	if name.changed {
		m.name, changed = name.text, true
	}
	if name.family == unix.AF_NETLINK || at == 0 {
		m.payload, err = s.realNetlink(t, l.size(hdr, l.iov), l.size(hdr, l.iovLen), l)
		changed = changed || m.payload != nil
	}
	return m, changed, err
}

// passed looks whether a message passes on a socket whose reader is told who
// sends. Nobody knows who will read from it, so that it matters to the whole
// tree what is received.
func (s *supervisor) passed(t *task, l *msgLayout, control []byte) {
	asks, left := false, maxRights
	l.each(control, unix.SCM_RIGHTS, func(at, end int) {
		for ; at+4 <= end && !asks && left > 0; at += 4 {
			left--
			fd, err := borrowFD(t, int(int32(le32(control[at:]))))
			if err != nil {
				continue
			}
			on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED)
			asks = err == nil && on != 0
			_ = unix.Close(fd)
		}
	})
	if !asks {
		return
	}
	for _, other := range s.tasks {
		if other.leader() {
			s.escalateLater(other.proc, abi.LazyPasscred)
		}
	}
}

// put appends the parts of a message to b, which will be at address base, and
// points hdr to them.
func (l *msgLayout) put(b []byte, base uint64, hdr []byte, m message) []byte {
	add := func(part []byte) uint64 {
		at := base + uint64(len(b))
		b = append(b, part...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		return at
	}
	if m.name != nil {
		l.setSize(hdr, 0, add(m.name))
		putLE32(hdr[l.word:], uint32(len(m.name)))
	}
	if m.control != nil {
		l.setSize(hdr, l.control, add(m.control))
	}
	if m.payload != nil {
		iov := make([]byte, 2*l.word)
		l.setSize(iov, 0, add(m.payload))
		l.setSize(iov, l.word, uint64(len(m.payload)))
		l.setSize(hdr, l.iov, add(iov))
		l.setSize(hdr, l.iovLen, 1)
	}
	return b
}

// room is how much put appends.
func (l *msgLayout) room(m message) int {
	size := 0
	for _, part := range [][]byte{m.name, m.control, m.payload} {
		size += (len(part) + 7) &^ 7
	}
	if m.payload != nil {
		size += (2*l.word + 7) &^ 7
	}
	return size
}

// sendmsg passes the kernel a copy of a message that names virtual ids.
func sendmsg(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	l := &msgLayouts[c.arch]
	hdr := make([]byte, l.header)
	if err := t.read(c.args[1], hdr); err != nil {
		return proceed, err
	}
	m, changed, err := s.realMessage(t, l, hdr)
	if v, stop := refusedName(err); stop {
		return v, nil
	}
	if err != nil || !changed {
		if err != nil {
			return proceed, err
		}
		return s.letGo(t)
	}
	at, err := s.wholeScratch(t)
	if err != nil {
		return taken, err
	}
	b := l.put(make([]byte, (l.header+7)&^7), at, hdr, m)
	if len(b) > slotSize {
		return refuse(unix.ENOBUFS), nil
	}
	copy(b, hdr)
	if err := s.fillScratch(t, at, b); err != nil {
		return proceed, err
	}
	return proceed, s.setArg(t, 1, at)
}

// sendmmsg does so for many messages. Those from one on that is not in order, or
// for which no room is left, are for another call: who sends many is told how
// many were sent. The kernel writes into the vector how much of each was sent,
// which is copied back.
func sendmmsg(s *supervisor, t *task) (verdict, error) {
	const count = 2
	c := &t.call
	l := &msgLayouts[c.arch]
	given := min(int(uint32(c.args[count])), maxMessages)
	vector := make([]byte, given*l.stride)
	if err := t.read(c.args[1], vector); err != nil {
		return proceed, err
	}
	var messages []message
	changed, size, n := false, 0, given
	for i := 0; i < n; i++ {
		m, ch, err := s.realMessage(t, l, vector[i*l.stride:])
		if err != nil && i > 0 {
			n = i
			break
		}
		if v, stop := refusedName(err); stop || err != nil {
			return v, notRefused(err, stop)
		}
		messages, changed = append(messages, m), changed || ch
		if size += l.stride + l.room(m); changed && size > slotSize {
			n = min(i, slotSize/l.stride)
		}
	}
	switch {
	case n == 0 && given > 0:
		return refuse(unix.ENOBUFS), nil
	case n == given && !changed:
		return s.letGo(t)
	}
	b := make([]byte, n*l.stride)
	if !slices.ContainsFunc(messages[:n], message.replaced) {
		return proceed, s.setArg(t, count, uint64(n))
	}
	at, err := s.wholeScratch(t)
	if err != nil {
		return taken, err
	}
	for i, m := range messages[:n] {
		b = l.put(b, at, vector[i*l.stride:][:l.header], m)
	}
	copy(b, vector[:n*l.stride])
	if err := s.fillScratch(t, at, b); err != nil {
		return proceed, err
	}
	if n < given {
		if err := s.setArg(t, count, uint64(n)); err != nil {
			return proceed, err
		}
	}
	c.exit = true
	return proceed, s.setArg(t, 1, at)
}

// notRefused is an error unless it has become a refusal.
func notRefused(err error, refused bool) error {
	if refused {
		return nil
	}
	return err
}

// sendmmsgDone copies the lengths back.
func sendmmsgDone(_ *supervisor, t *task, result int64) error {
	c := &t.call
	l := &msgLayouts[c.arch]
	if c.changed&(1<<1) == 0 || result <= 0 {
		return nil
	}
	for i := range min(result, maxMessages) {
		off := uint64(int(i)*l.stride + l.header)
		w, err := readWord(t, c.sent[1]+off)
		if err != nil {
			return ignoreFault(err)
		}
		if err := writeWord(t, c.args[1]+off, w); err != nil {
			return ignoreFault(err)
		}
	}
	return nil
}

// passcredDone makes received messages matter in a process that has asked for
// the credentials of senders, and in those that it creates.
func passcredDone(s *supervisor, t *task, result int64) error {
	s.passcred = s.passcred || result == 0
	if result != 0 || t.proc.lazy[abi.LazyPasscred] {
		return nil
	}
	return s.escalate(t, abi.LazyPasscred)
}

func recvmsgDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	if t.proc.lazy[abi.LazyNetlink] {
		if err := s.virtualReply(t, t.call.args[1], result); err != nil {
			return ignoreFault(err)
		}
	}
	return ignoreFault(s.virtualCredentials(t, t.call.args[1]))
}

func recvmmsgDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	l := &msgLayouts[t.call.arch]
	var err error
	for i := range min(result, maxMessages) {
		header := t.call.args[1] + uint64(int(i)*l.stride)
		if t.proc.lazy[abi.LazyNetlink] {
			size, errSize := readWord(t, header+uint64(l.header))
			err = errors.Join(err, errSize, s.virtualReply(t, header, int64(size)))
		}
		err = errors.Join(err, s.virtualCredentials(t, header))
	}
	return ignoreFault(err)
}

// virtualCredentials translates the credentials of a received message, whose
// header says how long its ancillary data has become.
func (s *supervisor) virtualCredentials(t *task, header uint64) error {
	l := &msgLayouts[t.call.arch]
	hdr := make([]byte, l.header)
	if err := t.read(header, hdr); err != nil {
		return err
	}
	control, err := l.controlOf(t, hdr)
	if err != nil {
		return err
	}
	base := l.size(hdr, l.control)
	l.credentials(control, func(at int) {
		if who, ok := s.senderOf(int(int32(le32(control[at:])))); ok && at+unix.SizeofUcred <= len(control) {
			who.put(control[at+ucredPID:])
			err = errors.Join(err, t.write(base+uint64(at), control[at:at+unix.SizeofUcred]))
		}
		err = errors.Join(err, s.translateWord(t, abi.TGID, base+uint64(at)))
	})
	return err
}
