package kernel

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// taken occupies an id in some way, until the test's end.
var taken = map[string]struct {
	occupy func(*testing.T) int
	holder string
}{
	"process": {func(t *testing.T) int { return sleeper(t).Process.Pid },
		`by sleep \(sleep 3600\), started just now$`},
	"zombie": {func(t *testing.T) int {
		cmd := sleeper(t)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return stateOf(cmd.Process.Pid) == 'Z' })
		return cmd.Process.Pid
	}, `by sleep \(child of kernel.test \d+\), which has ended but was not collected by its parent$`},
	"group": {func(t *testing.T) int { return survivor(t, "set -m; (sleep 3600 & echo $!; exec sleep 0.01) & wait") },
		`as the process group of process \d+, sleep \(sleep 3600\), started (just now|\d s ago)$`},
	"session": {func(t *testing.T) int {
		return survivor(t, "exec setsid sh -c 'set -m; sleep 3600 & echo $!'")
	}, `as the session of process \d+, sleep \(sleep 3600\), started (just now|\d s ago)$`},
	"thread": {func(t *testing.T) int {
		tid, hold := make(chan int), make(chan bool)
		var thread func()
		thread = func() {
			runtime.LockOSThread()
			if unix.Gettid() == os.Getpid() {
				go thread() // on another one
			} else {
				tid <- unix.Gettid()
			}
			<-hold
		}
		go thread()
		t.Cleanup(func() { close(hold) })
		return <-tid
	}, `by a thread of process \d+, `},
}

// sleeper starts a process that only holds its id.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "3600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	runtime.LockOSThread() // the thread whose death that is about
	t.Cleanup(runtime.UnlockOSThread)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// survivor runs a script that prints the id of a process it leaves behind, and
// gives the id that the process holds without being a process of that id.
func survivor(t *testing.T, script string) int {
	t.Helper()
	cmd := exec.Command("bash", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	left, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Kill(left, unix.SIGKILL) })
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var s stat
	until(t, func() bool { s, _ = readStat(left); return s.comm == "sleep" })
	held := s.session
	if s.group != left { // in the group of a process that has ended
		held = s.group
	}
	until(t, func() bool { _, alive := readStat(held); return !alive })
	return held
}

// until waits for something that is about to happen.
func until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

func TestTaken(t *testing.T) {
	for _, w := range realWays(t) {
		for name, tt := range taken {
			t.Run(w.String()+"/"+name, func(t *testing.T) {
				pid := tt.occupy(t)
				o := runAs(t, w.u, w.m, pid, "true")
				want := regexp.MustCompile(fmt.Sprintf(`^\*kernel.InUseError pid %d is in use %s`, pid, tt.holder))
				if o.code != exitFailed || !want.MatchString(strings.TrimSpace(o.stderr)) {
					t.Errorf("%+v, want %s", o, want)
				}
			})
		}
	}
}

// TestTakenElsewhere: what is in use outside is free in a namespace.
func TestTakenElsewhere(t *testing.T) {
	pid := sleeper(t).Process.Pid
	o := runAs(t, asNobody, Namespace, pid, "sh", "-c", "echo $$")
	if o.stdout != strconv.Itoa(pid)+"\n" || o.code != 0 {
		t.Errorf("%+v", o)
	}
}

func TestAboveMax(t *testing.T) {
	most := pidMax()
	each(t, func(t *testing.T, w way) {
		pids := []int{most, most + 1, maxLimit}
		if w.m == Namespace {
			pids = pids[2:] // the rest is for the namespace to say
		}
		for _, pid := range pids {
			o := runAs(t, w.u, w.m, pid, "true")
			want := fmt.Sprintf("*kernel.RangeError pid %d is above the largest of this machine, %d (kernel.pid_max is %d)\n", pid, most-1, most)
			if o.code != exitFailed || o.stderr != want {
				t.Errorf("%+v, want %s", o, want)
			}
		}
	})
}

// TestAboveMaxInNamespace: since Linux 6.14 a pid namespace has a limit of its
// own.
func TestAboveMaxInNamespace(t *testing.T) {
	if pidMax() == maxLimit {
		t.Skip("no id is above this machine's largest")
	}
	pid := maxLimit - 2
	o := runAs(t, asNobody, Namespace, pid, "sh", "-c", "echo $$; cat /proc/sys/kernel/pid_max")
	switch lines := strings.Fields(o.stdout); {
	case strings.HasPrefix(o.stderr, "*kernel.RangeError "):
		if own := runAs(t, asNobody, Namespace, 4242, "cat", "/proc/sys/kernel/pid_max"); own.stdout == strconv.Itoa(maxLimit)+"\n" {
			t.Errorf("%+v, although the namespace has such ids", o)
		}
	case o.code != 0 || len(lines) != 2 || lines[0] != strconv.Itoa(pid):
		t.Errorf("%+v", o)
	}
}

func TestNotPermitted(t *testing.T) {
	for _, m := range []Mechanism{SetTID, NSLastPID} {
		o := runAs(t, asNobody, m, free(t), "true")
		if o.code != exitFailed || !strings.HasPrefix(o.stderr, "*kernel.PermissionError ") ||
			!strings.Contains(o.stderr, "it needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN; ") {
			t.Errorf("%s: %+v", m.Name(), o)
		}
	}
}

func TestAbsent(t *testing.T) {
	if Probe(SetForkPID).Outcome == Works {
		t.Skip("this kernel has setforkpid")
	}
	err := Command(SetForkPID, free(t), "true").Start()
	var absent *AbsentError
	if !errors.As(err, &absent) || !errors.Is(err, ErrAbsent) || !errors.Is(err, unix.ENOSYS) || absent.Fix == "" {
		t.Errorf("error %v", err)
	}
}

// TestMessages checks what users are told when a step fails, also of steps
// that do not fail on this machine.
func TestMessages(t *testing.T) {
	tests := []struct {
		m     Mechanism
		at    tag
		errno unix.Errno
		is    error
		text  string
	}{
		{SetForkPID, tagRequest, unix.EPERM, ErrPermission, "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"},
		{SetForkPID, tagRequest, unix.EINVAL, ErrRange, "the kernel has no pid 31999"},
		{SetForkPID, tagFork, unix.EEXIST, ErrPIDInUse, "in use"},
		{SetForkPID, tagFork, unix.EAGAIN, unix.EAGAIN, "ulimit -u"},
		{SetTID, tagFork, unix.EPERM, ErrPermission, "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"},
		{SetTID, tagFork, unix.EINVAL, ErrRange, "the kernel has no pid 31999"},
		{SetTID, tagFork, unix.EEXIST, ErrPIDInUse, "in use"},
		{SetTID, tagFork, unix.ENOSYS, ErrAbsent, "clone3"},
		{SetTID, tagFork, unix.E2BIG, ErrAbsent, "clone3"},
		{SetTID, tagFork, unix.ENOMEM, unix.ENOMEM, "make a process"},
		{NSLastPID, tagRequest, unix.EPERM, ErrPermission, lastPIDFile},
		{NSLastPID, tagRequest, unix.EINVAL, ErrRange, "the kernel has no pid 31999"},
		{NSLastPID, tagRequest, unix.EIO, unix.EIO, lastPIDFile},
		{Namespace, tagUser, unix.EPERM, ErrPermission, "a user namespace"},
		{Namespace, tagUser, unix.ENOSPC, ErrPermission, "user.max_user_namespaces is "},
		{Namespace, tagUser, unix.EINVAL, ErrAbsent, "built without a user namespace"},
		{Namespace, tagUser, unix.ENOMEM, unix.ENOMEM, "a user namespace"},
		{Namespace, tagUnshare, unix.EPERM, ErrPermission, "pid and mount namespaces"},
		{Namespace, tagUnshare, unix.ENOSPC, ErrPermission, "user.max_pid_namespaces is "},
		{Namespace, tagPropagate, unix.EPERM, unix.EPERM, "mounts"},
		{Namespace, tagProc, unix.EPERM, ErrPermission, "covered"},
		{Namespace, tagProc, unix.ENOENT, ErrPermission, "no such file"},
		{Namespace, tagFork, unix.EINVAL, ErrRange, "the kernel has no pid 31999"},
		{Namespace, tagFork, unix.ENOSYS, ErrAbsent, "clone3"},
		{Namespace, tagInit, unix.EAGAIN, unix.EAGAIN, "ulimit -u"},
	}
	for _, tt := range tests {
		err := tt.m.explain(31999, tt.at, tt.errno)
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, step %d, %v: %v", tt.m.Name(), tt.at, tt.errno, err)
		}
	}
	if pid := os.Getpid(); !strings.Contains(inUse(pid).Error(), "in use by pidsim itself") {
		t.Errorf("own id: %v", inUse(pid))
	}
}
