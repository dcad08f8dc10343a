package kernel

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// started is a command of this process, and what happened to it.
type started struct {
	*Cmd
	mu     sync.Mutex
	events []Event // guarded by mu
}

// begin starts a program under a free id, as the user of this process.
func begin(t *testing.T, m Mechanism, program ...string) *started {
	t.Helper()
	s := &started{}
	for try := 0; ; try++ {
		s.Cmd = Command(m, free(t), program[0], program[1:]...)
		s.OnEvent = func(e Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events = append(s.events, e)
		}
		err := s.Start()
		if err == nil {
			return s
		}
		if try == 5 || !errors.Is(err, ErrPIDInUse) {
			t.Fatal(err)
		}
	}
}

// saw tells whether an event has happened.
func (s *started) saw(kind string, sig unix.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind && e.Signal == int(sig) && e.PID == s.PID {
			return true
		}
	}
	return false
}

// eachOwn runs a test for every mechanism that works for this process.
func eachOwn(t *testing.T, f func(*testing.T, Mechanism)) {
	seen := map[Mechanism]bool{}
	for _, w := range ways() {
		if seen[w.m] {
			continue
		}
		seen[w.m] = true
		t.Run(w.m.Name(), func(t *testing.T) {
			clean(t)
			f(t, w.m)
		})
	}
}

func TestStopAndContinue(t *testing.T) {
	eachOwn(t, func(t *testing.T, m Mechanism) {
		s := begin(t, m, "sh", "-c", "kill -STOP $$; sleep 0.3; exit 4")
		until(t, func() bool { return s.saw("stop", unix.SIGSTOP) })
		if err := s.Signal(unix.SIGCONT); err != nil {
			t.Error(err)
		}
		var exit *ExitError
		if err := s.Wait(); !errors.As(err, &exit) || exit.Status != (Status{Code: 4}) || s.Status() != exit.Status {
			t.Errorf("end: %v", err)
		}
		if !s.saw("start", 0) || !s.saw("continue", 0) || !s.saw("exit", 0) {
			t.Errorf("events %+v", s.events)
		}
		for name, f := range map[string]func() error{"Signal": func() error { return s.Signal(unix.SIGTERM) }, "Kill": s.Kill} {
			if err := f(); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("%s after the end: %v", name, err)
			}
		}
	})
}

func TestSignal(t *testing.T) {
	eachOwn(t, func(t *testing.T, m Mechanism) {
		s := begin(t, m, "sleep", "3600")
		if err := s.Signal(unix.SIGTERM); err != nil {
			t.Error(err)
		}
		<-s.RootExited()
		var exit *ExitError
		if err := s.Wait(); !errors.As(err, &exit) || exit.Status != (Status{Signal: int(unix.SIGTERM)}) {
			t.Errorf("end: %v", err)
		}
		s = begin(t, m, "sleep", "3600")
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
		if err := s.Wait(); !errors.As(err, &exit) || exit.Status != (Status{Signal: int(unix.SIGKILL)}) {
			t.Errorf("end: %v", err)
		}
	})
}

// TestLeftovers: a namespace lasts until its last process has ended.
func TestLeftovers(t *testing.T) {
	clean(t)
	s := begin(t, Namespace, "sh", "-c", "(trap '' HUP; setsid sleep 3600) & exit 3")
	<-s.RootExited()
	select {
	case <-s.run.done:
		t.Error("the namespace did not outlive the program")
	case <-time.After(100 * time.Millisecond):
	}
	if s.Status() != (Status{Code: 3}) {
		t.Errorf("status %+v", s.Status())
	}
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	var exit *ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.Status.Code != 3 {
		t.Errorf("end: %v", err)
	}
	// The reaper has to collect orphans, and let go of the rest at last.
	s = begin(t, Namespace, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do (sleep 0.0$i &) & done; (sleep 0.1 &); exit 3")
	if err := s.Wait(); !errors.As(err, &exit) || exit.Status.Code != 3 {
		t.Errorf("end: %v", err)
	}
}

func TestKillOnExit(t *testing.T) {
	cmd := pidsimAs(asNobody, Namespace, 4242, "sh", "-c", "sleep 3600 >/dev/null & exit 3")
	cmd.Env = append(cmd.Env, roleVariable+"=kill-on-exit")
	begun := time.Now()
	if o := finish(t, cmd); o.code != 3 || time.Since(begun) > 10*time.Second {
		t.Errorf("%+v after %v", o, time.Since(begun))
	}
}

// TestReaperHoldsNothing: the end of a pipe must be seen when the program
// closes it, although there is a reaper.
func TestReaperHoldsNothing(t *testing.T) {
	clean(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := Command(Namespace, 4242, "sh", "-c", "exec >/dev/null; exec sleep 3600")
	c.Stdout = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
	if cwd, err := os.Readlink("/proc/" + strconv.Itoa(reaper(t)) + "/cwd"); cwd != "/" {
		t.Errorf("the reaper is in %s (%v)", cwd, err)
	}
	if err := c.Kill(); err != nil {
		t.Error(err)
	}
	var exit *ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.Status.Signal != int(unix.SIGKILL) {
		t.Errorf("end: %v", err)
	}
}

// reaper finds the child that is one.
func reaper(t *testing.T) int {
	t.Helper()
	for _, child := range children(t) {
		pid, err := strconv.Atoi(child)
		if s, ok := readStat(pid); err == nil && ok && s.comm == "pidsim-init" {
			return pid
		}
	}
	t.Fatal("no child is a reaper")
	return 0
}

// TestSupervisorKilled: a namespace ends with who made it; programs with a
// real id go on, as those of any other parent.
func TestSupervisorKilled(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		pids := []int{free(t)}
		if w.m == Namespace {
			pids = append(pids, 1)
		}
		for _, pid := range pids {
			r, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd := pidsimAs(w.u, w.m, pid, "sh", "-c", "(echo; sleep 3600) & echo; exec sleep 3600")
			cmd.Stdout = out
			cmd.SysProcAttr = orNew(cmd.SysProcAttr)
			cmd.SysProcAttr.Setpgid = true
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			out.Close()
			for got := 0; got < 2; { // both processes run
				n, err := r.Read(make([]byte, 2))
				if got += n; err != nil {
					t.Fatal(err)
				}
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if w.m != Namespace {
				if state := stateOf(pid); state == 0 || state == 'Z' {
					t.Errorf("process %d is gone", pid)
				}
				_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
			}
			_ = r.SetReadDeadline(time.Now().Add(10 * time.Second))
			if n, err := r.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("as %d: somebody still has the pipe", pid)
			}
			r.Close()
		}
	})
}

func orNew(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if a == nil {
		a = new(syscall.SysProcAttr)
	}
	return a
}

// TestBusy repeats the start while both processors are busy with forks, which
// is what ns-last-pid has to compete with.
func TestBusy(t *testing.T) {
	stop := make(chan struct{})
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = exec.Command("true").Run()
				}
			}
		})
	}
	defer busy.Wait()
	defer close(stop)
	rounds := 25
	if n, err := strconv.Atoi(os.Getenv("KERNEL_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	each(t, func(t *testing.T, w way) {
		for range rounds {
			o, pid := w.run(t, "sh", "-c", "echo $$")
			if o.code != 0 || strings.TrimSpace(o.stdout) != strconv.Itoa(pid) {
				t.Fatalf("as %d: %+v", pid, o)
			}
		}
	})
}

// TestAtOnce has several starts compete in one process.
func TestAtOnce(t *testing.T) {
	eachOwn(t, func(t *testing.T, m Mechanism) {
		var all sync.WaitGroup
		for range 8 {
			s := begin(t, m, "sleep", "0.1")
			all.Go(func() {
				if err := s.Wait(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}
