package tracer

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// modelled is a supervisor without processes: root 42 is real 5000, its child
// 43 real 5001 with thread 44 real 5002.
func modelled(t *testing.T) *supervisor {
	t.Helper()
	space, err := pidspace.New(pidspace.Config{Kind: pidspace.Private, Root: 42, Supervisor: 4999, InheritedPGID: 4998, InheritedSID: 4997})
	if err != nil {
		t.Fatal(err)
	}
	s := &supervisor{space: space, cmd: &Cmd{Space: pidspace.Private}, tasks: map[int]*task{}}
	if _, err := space.Root(5000); err != nil {
		t.Fatal(err)
	}
	if _, err := space.Fork(5000, 5001, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := space.Thread(5001, 5002, 0); err != nil {
		t.Fatal(err)
	}
	space.Setpgid(5001, 5001)
	return s
}

func TestToReal(t *testing.T) {
	s := modelled(t)
	clock := func(id int32, flags int32) int32 { return ^id<<3 | flags }
	for _, c := range []struct {
		kind       abi.Kind
		give, want int32
	}{
		{abi.TID, 0, 0},
		{abi.TID, -1, -1},
		{abi.TID, math.MinInt32, math.MinInt32},
		{abi.TID, 44, 5002},
		{abi.TID, 5002, nobody},
		{abi.TGID, 43, 5001},
		{abi.TGID, 1, 4999},
		{abi.TGID, 999, nobody},
		{abi.PGID, 43, 5001},
		{abi.PGID, 299, 4998},
		{abi.SID, 298, 4997},
		{abi.PIDOrGroup, 42, 5000},
		{abi.PIDOrGroup, 44, 5002},
		{abi.PIDOrGroup, 0, 0},
		{abi.PIDOrGroup, -1, -1},
		{abi.PIDOrGroup, -43, -5001},
		{abi.PIDOrGroup, -5001, -nobody},
		{abi.PIDOrGroup, math.MinInt32, math.MinInt32},
		{abi.Owner, -43, -5001},
		{abi.Owner, -1, -nobody}, // group 1, not "everything"
		{abi.Owner, 43, 5001},
		{abi.Owner, math.MinInt32, math.MinInt32},
		{abi.ClockID, unix.CLOCK_MONOTONIC, unix.CLOCK_MONOTONIC},
		{abi.ClockID, clock(0, 2), clock(0, 2)},
		{abi.ClockID, clock(43, 2), clock(5001, 2)},
		{abi.ClockID, clock(44, 6), clock(5002, 6)},
		{abi.ClockID, clock(77, 2), clock(nobodysClock, 2)},
		{abi.ClockID, clock(43, 3), clock(43, 3)}, // a clock of a file descriptor
	} {
		if got := s.toReal(c.kind, c.give); got != c.want {
			t.Errorf("toReal(%v, %d) = %d, want %d", c.kind, c.give, got, c.want)
		}
	}
	if nobodysClock>>29 != 0 || clock(nobodysClock, 2) >= 0 {
		t.Error("nobody's clock does not fit into a clock id")
	}
}

func TestToVirtual(t *testing.T) {
	s := modelled(t)
	for _, c := range []struct {
		kind       abi.Kind
		give, want int32
	}{
		{abi.TID, 0, 0},
		{abi.TID, -1, -1},
		{abi.TID, 5002, 44},
		{abi.TGID, 5000, 42},
		{abi.TGID, 4999, 1},
		{abi.TGID, 1, 0}, // the machine's init is not in the space
		{abi.PGID, 4998, 299},
		{abi.SID, 4997, 298},
		{abi.PGID, 5001, 43},
		{abi.PGID, 4242, 0},
		{abi.Owner, -5001, -43},
		{abi.Owner, 5001, 43},
	} {
		if got := s.toVirtual(c.kind, c.give); got != c.want {
			t.Errorf("toVirtual(%v, %d) = %d, want %d", c.kind, c.give, got, c.want)
		}
	}
}

func TestSenderAt(t *testing.T) {
	const (
		siQueue   = -1
		siTimer   = -2
		siAsyncIO = -4
		siSigIO   = -5
		siAsyncNL = -60
	)
	for _, c := range []struct {
		sig  unix.Signal
		code int32
		want bool
	}{
		{unix.SIGUSR1, siUser, true},
		{unix.SIGUSR1, siTkill, true},
		{unix.SIGUSR1, siMesgq, true},
		{unix.SIGUSR1, siQueue, false},
		{unix.SIGCHLD, siQueue, false},
		{unix.SIGUSR1, siTimer, false},
		{unix.SIGIO, siAsyncIO, false},
		{unix.SIGIO, siSigIO, false},
		{unix.SIGUSR1, siAsyncNL, false},
		{unix.SIGUSR1, siKernel, false},
		{unix.SIGCHLD, cldExited, true},
		{unix.SIGCHLD, cldContinued, true},
		{unix.SIGCHLD, cldContinued + 1, false},
		{unix.SIGSEGV, 1, false}, // an address is there
		{unix.SIGIO, 1, false},   // a band is there
	} {
		var si ptrace.Siginfo
		putLE32(si[:], uint32(c.sig))
		putLE32(si[8:], uint32(c.code))
		for arch, at := range map[abi.Arch]int{abi.X86_64: 16, abi.I386: 12} {
			if off, ok := senderAt(si[:], arch); ok != c.want || off != at {
				t.Errorf("senderAt(%v, code %d, %v) = %d, %v; want %d, %v", c.sig, c.code, arch, off, ok, at, c.want)
			}
		}
	}
}

func TestSlots(t *testing.T) {
	m := &memory{}
	if _, ok := m.acquire(); ok {
		t.Fatal("a slot without a mapping")
	}
	m.maps = append(m.maps, scratchMap{addr: 0x10000})
	seen := map[uint64]bool{}
	var slots []slot
	for range slotsPerMap {
		sl, ok := m.acquire()
		if !ok || seen[sl.addr] || sl.addr < 0x10000 || sl.addr+slotSize > 0x10000+slotSize*slotsPerMap {
			t.Fatalf("slot %+v, %v", sl, ok)
		}
		seen[sl.addr] = true
		slots = append(slots, sl)
	}
	if _, ok := m.acquire(); ok {
		t.Error("more slots than there are")
	}
	if child := m.fork(); len(child.maps) != 1 || child.maps[0].used != 0 {
		t.Error("a forked address space has slots in use")
	}
	slots[3].release()
	if sl, ok := m.acquire(); !ok || sl.addr != 0x10000+3*slotSize {
		t.Errorf("the released slot is not given out: %+v, %v", sl, ok)
	}
}

func TestCredentials(t *testing.T) {
	message := func(l *msgLayout, level, kind, length int, pid uint32) []byte {
		b := make([]byte, (length+l.word-1)&^(l.word-1))
		l.setSize(b, 0, uint64(length))
		putLE32(b[l.cmsgLevel:], uint32(level))
		putLE32(b[l.cmsgLevel+4:], uint32(kind))
		if len(b) >= l.cmsgData+4 {
			putLE32(b[l.cmsgData:], pid)
		}
		return b
	}
	for arch := range msgLayouts {
		l := &msgLayouts[arch]
		full := l.cmsgData + 12
		two := append(message(l, unix.SOL_SOCKET, unix.SCM_RIGHTS, l.cmsgData+4, 9), message(l, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, full, 43)...)
		for name, c := range map[string]struct {
			control []byte
			want    int
		}{
			"none":           {nil, 0},
			"credentials":    {message(l, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, full, 43), 1},
			"behind rights":  {two, 1},
			"other level":    {message(l, unix.SOL_IP, unix.SCM_CREDENTIALS, full, 43), 0},
			"cut short":      {message(l, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, full, 43)[:l.cmsgData+4], 0},
			"without a pid":  {message(l, unix.SOL_SOCKET, unix.SCM_CREDENTIALS, l.cmsgData, 43), 0},
			"length of zero": {make([]byte, 64), 0},
		} {
			n := 0
			l.credentials(c.control, func(at int) {
				n++
				if le32(c.control[at:]) != 43 {
					t.Errorf("%s: the pid is not at %d", name, at)
				}
			})
			if n != c.want {
				t.Errorf("arch %d, %s: %d credentials, want %d", arch, name, n, c.want)
			}
		}
	}
}

// Ancillary data is the program's: nothing in it may lead outside.
func FuzzCredentials(f *testing.F) {
	f.Add([]byte{16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 3, 4}, true)
	f.Fuzz(func(t *testing.T, control []byte, i386 bool) {
		l := &msgLayouts[abi.X86_64]
		if i386 {
			l = &msgLayouts[abi.I386]
		}
		l.credentials(control, func(at int) {
			if at < 0 || at+4 > len(control) {
				t.Fatalf("offset %d of %d bytes", at, len(control))
			}
		})
	})
}
