package ptrace

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStackMoves asks about a tracee from many depths of a small stack. The Go
// runtime moves a stack that has to grow, and the kernel's answer has to be
// where the variables of who asks are by then.
func TestStackMoves(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid := stoppedAtExec(t)
	if err := SetSigmask(pid, aMask); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		for depth := range deepest {
			for range shrinkings {
				runtime.GC()
			}
			if err := atDepth(depth, pid, q.ask); err != nil {
				t.Errorf("%s, %d calls deep: %v", q.name, depth, err)
				break
			}
		}
	}
}

const (
	// deepest is deeper than the smallest stacks.
	deepest = 100
	// shrinkings is how often the garbage collector has to look at a stack
	// that is hardly used until it is small.
	shrinkings = 4
	// aMask is a mask of blocked signals.
	aMask = 0x2800
)

var errNoAnswer = errors.New("no answer")

// questions are asked at a stop for a signal.
var questions = []struct {
	name string
	ask  func(pid int) error
}{
	{"siginfo", func(pid int) error {
		var si Siginfo
		if err := GetSiginfo(pid, &si); err != nil {
			return err
		}
		if si[0] != byte(unix.SIGTRAP) {
			return fmt.Errorf("%w: signal %d", errNoAnswer, si[0])
		}
		return nil
	}},
	{"registers", func(pid int) error {
		var r Regs
		if err := GetRegs(pid, &r); err != nil {
			return err
		}
		if r.Rip == 0 {
			return fmt.Errorf("%w: %+v", errNoAnswer, r)
		}
		return nil
	}},
	{"call", func(pid int) error {
		ci := CallInfo{Op: OpEntry}
		if err := GetCallInfo(pid, &ci); !errors.Is(err, ErrGone) {
			return fmt.Errorf("%w: %+v", errNoAnswer, ci)
		}
		if ci.IP == 0 {
			return fmt.Errorf("%w: %+v", errNoAnswer, ci)
		}
		return nil
	}},
	{"memory", func(pid int) error {
		var r Regs
		if err := GetRegs(pid, &r); err != nil {
			return err
		}
		var argc [8]byte // is on top of a program's first stack
		if err := Read(pid, r.Rsp, argc[:]); err != nil {
			return err
		}
		if argc[0] != 1 {
			return fmt.Errorf("%w: %d", errNoAnswer, argc[0])
		}
		return nil
	}},
	{"mask", func(pid int) error {
		m, err := GetSigmask(pid)
		if err == nil && m != aMask {
			err = fmt.Errorf("%w: %#x", errNoAnswer, m)
		}
		return err
	}},
}

// stoppedAtExec starts a program that is stopped for SIGTRAP at its first
// instruction.
func stoppedAtExec(t *testing.T) int {
	c := exec.Command("true")
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	pid := c.Process.Pid
	t.Cleanup(func() {
		_ = unix.Kill(pid, unix.SIGKILL)
		_, _, _ = Wait(pid, 0)
	})
	if _, status, err := Wait(pid, 0); err != nil || unix.Signal(status>>8) != unix.SIGTRAP {
		t.Fatalf("at the exec: %#x, %v", status, err)
	}
	return pid
}

// atDepth asks from below that many calls.
//
//go:noinline
func atDepth(depth, pid int, ask func(int) error) error {
	if depth == 0 {
		return ask(pid)
	}
	return atDepth(depth-1, pid, ask)
}
