package ptrace

import (
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestKilledAtEvent: a task that is killed at the stop for a fork soon is at the
// one for its exit, where the number is no task's.
func TestKilledAtEvent(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := exec.Command("sh", "-c", "sleep 60 & wait")
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	pid := c.Process.Pid
	if _, status, err := Wait(pid, 0); err != nil || unix.Signal(status>>8) != unix.SIGTRAP {
		t.Fatalf("at the exec: %#x, %v", status, err)
	}
	if err := SetOptions(pid, unix.PTRACE_O_TRACEFORK|unix.PTRACE_O_TRACEEXIT|unix.PTRACE_O_EXITKILL); err != nil {
		t.Fatal(err)
	}
	status := uint32(0)
	for status>>16 != unix.PTRACE_EVENT_FORK && status>>16 != unix.PTRACE_EVENT_VFORK {
		if err := Resume(Cont, pid, 0); err != nil {
			t.Fatal(err)
		}
		var err error
		if _, status, err = Wait(pid, 0); err != nil || unix.WaitStatus(status).Exited() {
			t.Fatalf("on the way to the fork: %#x, %v", status, err)
		}
	}
	fork := int(status >> 16)
	child, err := EventMessage(pid, fork)
	if err != nil || child <= 1 || unix.Kill(int(child), 0) != nil {
		t.Fatalf("the child is %d, %v", child, err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Nobody has waited for that stop yet.
	late := time.Now().Add(10 * time.Second)
	for {
		msg, err := EventMessage(pid, unix.PTRACE_EVENT_EXIT)
		if err == nil {
			if msg != uint64(unix.SIGKILL) {
				t.Errorf("it ends with %#x", msg)
			}
			break
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if msg, err := EventMessage(pid, fork); !errors.Is(err, ErrGone) {
		t.Errorf("the message of the fork is %d, %v", msg, err)
	}
	var ci CallInfo
	if err := GetCallInfo(pid, &ci); !errors.Is(err, ErrGone) {
		t.Errorf("it is in a call: %+v, %v", ci, err)
	}
	for _, tid := range []int{pid, int(child)} {
		_ = unix.Kill(tid, unix.SIGKILL)
		for {
			_, status, err := Wait(tid, 0)
			if err != nil || !unix.WaitStatus(status).Stopped() {
				break
			}
			_ = Resume(Cont, tid, 0)
		}
	}
}
