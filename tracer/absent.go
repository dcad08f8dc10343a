package tracer

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// A page of a program may have to be served by a process of the same tree: of a
// file in its FUSE file system, or of memory that it watches with userfaultfd(2).
// Who reads it from outside waits for that process, which may wait for the
// supervisor. So where a process of the tree may serve pages, the supervisor
// looks first whether one is there. If it is not, the program itself is made to
// fetch it (madvise(2), MADV_POPULATE_READ), while others go on, and then enters
// its call again.

// A pageRange is pages that were absent.
type pageRange struct{ from, to uint64 }

const (
	pageSize = 4096
	// maxFetches bounds how many ranges are fetched for one call.
	maxFetches = 64
	// Bits of an entry of /proc/PID/pagemap (pagemap.rst): both are pages that
	// nobody has to serve.
	pagePresent, pageSwapped = 1 << 63, 1 << 62
)

// servesMemory tells whether a userfaultfd that was made by the current call can
// make others than its own program wait.
func servesMemory(t *task) bool {
	const userModeOnly = 1 // UFFD_USER_MODE_ONLY
	switch c := &t.call; c.row.Name {
	case "userfaultfd":
		return c.args[0]&userModeOnly == 0
	case "ioctl": // USERFAULTFD_IOC_NEW
		return c.args[2]&userModeOnly == 0
	}
	return false
}

// read fills b from the task's memory, or fails with EFAULT, also if a page is to
// be fetched first.
func (t *task) read(addr uint64, b []byte) error {
	if t.careful && !t.present(addr, len(b)) {
		return unix.EFAULT
	}
	return ptrace.Read(t.tid, addr, b)
}

// write copies b to the task's memory, or fails like read.
func (t *task) write(addr uint64, b []byte) error {
	if t.careful && !t.present(addr, len(b)) {
		return unix.EFAULT
	}
	return ptrace.Write(t.tid, addr, b)
}

// readString reads a string as [ptrace.ReadString] does, or fails like read.
func (t *task) readString(addr uint64, buf []byte) ([]byte, error) {
	return ptrace.ReadString(t.read, addr, buf)
}

// present tells whether memory can be read without waiting for anybody. If not,
// it notes what has to be fetched. What could not be fetched is the kernel's to
// tell of.
func (t *task) present(addr uint64, size int) bool {
	if size == 0 || len(t.fetched) >= maxFetches || t.proc.mem.has(addr) {
		return true
	}
	r := pageRange{addr &^ (pageSize - 1), (addr + uint64(size) + pageSize - 1) &^ (pageSize - 1)}
	if r.to <= r.from {
		return true
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", t.tid))
	if err != nil {
		return true
	}
	defer f.Close()
	entries := make([]byte, 8*(r.to-r.from)/pageSize)
	n, _ := f.ReadAt(entries, int64(8*(r.from/pageSize)))
	for i := 0; i+8 <= n; i += 8 {
		page := r.from + uint64(i/8*pageSize)
		if binary.LittleEndian.Uint64(entries[i:])&(pagePresent|pageSwapped) == 0 && !t.wasFetched(page) {
			t.absent = pageRange{page, r.to}
			return false
		}
	}
	return true
}

func (t *task) wasFetched(page uint64) bool {
	for _, r := range t.fetched {
		if r.from <= page && page < r.to {
			return true
		}
	}
	return false
}

// fetch makes a task that is at the entry of a call fetch the pages that are
// absent. Events go on to be handled.
func (s *supervisor) fetch(t *task) error {
	const populateRead = 22 // MADV_POPULATE_READ, since Linux 5.14
	r := t.absent
	t.absent = pageRange{}
	t.fetched = append(t.fetched, r)
	inj, err := s.beginInjection(t)
	if err != nil {
		return err
	}
	s.injecting, t.fetching = nil, inj
	return inj.enter(injected().madvise, r.from, r.to-r.from, populateRead)
}

// fetching handles an event of a task that fetches pages. It reports false for
// one that ends this and is to be handled like others.
func (s *supervisor) fetching(t *task, status uint32) (handled bool, err error) {
	inj := t.fetching
	_, done, err := inj.pass(status)
	switch {
	case classify(status) == eventEnd, classify(status) == eventExit, classify(status) == eventExec:
		t.fetching, t.fetched = nil, nil
		return false, nil
	case err != nil:
		return true, err
	case done:
		t.fetching = nil
		return true, inj.replay()
	}
	return true, ptrace.Resume(ptrace.Syscall, t.tid, 0)
}
