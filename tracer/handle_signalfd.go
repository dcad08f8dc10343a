package tracer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// Layout of struct signalfd_siginfo (signalfd(2)).
const (
	sfdSize   = 128
	sfdCode   = 8
	sfdPID    = 12
	sfdLimit  = 1 << 20 // most bytes of one read that are looked at
	iovecSize = 16
	// maxIovec is UIO_MAXIOV.
	maxIovec = 1024
)

// signalfdDone makes reads matter in a process that has a signalfd, and in
// those that it creates.
func signalfdDone(s *supervisor, t *task, result int64) error {
	if failed(result) || t.proc.lazy[abi.LazySignalfd] {
		return nil
	}
	return s.escalate(t, abi.LazySignalfd)
}

// readSignalfd lets reads of other files run on.
func readSignalfd(s *supervisor, t *task) (verdict, error) {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.tid, int32(t.call.args[0])))
	if err != nil || link != "anon_inode:[signalfd]" {
		return s.letGo(t)
	}
	return proceed, nil
}

// readSignalfdDone translates the sender in every record that was read.
func readSignalfdDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if result <= 0 || result > sfdLimit {
		return nil
	}
	if c.row.Name == "read" {
		return ignoreFault(s.translateRecords(t, c.args[1], result))
	}
	return ignoreFault(s.translateVector(t, c.args[1], int(int32(c.args[2])), result))
}

// translateVector translates records in the buffers of readv(2). The kernel
// splits no record among buffers unless they are smaller than one; such a
// record is left alone.
func (s *supervisor) translateVector(t *task, iov uint64, n int, total int64) error {
	for i := 0; i < min(n, maxIovec) && total > 0; i++ {
		var v [iovecSize]byte
		if err := ptrace.Read(t.tid, iov+uint64(i*iovecSize), v[:]); err != nil {
			return err
		}
		base, size := le64(v[:]), min(int64(le64(v[8:])), total)
		if err := s.translateRecords(t, base, size); err != nil {
			return err
		}
		total -= size
	}
	return nil
}

func (s *supervisor) translateRecords(t *task, at uint64, size int64) error {
	for ; size >= sfdSize; at, size = at+sfdSize, size-sfdSize {
		var r [16]byte
		if err := ptrace.Read(t.tid, at, r[:]); err != nil {
			return err
		}
		if !hasSender(unix.Signal(le32(r[:])), int32(le32(r[sfdCode:]))) {
			continue
		}
		if err := s.translateSender(t, at+sfdPID); err != nil {
			return err
		}
	}
	return nil
}
