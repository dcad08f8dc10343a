package tracer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// A recordKind is a kind of file whose reads give records with ids.
type recordKind uint8

const (
	noRecords recordKind = iota
	signalfdRecords
	fanotifyRecords
	uffdRecords
	fuseRecords
	queueText
)

// recordsOf are the files by the text of a link to them.
var recordsOf = map[string]recordKind{
	"anon_inode:[signalfd]":    signalfdRecords,
	"anon_inode:[fanotify]":    fanotifyRecords,
	"anon_inode:[userfaultfd]": uffdRecords,
	"/dev/fuse":                fuseRecords,
}

// Layouts of the records: struct signalfd_siginfo (signalfd(2)), struct
// fanotify_event_metadata (fanotify(7)), struct uffd_msg (userfaultfd(2)), and
// struct fuse_in_header with struct fuse_lk_in (linux/fuse.h).
const (
	sfdSize = 128
	sfdCode = 8
	sfdPID  = 12
	sfdBand = 28

	fanotifySize = 24
	fanotifyPID  = 20

	uffdSize      = 32
	uffdPagefault = 0x12
	uffdTID       = 24

	fuseHeader  = 40
	fuseOpcode  = 4
	fuseTID     = 32
	fuseLockPID = fuseHeader + 36
	fuseGetlk   = 31
	fuseSetlkw  = 33
)

const (
	// recordsLimit is most bytes of one read that are looked at.
	recordsLimit = 1 << 20
	// maxIovec is UIO_MAXIOV.
	maxIovec = 1024
	// maxQueueText is above the length of the text of a message queue.
	maxQueueText = 128
)

// mqueueMagic is f_type of the file system of message queues (ipc/mqueue.c).
const mqueueMagic = 0x19800202

// recordSourceDone makes reads matter in a process that has a descriptor with
// records, and in those that it creates.
func recordSourceDone(s *supervisor, t *task, result int64) error {
	if failed(result) {
		return nil
	}
	s.serves = s.serves || servesMemory(t)
	if t.proc.lazy[abi.LazyRecords] {
		return nil
	}
	return s.escalate(t, abi.LazyRecords)
}

// recordsAt finds out what reads of a descriptor of the task give.
func recordsAt(t *task, fd int32) recordKind {
	path := fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd)
	link, err := os.Readlink(path)
	if err != nil {
		return noRecords
	}
	if kind := recordsOf[link]; kind != noRecords {
		return kind
	}
	if link != "" && link[0] == '/' && isQueue(t, path, link) {
		return queueText
	}
	return noRecords
}

// isQueue tells whether a file is a message queue. Nothing is asked of its file
// system before it is known not to be one of FUSE: a process of the tree may be
// who answers, and would wait for this one.
func isQueue(t *task, path, link string) bool {
	const fileSize = 80 // FILENT_SIZE of ipc/mqueue.c
	st, err := cachedStat(path)
	if err != nil || st.Size != fileSize || st.Dev_major != 0 {
		return false
	}
	if kind := fileSystemOf(t, st); kind != "" {
		return kind == "mqueue"
	}
	// It is not mounted, as for who only uses mq_open(3).
	var fs unix.Statfs_t
	return strings.LastIndexByte(link, '/') == 0 && unix.Statfs(path, &fs) == nil && fs.Type == mqueueMagic
}

// readRecords lets reads of other files run on.
func readRecords(s *supervisor, t *task) (verdict, error) {
	if t.call.records = recordsAt(t, int32(t.call.args[0])); t.call.records == noRecords {
		return s.letGo(t)
	}
	return proceed, nil
}

// readRecordsDone translates the ids in every record that was read.
func readRecordsDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if result <= 0 {
		return nil
	}
	result = min(result, recordsLimit)
	if c.row.Name != "read" {
		return ignoreFault(s.translateVector(t, c.args[1], int(int32(c.args[2])), result))
	}
	if c.records == queueText {
		return s.translateQueue(t, result)
	}
	return ignoreFault(s.translateRecords(t, c.args[1], result))
}

// translateVector translates records in the buffers of readv(2). The kernel
// splits no record among buffers unless they are smaller than one; such a
// record is left alone.
func (s *supervisor) translateVector(t *task, iov uint64, n int, total int64) error {
	word := msgLayouts[t.call.arch].word
	for i := 0; i < min(n, maxIovec) && total > 0; i++ {
		v := make([]byte, 2*word)
		if err := t.read(iov+uint64(i*2*word), v); err != nil {
			return err
		}
		base, size := msgLayouts[t.call.arch].size(v, 0), msgLayouts[t.call.arch].size(v, word)
		part := min(int64(min(size, recordsLimit)), total)
		if err := s.translateRecords(t, base, part); err != nil {
			return err
		}
		total -= part
	}
	return nil
}

func (s *supervisor) translateRecords(t *task, at uint64, size int64) error {
	for size > 0 {
		var r [fuseLockPID]byte
		head := r[:min(size, int64(len(r)))]
		if err := t.read(at, head); err != nil {
			return err
		}
		n, ids := t.call.records.ids(head)
		if t.call.records == signalfdRecords && len(head) >= sfdBand+4 &&
			s.announcesEnd(int(le32(head)), int32(le32(head[sfdCode:])), int(le32(head[sfdBand:]))) {
			// By its code the kernel takes the signal for one with a band.
			ids[0] = recordID{abi.TGID, sfdBand}
		}
		for _, id := range ids {
			if id.kind == abi.None {
				break
			}
			if err := s.translateWord(t, id.kind, at+uint64(id.off)); err != nil {
				return err
			}
		}
		if n <= 0 {
			return nil
		}
		at, size = at+uint64(n), size-int64(n)
	}
	return nil
}

// A recordID is an id in a record.
type recordID struct {
	kind abi.Kind
	off  int
}

// ids finds the ids in the record that begins with head, and the length of the
// record; 0 when nothing comes after it.
func (k recordKind) ids(head []byte) (n int, ids [2]recordID) {
	switch {
	case k == signalfdRecords && len(head) >= sfdPID+4:
		if hasSender(unix.Signal(le32(head)), int32(le32(head[sfdCode:]))) {
			ids[0] = recordID{abi.TGID, sfdPID}
		}
		return sfdSize, ids
	case k == fanotifyRecords && len(head) >= fanotifySize:
		ids[0] = recordID{abi.TID, fanotifyPID}
		return int(min(max(le32(head), fanotifySize), recordsLimit)), ids
	case k == uffdRecords && len(head) >= uffdSize:
		if head[0] == uffdPagefault {
			ids[0] = recordID{abi.TID, uffdTID}
		}
		return uffdSize, ids
	case k == fuseRecords && len(head) >= fuseHeader:
		ids[0] = recordID{abi.TID, fuseTID}
		if op := le32(head[fuseOpcode:]); op >= fuseGetlk && op <= fuseSetlkw && len(head) >= fuseLockPID {
			ids[1] = recordID{abi.TGID, fuseLockPID - 4}
		}
		return 0, ids
	}
	return 0, ids
}

// translateQueue translates who is to be told of messages in a queue, if the
// program has read that whole. The text may get longer, and loses its end where
// the program has no room for it.
func (s *supervisor) translateQueue(t *task, result int64) error {
	const mark, width = "NOTIFY_PID:", 6
	c := &t.call
	text := make([]byte, min(result, maxQueueText))
	if err := t.read(c.args[1], text); err != nil {
		return ignoreFault(err)
	}
	before, rest, found := bytes.Cut(text, []byte(mark))
	number, end, whole := bytes.Cut(rest, []byte("\n"))
	real, err := strconv.ParseInt(string(bytes.TrimSpace(number)), 10, 32)
	if !found || !whole || len(end) != 0 || err != nil {
		return nil
	}
	out := fmt.Appendf(nil, "%s%s%-*d\n", before, mark, width, s.toVirtual(abi.TGID, int32(real)))
	return giveResult(t, c.args[1], string(out[:min(uint64(len(out)), c.args[2])]))
}
