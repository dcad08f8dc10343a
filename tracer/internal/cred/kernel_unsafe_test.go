package cred

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// thread makes system calls for the calling thread alone, where those of the C
// library and of Go would be for the process.
func thread(nr uintptr, args ...uintptr) (int64, unix.Errno) {
	var a [6]uintptr
	copy(a[:], args)
	r, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return int64(r), errno
}

// memory is what system calls read and write. It is not on a stack, which Go
// moves; one thread at a time uses it.
var memory struct {
	id     [3]uint32
	groups [16]uint32
	header unix.CapUserHeader
	data   [2]unix.CapUserData
}

func at[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// real reads the credentials of the calling thread.
func real(t *testing.T, known Set) Cred {
	t.Helper()
	c := Cred{Known: known}
	must := func(nr uintptr, args ...uintptr) int64 {
		r, errno := thread(nr, args...)
		if errno != 0 {
			t.Fatalf("system call %d: %v", nr, errno)
		}
		return r
	}
	id := &memory.id
	must(unix.SYS_GETRESUID, at(&id[0]), at(&id[1]), at(&id[2]))
	c.UID = IDs{id[0], id[1], id[2], uint32(must(unix.SYS_SETFSUID, ^uintptr(0)))}
	must(unix.SYS_GETRESGID, at(&id[0]), at(&id[1]), at(&id[2]))
	c.GID = IDs{id[0], id[1], id[2], uint32(must(unix.SYS_SETFSGID, ^uintptr(0)))}
	if n := must(unix.SYS_GETGROUPS, 0, 0); n > 0 {
		must(unix.SYS_GETGROUPS, uintptr(n), at(&memory.groups))
		c.Groups = slices.Clone(memory.groups[:n])
	}
	memory.header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	must(unix.SYS_CAPGET, at(&memory.header), at(&memory.data))
	for i, d := range memory.data {
		c.Effective |= Set(d.Effective) << (32 * i)
		c.Permitted |= Set(d.Permitted) << (32 * i)
		c.Inheritable |= Set(d.Inheritable) << (32 * i)
	}
	for n := range uintptr(64) {
		if !known.Has(int(n)) {
			continue
		}
		c.Bounding |= Set(must(unix.SYS_PRCTL, unix.PR_CAPBSET_READ, n)) << n
		c.Ambient |= Set(must(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, n)) << n
	}
	c.Secure = uint32(must(unix.SYS_PRCTL, unix.PR_GET_SECUREBITS))
	return c
}

// A step is a call with its arguments, made really and by the model. Both give
// a value or a negative errno.
type step struct {
	name  string
	real  func() int64
	model func(*Cred) int64
}

// walk makes up steps.
type walk struct{ *rand.Rand }

// ids are those that a walk changes to.
var ids = []uint32{0, 0, 1, 2, 1000, 65534, 70000, unchanged}

func (w walk) id() uint32 { return ids[w.IntN(len(ids))] }

func (w walk) caps(of Set) Set {
	switch w.IntN(4) {
	case 0:
		return of
	case 1:
		return of & Set(w.Uint64())
	case 2:
		return of | 1<<w.IntN(64)
	}
	return of & (1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETPCAP | 1<<unix.CAP_CHOWN)
}

// setID is a step of a call that changes ids.
func setID(name string, nr uintptr, model func(c *Cred) unix.Errno, args ...uint32) step {
	return step{fmt.Sprintf("%s%d", name, args),
		func() int64 {
			var a []uintptr
			for _, id := range args {
				a = append(a, uintptr(id))
			}
			r, errno := thread(nr, a...)
			if errno != 0 {
				return -int64(errno)
			}
			return r
		},
		func(c *Cred) int64 { return -int64(model(c)) }}
}

// next makes up a step for a task with credentials c.
func (w walk) next(c *Cred) step {
	a, b, d := w.id(), w.id(), w.id()
	switch w.IntN(14) {
	case 0:
		return setID("setuid", unix.SYS_SETUID, func(c *Cred) unix.Errno { return c.SetUID(a) }, a)
	case 1:
		return setID("setgid", unix.SYS_SETGID, func(c *Cred) unix.Errno { return c.SetGID(a) }, a)
	case 2:
		return setID("setreuid", unix.SYS_SETREUID, func(c *Cred) unix.Errno { return c.SetREUID(a, b) }, a, b)
	case 3:
		return setID("setregid", unix.SYS_SETREGID, func(c *Cred) unix.Errno { return c.SetREGID(a, b) }, a, b)
	case 4, 5:
		return setID("setresuid", unix.SYS_SETRESUID, func(c *Cred) unix.Errno { return c.SetRESUID(a, b, d) }, a, b, d)
	case 6:
		return setID("setresgid", unix.SYS_SETRESGID, func(c *Cred) unix.Errno { return c.SetRESGID(a, b, d) }, a, b, d)
	case 7:
		s := setID("setfsuid", unix.SYS_SETFSUID, nil, a)
		s.model = func(c *Cred) int64 { return int64(c.SetFSUID(a)) }
		return s
	case 8:
		s := setID("setfsgid", unix.SYS_SETFSGID, nil, a)
		s.model = func(c *Cred) int64 { return int64(c.SetFSGID(a)) }
		return s
	case 9:
		return w.setgroups()
	case 10:
		return capset(w.caps(c.Effective), w.caps(c.Permitted), w.caps(c.Permitted|c.Inheritable))
	}
	return w.prctl()
}

func (w walk) setgroups() step {
	groups := make([]uint32, w.IntN(4))
	for i := range groups {
		groups[i] = w.id()
	}
	return step{fmt.Sprint("setgroups", groups),
		func() int64 {
			copy(memory.groups[:], groups)
			_, errno := thread(unix.SYS_SETGROUPS, uintptr(len(groups)), at(&memory.groups))
			return -int64(errno)
		},
		func(c *Cred) int64 {
			if errno := c.MaySetGroups(int32(len(groups))); errno != 0 {
				return -int64(errno)
			}
			return -int64(c.SetGroups(groups))
		}}
}

func capset(effective, permitted, inheritable Set) step {
	return step{fmt.Sprintf("capset(%x, %x, %x)", effective, permitted, inheritable),
		func() int64 {
			memory.header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			memory.data = [2]unix.CapUserData{
				{Effective: uint32(effective), Permitted: uint32(permitted), Inheritable: uint32(inheritable)},
				{Effective: uint32(effective >> 32), Permitted: uint32(permitted >> 32), Inheritable: uint32(inheritable >> 32)},
			}
			_, errno := thread(unix.SYS_CAPSET, at(&memory.header), at(&memory.data))
			return -int64(errno)
		},
		func(c *Cred) int64 { return -int64(c.Capset(effective, permitted, inheritable)) }}
}

func (w walk) prctl() step {
	var args [5]uint64
	capability := []uint64{unix.CAP_CHOWN, unix.CAP_SETUID, unix.CAP_SETGID, uint64(w.IntN(64)), 64, 1 << 32}[w.IntN(6)]
	switch w.IntN(6) {
	case 0:
		args = [5]uint64{unix.PR_CAPBSET_READ, capability}
	case 1:
		args = [5]uint64{unix.PR_CAPBSET_DROP, capability}
	case 2:
		args = [5]uint64{unix.PR_SET_SECUREBITS, w.Uint64() & w.Uint64() & 0xff}
	case 3:
		args = [5]uint64{unix.PR_SET_KEEPCAPS, uint64(w.IntN(3))}
	case 4:
		args = [5]uint64{unix.PR_GET_KEEPCAPS}
	case 5:
		args = [5]uint64{unix.PR_CAP_AMBIENT, uint64(w.IntN(6)), capability, uint64(w.IntN(20) / 19)}
		if args[1] == unix.PR_CAP_AMBIENT_CLEAR_ALL && w.IntN(4) > 0 {
			args[2] = 0
		}
	}
	return step{fmt.Sprint("prctl", args),
		func() int64 {
			r, errno := thread(unix.SYS_PRCTL, uintptr(args[0]), uintptr(args[1]), uintptr(args[2]), uintptr(args[3]), uintptr(args[4]))
			if errno != 0 {
				return -int64(errno)
			}
			return r
		},
		func(c *Cred) int64 { return c.Prctl(args) }}
}

// TestKernel walks through random changes and compares every result, and what
// the credentials are after it, with those of a thread of this process.
func TestKernel(t *testing.T) {
	last, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(last)))
	if err != nil {
		t.Fatal(err)
	}
	known := Set(1)<<(n+1) - 1
	for seed := range uint64(300) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // it is not given back
			compare(t, walk{rand.New(rand.NewPCG(seed, 7))}, known)
		}()
		<-done
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func compare(t *testing.T, w walk, known Set) {
	model := real(t, known)
	var history []string
	for range 40 {
		s := w.next(&model)
		history = append(history, s.name)
		got, want := s.model(&model), s.real()
		if got != want {
			t.Errorf("%s: the model gives %d, the kernel %d", s.name, got, want)
		}
		if diff := cmp.Diff(real(t, known), model); diff != "" {
			t.Errorf("%s (-kernel +model):\n%s", s.name, diff)
		}
		if t.Failed() {
			t.Logf("after %s", strings.Join(history, ", "))
			return
		}
	}
}
