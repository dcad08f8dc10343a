package tracer

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

const (
	// slotSize holds two paths of PATH_MAX, or any structure.
	slotSize    = 2 * unix.PathMax
	slotsPerMap = 8
)

// A memory is an address space. Threads share it, and so do a vfork parent
// and its child.
//
// Translated copies of paths and structures go to scratch memory that the
// supervisor maps in the tracee at first need. A program that is not hostile
// does not know of it, so no other thread changes an argument between the
// supervisor's translation and the kernel's use.
type memory struct {
	maps []scratchMap
}

// A scratchMap is one mapping, divided into slots.
type scratchMap struct {
	addr uint64
	used uint8
	// lost says that the program has unmapped it.
	lost bool
}

// A slot is a piece of scratch memory for one call.
type slot struct {
	mem       *memory
	index     int
	addr      uint64
	halfInUse bool
}

// fork gives the address space of a child that got a copy of it.
func (m *memory) fork() *memory {
	c := &memory{maps: make([]scratchMap, len(m.maps))}
	for i := range m.maps {
		c.maps[i].addr, c.maps[i].lost = m.maps[i].addr, m.maps[i].lost
	}
	return c
}

// acquire finds a free slot, or fails when a new mapping is needed.
func (m *memory) acquire() (slot, bool) {
	for i := range m.maps {
		free := ^m.maps[i].used
		if free == 0 || m.maps[i].lost {
			continue
		}
		bit := bits.TrailingZeros8(free)
		m.maps[i].used |= 1 << bit
		return slot{mem: m, index: i*slotsPerMap + bit, addr: m.maps[i].addr + uint64(bit*slotSize)}, true
	}
	return slot{}, false
}

// has tells whether an address is in scratch memory.
func (m *memory) has(addr uint64) bool {
	for i := range m.maps {
		if addr-m.maps[i].addr < slotSize*slotsPerMap {
			return true
		}
	}
	return false
}

// release gives the slot back.
func (s *slot) release() {
	if s.mem != nil {
		s.mem.maps[s.index/slotsPerMap].used &^= 1 << (s.index % slotsPerMap)
	}
	*s = slot{}
}

// errReplay says that scratch memory was just mapped and the task's system
// call is about to be entered again; the handler must do nothing more.
var errReplay = errors.New("system call is replayed")

// scratch gives the current call half a slot of memory for a translated copy.
// The first use in an address space maps it, which takes the task out of its
// call: then the error is errReplay.
func (s *supervisor) scratch(t *task) (uint64, error) {
	c := &t.call
	if c.slot.mem == nil {
		sl, ok := t.proc.mem.acquire()
		if !ok {
			if err := s.mapScratch(t); err != nil {
				return 0, err
			}
			return 0, errReplay
		}
		c.slot = sl
		return sl.addr, nil
	}
	if c.slot.halfInUse {
		return 0, unix.ENOMEM
	}
	c.slot.halfInUse = true
	return c.slot.addr + slotSize/2, nil
}

// wholeScratch gives the current call a whole slot.
func (s *supervisor) wholeScratch(t *task) (uint64, error) {
	at, err := s.scratch(t)
	t.call.slot.halfInUse = true
	return at, err
}

// mapScratch maps slots into the task's address space and winds its call back.
func (s *supervisor) mapScratch(t *task) error {
	inj, err := s.beginInjection(t)
	if err != nil {
		return err
	}
	addr, err := inj.mmap(slotSize * slotsPerMap)
	switch {
	case errors.Is(err, ptrace.ErrGone):
		return err
	case err != nil:
		// No memory is left to the program, by its own limits.
		s.once(0, "scratch", "a call of %d fails with ENOMEM: %v", t.virtual, err)
		return inj.finish(-int64(unix.ENOMEM))
	}
	t.proc.mem.maps = append(t.proc.mem.maps, scratchMap{addr: addr})
	return inj.replay()
}

// fillScratch writes to scratch memory that the current call has got. If the
// program has unmapped it, there will be new memory, and the error is errReplay.
func (s *supervisor) fillScratch(t *task, at uint64, b []byte) error {
	err := t.write(at, b)
	if !errors.Is(err, unix.EFAULT) {
		return err
	}
	c := &t.call
	c.slot.mem.maps[c.slot.index/slotsPerMap].lost = true
	if err := s.mapScratch(t); err != nil {
		return err
	}
	return errReplay
}

// readWord reads a 32-bit word of the task's memory.
func readWord(t *task, addr uint64) (uint32, error) {
	var b [4]byte
	if err := t.read(addr, b[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b[:]), nil
}

// writeWord writes a 32-bit word of the task's memory.
func writeWord(t *task, addr uint64, v uint32) error {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	return t.write(addr, b[:])
}
