package tracer

import (
	"encoding/binary"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// Layout of struct seccomp_notif (linux/seccomp.h), whose data is struct
// seccomp_data.
const (
	notifSize = 80
	notifPID  = 8
	notifNR   = 16
	notifArgs = 32
)

// notificationDone translates what a listener is told about a call. The kernel
// stopped the caller for the supervisor first, so that the listener's copy of
// the arguments has what the supervisor had put there.
func notificationDone(s *supervisor, t *task, result int64) error {
	if result != 0 {
		return nil
	}
	at := t.call.args[2]
	var b [notifSize]byte
	if err := t.read(at, b[:]); err != nil {
		return ignoreFault(err)
	}
	real := int32(le32(b[notifPID:]))
	if caller := s.tasks[int(real)]; caller != nil && caller.call.row != nil {
		c := &caller.call
		c.notification = le64(b[:])
		if c.became {
			putLE32(b[notifNR:], uint32(c.nr))
		}
		for i := range c.regs {
			if c.changed&(1<<i) != 0 {
				binary.LittleEndian.PutUint64(b[notifArgs+8*i:], c.regs[i])
			}
		}
	}
	putLE32(b[notifPID:], uint32(s.toVirtual(abi.TID, real)))
	return ignoreFault(t.write(at, b[:]))
}

// response looks whether a listener answers a call itself: what it says is the
// result for the program then, without a translation. No listener is told of a
// call by the number 0 here, which all calls have that none was told of.
func response(s *supervisor, t *task) (verdict, error) {
	const flagsAt, carryOn = 20, 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	var b [24]byte
	if err := t.read(t.call.args[2], b[:]); err != nil {
		return proceed, err
	}
	if id := le64(b[:]); id != 0 {
		for _, caller := range s.tasks {
			if caller.call.row != nil && caller.call.notification == id {
				// A refused response may have said otherwise before.
				caller.call.foreign = le32(b[flagsAt:])&carryOn == 0
			}
		}
	}
	return s.letGo(t)
}
