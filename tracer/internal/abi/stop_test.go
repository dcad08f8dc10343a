package abi

import (
	"math/rand/v2"
	"testing"
)

// a makes argument registers.
func a(args ...uint64) (regs [6]uint64) {
	copy(regs[:], args)
	return regs
}

const (
	garbage  = 0xdeadbeef << 32
	minusOne = 0xffffffffffffffff
)

// cpuClock makes a clock id (linux/posix-timers.h).
func cpuClock(id, flags uint32) uint64 { return uint64(^id<<3 | flags) }

// TestDecide holds the table against what people know about the calls. It is
// written from the manual pages, not from the table.
func TestDecide(t *testing.T) {
	for _, test := range []struct {
		name string
		arch Arch
		args [6]uint64
		want Verdict
	}{
		{"getpid", X86_64, a(), Stop},
		{"getpid", I386, a(), Stop},
		{"read", X86_64, a(0, 0, 4096), Allow}, // lazy
		{"fork", X86_64, a(), Allow},
		{"vfork", I386, a(), Allow},
		{"clone", X86_64, a(0x01200011), Allow}, // glibc's fork
		{"clone", X86_64, a(0x003d0f00), Allow}, // pthread_create
		{"clone", X86_64, a(0x00800000), Stop},
		{"clone", I386, a(0x20000011), Stop},
		{"clone3", X86_64, a(1, 88), Stop},
		{"unshare", X86_64, a(0x10000000), Allow},
		{"unshare", X86_64, a(0x30000000), Stop},
		{"setns", X86_64, a(3, 0), Stop},
		{"setns", X86_64, a(3, 0x40000000), Allow},
		{"setns", X86_64, a(3, 0x20000000), Stop},
		{"execve", X86_64, a(1, 1, 1), Stop},
		{"kill", X86_64, a(0, 15), Stop},
		{"tgkill", X86_64, a(0, 0, 15), Allow},
		{"tgkill", X86_64, a(0, 7, 15), Stop},
		{"tgkill", X86_64, a(garbage, garbage, 15), Allow},
		{"pidfd_send_signal", X86_64, a(3, 15, 0), Allow},
		{"pidfd_send_signal", X86_64, a(3, 15, 1<<40), Stop},
		{"rt_sigtimedwait", X86_64, a(1, 0, 0, 8), Allow},
		{"rt_sigtimedwait_time64", I386, a(1, 8, 0, 8), Stop},
		{"wait4", X86_64, a(minusOne), Stop},
		{"waitid", X86_64, a(0, 0, 0, 4), Stop},
		{"getpgid", X86_64, a(0), Stop},
		{"setpgid", X86_64, a(0, 0), Stop},
		{"getpriority", X86_64, a(0, 0), Allow},
		{"getpriority", X86_64, a(0, 77), Stop},
		{"getpriority", X86_64, a(1, 77), Stop},
		{"getpriority", X86_64, a(2, 77), Allow}, // PRIO_USER
		{"ioprio_set", X86_64, a(1, 77), Stop},
		{"ioprio_set", X86_64, a(3, 77), Allow}, // IOPRIO_WHO_USER
		{"prlimit64", X86_64, a(0, 7), Allow},
		{"prlimit64", X86_64, a(1, 7), Stop},
		{"sched_getaffinity", X86_64, a(5), Stop},
		{"perf_event_open", X86_64, a(1, 0, 0), Allow},
		{"perf_event_open", X86_64, a(1, minusOne, 0), Allow},
		{"perf_event_open", X86_64, a(1, 55, 0), Stop},
		{"perf_event_open", X86_64, a(1, 55, 0, 0, 4), Allow}, // a cgroup
		{"clock_gettime", X86_64, a(0, 1), Allow},
		{"clock_gettime", X86_64, a(0xfffffffe, 1), Allow},       // own thread
		{"clock_gettime", X86_64, a(cpuClock(4242, 2), 1), Stop}, // process 4242
		{"clock_gettime", X86_64, a(cpuClock(3, 3), 1), Allow},   // descriptor 3
		{"clock_gettime64", I386, a(cpuClock(4242, 6), 1), Stop}, // thread 4242
		{"timer_create", X86_64, a(0, 0, 1), Allow},
		{"timer_create", X86_64, a(0, 1, 1), Stop},
		{"futex", X86_64, a(1, 128), Allow},   // FUTEX_WAIT_PRIVATE
		{"futex", X86_64, a(1, 128|9), Allow}, // FUTEX_WAIT_BITSET
		{"futex", X86_64, a(1, 128|6), Stop},
		{"futex", X86_64, a(1, 13), Stop},
		{"futex", X86_64, a(1, 256|11), Stop}, // with FUTEX_CLOCK_REALTIME
		{"fcntl", X86_64, a(1, 3), Allow},     // F_GETFL
		{"fcntl", X86_64, a(1, 5, 1), Stop},
		{"fcntl", X86_64, a(1, 6, 1), Allow}, // F_SETLK
		{"fcntl", X86_64, a(1, 8, 0), Allow}, // F_SETOWN nobody
		{"fcntl", X86_64, a(1, 8, minusOne), Stop},
		{"fcntl", X86_64, a(1, 9), Stop},
		{"fcntl", X86_64, a(1, 12, 1), Allow}, // F_GETLK64 is a 32-bit command
		{"fcntl64", I386, a(1, 12, 1), Stop},
		{"fcntl", X86_64, a(1, 15, 1), Stop},
		{"fcntl", X86_64, a(1, 36, 1), Stop},
		{"ioctl", X86_64, a(0, 0x5401, 1), Allow}, // TCGETS
		{"ioctl", X86_64, a(0, 0x540f, 1), Stop},
		{"ioctl", X86_64, a(0, 0x540f, 0), Allow},
		{"ioctl", X86_64, a(0, garbage|0x5410, 1), Stop},
		{"ioctl", X86_64, a(0, 0x8902, 1), Stop},
		{"ioctl", X86_64, a(0, 0xc050ff0b, 1), Stop},
		{"ioctl", X86_64, a(0, 0xc040ff0b, 1), Stop},
		{"ioctl", X86_64, a(0, 0xff0b, 1), Allow},
		{"getsockopt", X86_64, a(3, 1, 17), Stop},
		{"getsockopt", X86_64, a(3, 6, 17), Allow},
		{"msgctl", X86_64, a(1, 2, 1), Stop},
		{"msgctl", X86_64, a(1, 0, 0), Allow}, // IPC_RMID
		{"shmctl", I386, a(1, 13, 1), Stop},
		{"semctl", X86_64, a(1, 0, 11), Stop},
		{"semctl", X86_64, a(1, 0, 12), Allow},         // GETVAL
		{"ipc", I386, a(24, 1, 0x102, 0, 1), Stop},     // shmctl(IPC_STAT)
		{"ipc", I386, a(24, 1, 0x100, 0, 1), Allow},    // shmctl(IPC_RMID)
		{"ipc", I386, a(3|1<<16, 1, 0, 0x10b), Stop},   // semctl(GETPID)
		{"ipc", I386, a(1, 1, 0x102, 0x10b, 1), Allow}, // semop
		{"prctl", X86_64, a(15, 1), Allow},             // PR_SET_NAME
		{"prctl", X86_64, a(4, 0), Stop},
		{"prctl", X86_64, a(0x59616d61, 0), Allow},
		{"prctl", X86_64, a(0x59616d61, minusOne), Allow},
		{"prctl", X86_64, a(0x59616d61, 99), Stop},
		{"seccomp", X86_64, a(0, 0, 1), Allow},
		{"seccomp", X86_64, a(1, 1, 1), Stop},
		{"seccomp", X86_64, a(1, 0, 1), Stop},
		{"seccomp", X86_64, a(1, 1|8|16, 1), Stop}, // a listener
		{"capget", X86_64, a(1, 0), Stop},
		{"capget", X86_64, a(0, 0), Allow},
		{"io_uring_setup", X86_64, a(8, 1), Stop},
		{"ptrace", X86_64, a(0), Stop},
		{"openat", X86_64, a(0), Stop},
		{"fanotify_mark", I386, a(0), Stop},
		{"close", X86_64, a(3), Allow},
		{"bpf", X86_64, a(28), Allow},
	} {
		r := find(t, test.name, test.arch)
		notLazy := func(Lazy) bool { return false }
		if got := Decide(test.arch, uint32(r.NR[test.arch]), test.args, Mode{}, notLazy); got != test.want {
			t.Errorf("%v %s%#x: verdict %d, want %d", test.arch, test.name, test.args, got, test.want)
		}
	}
}

func find(t *testing.T, name string, arch Arch) *Row {
	t.Helper()
	for i := range Calls {
		if r := &Calls[i]; r.Name == name && r.NR[arch] >= 0 {
			return r
		}
	}
	t.Fatalf("no %v call %s", arch, name)
	return nil
}

func TestDecideUnknown(t *testing.T) {
	for _, nr := range []uint32{336 + 20, 500, 39 | X32Bit, 512 | X32Bit, 1 << 31, 0xffffffff} {
		if got := Decide(X86_64, nr, a(), Mode{}, nil); got != NoSys {
			t.Errorf("call %#x: verdict %d, want ENOSYS", nr, got)
		}
	}
}

func TestDecideLazyAndStrict(t *testing.T) {
	read := uint32(find(t, "read", X86_64).NR[X86_64])
	yes := func(l Lazy) bool { return l == LazyRecords }
	if got := Decide(X86_64, read, a(3, 1, 128), Mode{}, yes); got != Stop {
		t.Errorf("read of 128 bytes after a signalfd: verdict %d", got)
	}
	if got := Decide(X86_64, read, a(3, 1, 23), Mode{}, yes); got != Allow {
		t.Errorf("read of 23 bytes after a signalfd: verdict %d", got)
	}
	bpf := find(t, "bpf", X86_64)
	nr := uint32(bpf.NR[X86_64])
	if got := Decide(X86_64, nr, a(28), Mode{Strict: true}, nil); got != Stop || !bpf.Leaks(a(28)) {
		t.Errorf("strict BPF_LINK_CREATE: verdict %d, leaks %v", got, bpf.Leaks(a(28)))
	}
	if got := Decide(X86_64, nr, a(1), Mode{Strict: true}, nil); got != Allow || bpf.Leaks(a(1)) {
		t.Errorf("strict BPF_MAP_LOOKUP_ELEM: verdict %d, leaks %v", got, bpf.Leaks(a(1)))
	}
	if find(t, "getpid", X86_64).Leaks(a()) {
		t.Error("getpid leaks")
	}
}

func TestHandlerFor(t *testing.T) {
	for _, test := range []struct {
		name string
		args [6]uint64
		want Handler
	}{
		{"fcntl", a(1, F_GETLK), FcntlGetlk},
		{"fcntl", a(1, F_OFD_GETLK), FcntlGetlk},
		{"fcntl", a(1, F_GETOWN), FcntlGetown},
		{"fcntl", a(1, F_GETOWN_EX), FcntlOwnEx},
		{"fcntl", a(1, F_SETOWN, 5), ""},
		{"ioctl", a(1, 0xc048ff0b), PidfdInfo},
		{"ioctl", a(1, TIOCGPGRP), ""},
		{"prctl", a(PR_SET_DUMPABLE, 0), Dumpable},
		{"prctl", a(PR_GET_NO_NEW_PRIVS), NoNewPrivs},
		{"prctl", a(PR_SET_PTRACER, 5), ""},
		{"kill", a(5), Kill},
	} {
		if got := find(t, test.name, X86_64).HandlerFor(test.args, Mode{}); got != test.want {
			t.Errorf("%s%v: handler %q, want %q", test.name, test.args, got, test.want)
		}
	}
	// The two fcntl rows are built from one.
	if got := find(t, "fcntl", X86_64).HandlerFor(a(1, F_GETLK64), Mode{}); got != "" {
		t.Errorf("fcntl F_GETLK64: handler %q", got)
	}
	if got := find(t, "fcntl64", I386).HandlerFor(a(1, F_GETLK64), Mode{}); got != FcntlGetlk {
		t.Errorf("fcntl64 F_GETLK64: handler %q", got)
	}
}

// TestApplies compares the quick form of a use's condition with the one that
// filters are made of, and both with the row's.
func TestApplies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range Calls {
		row := &Calls[i]
		for range 300 {
			args := randomArgs(r, row)
			applies := false
			for j := range row.Uses {
				u := &row.Uses[j]
				got := u.Applies(args)
				if want := Eval(u.cond(), args); got != want {
					t.Fatalf("%s %+v args %#x: applies %v, condition %v", row.Name, *u, args, got, want)
				}
				applies = applies || got
			}
			for arch := range Arch(2) {
				c, ok := StopCond(*row, arch, Mode{})
				if applies && row.NR[arch] >= 0 && (!ok || !Eval(c, args)) {
					t.Fatalf("%v %s args %#x: a use applies, but the call does not stop", arch, row.Name, args)
				}
			}
		}
	}
}

// randomArgs favours the constants that the row's conditions know.
func randomArgs(r *rand.Rand, row *Row) (args [6]uint64) {
	for i := range args {
		args[i] = uint64(r.IntN(3)) * uint64(r.IntN(100))
		if r.IntN(4) == 0 {
			args[i] = r.Uint64()
		}
	}
	for _, c := range row.conds() {
		if len(c) == 0 || r.IntN(2) == 0 {
			continue
		}
		for _, t := range c[r.IntN(len(c))] {
			args[t.Arg] = uint64(t.Val) + uint64(r.IntN(3)) - 1
		}
	}
	return args
}
