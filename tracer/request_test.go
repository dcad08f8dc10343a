package tracer

import (
	"fmt"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

func init() { roles["requester"] = requester }

// asked is the id that the requester asks for.
const asked = 4150000

// attempts are calls that create nothing, and what they do to a pending
// request. So it is in a kernel that has setforkpid.
var attempts = []struct {
	name  string
	keeps bool
	make  func() unix.Errno
}{
	{"clone that is refused", false, func() unix.Errno { return cloneWith(unix.CLONE_SIGHAND) }},
	{"clone of a thread that is refused", true, func() unix.Errno { return cloneWith(unix.CLONE_THREAD) }},
	{"clone into a pid namespace", false, func() unix.Errno { return cloneWith(cloneNewPID) }},
	{"clone3 that is refused", false, func() unix.Errno { return clone3With(unix.CLONE_SIGHAND, clone3MinSize) }},
	{"clone3 of a thread that is refused", true, func() unix.Errno { return clone3With(unix.CLONE_THREAD, clone3MinSize) }},
	{"clone3 with a structure that is too small", true, func() unix.Errno { return clone3With(unix.CLONE_SIGHAND, 8) }},
	{"another call", true, func() unix.Errno { return unix.Close(-1).(unix.Errno) }},
}

// requester asks for an id, makes each attempt and creates a process.
func requester([]string) error {
	runtime.LockOSThread()
	for _, a := range attempts {
		number := uintptr(numbers("setforkpid", "setforkpid")[abi.X86_64])
		if got, _, errno := unix.RawSyscall(number, asked, 0, 0); errno != 0 || got != asked {
			return fmt.Errorf("setforkpid: %d, %w", got, errno)
		}
		if errno := a.make(); errno == 0 {
			return fmt.Errorf("%s: it did not fail", a.name)
		}
		child := exec.Command("/bin/true")
		if err := child.Run(); err != nil {
			return err
		}
		if kept := child.Process.Pid == asked; kept != a.keeps {
			return fmt.Errorf("%s: the next process is %d", a.name, child.Process.Pid)
		}
	}
	return nil
}

// A request is good for one attempt to create a process, also for one that
// fails.
func TestRequestIsForOneAttempt(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) { s.output(t, act(t, 4242, "requester")) })
	}
}
