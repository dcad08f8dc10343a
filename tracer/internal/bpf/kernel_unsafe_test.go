//go:build linux && amd64

package bpf

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// underFilter, in the environment, makes the test binary a program that puts
// one of its threads under the filter and prints what calls then return.
const underFilter = "PIDSIM_TEST_UNDER_FILTER"

func TestMain(m *testing.M) {
	if os.Getenv(underFilter) != "" {
		if err := probe(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestKernel installs the filters. Without a tracer the kernel fails every
// traced call with ENOSYS, which shows what they decide.
func TestKernel(t *testing.T) {
	for _, test := range []struct{ filters, want string }{
		{"base", `getpid function not implemented
close bad file descriptor
kill function not implemented
tgkill without ids invalid argument
futex wait resource temporarily unavailable
futex lock-pi function not implemented
x32 getpid function not implemented
read 128 bytes bad file descriptor
read 23 bytes bad file descriptor
`},
		// The lazy one comes first here: under the other a process without a
		// tracer cannot install any more.
		{"lazy base", `getpid function not implemented
close bad file descriptor
kill function not implemented
tgkill without ids invalid argument
futex wait resource temporarily unavailable
futex lock-pi function not implemented
x32 getpid function not implemented
read 128 bytes function not implemented
read 23 bytes bad file descriptor
`},
	} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), underFilter+"="+test.filters)
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), "cannot install") {
			t.Skipf("needs seccomp filters: %s", out)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", test.filters, err, out)
		}
		if string(out) != test.want {
			t.Errorf("%s: got:\n%swant:\n%s", test.filters, out, test.want)
		}
	}
}

// futexWord is not on a stack, which Go moves.
var futexWord uint32

func probe() error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("cannot install filters: %w", err)
	}
	for _, name := range strings.Fields(os.Getenv(underFilter)) {
		prog, err := Base(Options{})
		if name == "lazy" {
			prog, err = Lazy(abi.LazyRecords)
		}
		if err != nil {
			return err
		}
		if err := install(prog); err != nil {
			return err
		}
	}
	const badFD = ^uintptr(0)
	var results strings.Builder
	call := func(name string, nr uintptr, args ...uintptr) {
		var a [6]uintptr
		copy(a[:], args)
		_, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
		fmt.Fprintln(&results, name, errno)
	}
	call("getpid", unix.SYS_GETPID)
	call("close", unix.SYS_CLOSE, badFD)
	call("kill", unix.SYS_KILL, 0, 0)
	call("tgkill without ids", unix.SYS_TGKILL, 0, 0, 0)
	call("futex wait", unix.SYS_FUTEX, uintptr(unsafe.Pointer(&futexWord)), 0x80, 1)
	call("futex lock-pi", unix.SYS_FUTEX, uintptr(unsafe.Pointer(&futexWord)), 0x86)
	call("x32 getpid", abi.X32Bit|unix.SYS_GETPID)
	call("read 128 bytes", unix.SYS_READ, badFD, 0, 128)
	call("read 23 bytes", unix.SYS_READ, badFD, 0, 23)
	_, err := os.Stdout.WriteString(results.String())
	return err
}

// install puts the calling thread under prog.
func install(prog []bpf.RawInstruction) error {
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: (*unix.SockFilter)(unsafe.Pointer(&prog[0]))}
	// Not by unix.Prctl: a pointer is followed only up to the next call, and the
	// stack may move there.
	_, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(prog)
	if errno != 0 {
		return fmt.Errorf("cannot install a filter of %d instructions: %w", len(prog), errno)
	}
	return nil
}
