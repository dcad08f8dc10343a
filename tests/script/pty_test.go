package script

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace/image"
)

// A scene is a shell with a terminal that runs pidsim as its one job.
type scene struct {
	t        *testing.T
	master   *os.File // the user's side of the terminal
	fd       int      // of master
	reports  chan string
	commands *os.File

	mu     sync.Mutex
	screen bytes.Buffer // guarded by mu
}

// patience is for what must happen, lull for what must not.
const (
	patience = 10 * time.Second
	lull     = 300 * time.Millisecond
)

// newScene starts pidsim with args under a shell on a new terminal. The
// program "@" is the one of roles_test.go.
func newScene(t *testing.T, args ...string) *scene {
	t.Helper()
	master, fd, slave := openPTY(t)
	defer slave.Close()
	reportR, reportW, err := os.Pipe()
	check(t, err)
	commandR, commandW, err := os.Pipe()
	check(t, err)
	for i, a := range args {
		if a == "@" {
			args[i] = os.Args[0]
		}
	}
	cmd := exec.Command(os.Args[0], append([]string{filepath.Join(bin, "pidsim")}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"=shell")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{reportW, commandR}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	check(t, cmd.Start())
	reportW.Close()
	commandR.Close()
	s := &scene{t: t, master: master, fd: fd, reports: make(chan string, 16), commands: commandW}
	go s.watchScreen()
	go func() {
		defer close(s.reports)
		for in := bufio.NewScanner(reportR); in.Scan(); {
			s.reports <- in.Text()
		}
	}()
	t.Cleanup(func() {
		commandW.Close()
		master.Close() // hangs the terminal up
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		reportR.Close()
	})
	return s
}

// openPTY makes a pseudo-terminal (pts(4)). The master is non-blocking, so
// that closing it ends a read from it.
func openPTY(t *testing.T) (master *os.File, fd int, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	for deadline := time.Now().Add(patience); err == unix.ENOSPC && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond) // others have all the machine's terminals
		fd, err = unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	}
	check(t, err)
	check(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(t, err)
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	check(t, err)
	return os.NewFile(uintptr(fd), "terminal"), fd, slave
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// watchScreen collects what appears on the terminal.
func (s *scene) watchScreen() {
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.screen.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *scene) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// sees waits until the screen shows text n times.
func (s *scene) sees(text string, n int) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); strings.Count(s.text(), text) < n; {
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen does not show %q %d times:\n%s", text, n, s.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// still checks that after a lull the screen shows text n times and no more.
func (s *scene) still(text string, n int) {
	s.t.Helper()
	s.sees(text, n)
	time.Sleep(lull)
	if got := strings.Count(s.text(), text); got != n {
		s.t.Fatalf("the screen shows %q %d times, not %d:\n%s", text, got, n, s.text())
	}
}

// types sends keys.
func (s *scene) types(keys string) {
	s.t.Helper()
	_, err := s.master.WriteString(keys)
	check(s.t, err)
}

// tells gives the shell a command.
func (s *scene) tells(command string) {
	s.t.Helper()
	_, err := s.commands.WriteString(command + "\n")
	check(s.t, err)
}

// hears waits for a report of the shell.
func (s *scene) hears(want string) {
	s.t.Helper()
	select {
	case got, ok := <-s.reports:
		if !ok || got != want {
			s.t.Fatalf("the shell reports %q (%v), want %q; screen:\n%s", got, ok, want, s.text())
		}
	case <-time.After(patience):
		s.t.Fatalf("the shell does not report %q; screen:\n%s", want, s.text())
	}
}

// hearsNothing checks that the shell has nothing to report.
func (s *scene) hearsNothing() {
	s.t.Helper()
	select {
	case got := <-s.reports:
		s.t.Fatalf("the shell reports %q; screen:\n%s", got, s.text())
	case <-time.After(lull):
	}
}

// Keys of a terminal in its default mode.
const (
	ctrlC         = "\x03"
	ctrlZ         = "\x1a"
	ctrlBackslash = "\x1c"
)

func TestInterruptKills(t *testing.T) {
	s := newScene(t, "-pid", "4242", "sh", "-c", "echo ready; exec sleep 60")
	s.sees("ready", 1)
	s.types(ctrlC)
	s.hears("signalled 2")
}

func TestInterruptIsNotDoubled(t *testing.T) {
	s := newScene(t, "-pid", "4242", "@")
	s.sees("process 4242 ready", 1)
	s.types(ctrlC)
	s.still("got SIGINT", 1)
	s.types(ctrlC)
	s.still("got SIGINT", 2)
	s.types(ctrlBackslash)
	s.hears("exited 3")
	s.still("got SIGQUIT", 1)
}

// TestInterruptRestored: it reaches a restored program once, also one that leads
// a session of its own, which the terminal knows nothing of.
func TestInterruptRestored(t *testing.T) {
	for name, ids := range map[string]image.IDs{
		"own session":  {PID: 4242, PPID: 1, PGID: 4242, SID: 4242},
		"this session": {PID: 4242, PPID: 1, PGID: 4000, SID: 4000},
		"own group":    {PID: 4242, PPID: 1, PGID: 4242, SID: 4000},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "image")
			img := &image.Image{Origin: image.Live, Processes: []image.Process{{IDs: ids, State: image.Running}}}
			check(t, image.WriteFile(path, img))
			s := newScene(t, "restore", path, "@")
			s.sees("process 4242 ready", 1)
			s.types(ctrlC)
			s.still("got SIGINT", 1)
			s.types(ctrlC)
			s.still("got SIGINT", 2)
			s.types(ctrlBackslash)
			s.hears("exited 3")
			s.still("got SIGQUIT", 1)
		})
	}
}

func TestSuspend(t *testing.T) {
	for _, space := range []string{"host", "private"} {
		t.Run(space, func(t *testing.T) {
			s := newScene(t, "-pid", "4242", "--space", space, "@")
			s.sees("process 4242 ready", 1)
			s.isSuspendedTwice()
		})
	}
}

// isSuspendedTwice stops the job from the keyboard and continues it, and ends it.
func (s *scene) isSuspendedTwice() {
	s.t.Helper()
	for i := 1; i <= 2; i++ {
		s.types(ctrlZ)
		s.hears("stopped 19")
		s.hearsNothing()
		s.tells("fg")
		s.hears("continued")
		s.still("got SIGCONT", i)
		s.types(ctrlC)
		s.still("got SIGINT", i)
	}
	s.types(ctrlBackslash)
	s.hears("exited 3")
}

// TestSuspendThenBackground continues the job without giving it the terminal.
func TestSuspendThenBackground(t *testing.T) {
	s := newScene(t, "-pid", "4242", "@")
	s.sees("process 4242 ready", 1)
	s.types(ctrlZ)
	s.hears("stopped 19")
	s.tells("bg")
	s.hears("continued")
	s.still("got SIGCONT", 1)
	// Not from the keyboard now, so it is passed on.
	s.tells("kill 2")
	s.still("got SIGINT", 1)
	s.tells("kill 10")
	s.still("got SIGUSR1", 1)
	s.tells("kill 3")
	s.hears("exited 3")
}

// TestContinueOnlyPidsim is for what is not a shell: SIGCONT to pidsim's
// process alone continues the program as well.
func TestContinueOnlyPidsim(t *testing.T) {
	s := newScene(t, "-pid", "4242", "@")
	s.sees("process 4242 ready", 1)
	s.types(ctrlZ)
	s.hears("stopped 19")
	s.tells("cont")
	s.hears("continued")
	s.still("got SIGCONT", 1)
	s.tells("kill 3")
	s.hears("exited 3")
}

// TestProgramStopsItself needs no terminal signal to make pidsim stop.
func TestProgramStopsItself(t *testing.T) {
	s := newScene(t, "-pid", "4242", "sh", "-c", "kill -STOP $$; echo back; read line; exit 5")
	s.hears("stopped 19")
	s.tells("fg")
	s.hears("continued")
	s.sees("back", 1)
	s.types("\n")
	s.hears("exited 5")
}

// TestStoppedChild checks that pidsim goes on when only a child is stopped.
func TestStoppedChild(t *testing.T) {
	s := newScene(t, "-pid", "4242", "sh", "-c", "sh -c 'kill -STOP $$; echo back' & sleep 0.5; kill -CONT $!; wait $!; exit 5")
	s.hears("exited 5")
	s.sees("back", 1)
}

// TestSuspendWithDaemon has a process in the run that the keyboard does not
// stop; the shell must get its prompt back all the same.
func TestSuspendWithDaemon(t *testing.T) {
	s := newScene(t, "-pid", "4242", "--kill-on-exit", "sh", "-c", "setsid sleep 60 & echo ready; exec sleep 60")
	s.sees("ready", 1)
	s.types(ctrlZ)
	s.hears("stopped 19")
	s.tells("fg")
	s.hears("continued")
	s.types(ctrlC)
	s.hears("signalled 2")
}

func TestWindowChange(t *testing.T) {
	s := newScene(t, "-pid", "4242", "@")
	s.sees("process 4242 ready", 1)
	check(t, unix.IoctlSetWinsize(s.fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 90}))
	s.still("got SIGWINCH", 1)
	s.types(ctrlBackslash)
	s.hears("exited 3")
}

// TestTerminalIsLeftAlone checks groups and settings during and after a run.
func TestTerminalIsLeftAlone(t *testing.T) {
	s := newScene(t, "-pid", "4242", "@")
	fd := s.fd
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	check(t, err)
	s.sees("process 4242 ready", 1)
	s.tells("group")
	s.hears("foreground true group true")
	during, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	check(t, err)
	s.types(ctrlBackslash)
	s.hears("exited 3")
	after, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	check(t, err)
	if *during != *before || *after != *before {
		t.Errorf("terminal settings: %+v, then %+v, then %+v", before, during, after)
	}
}

// TestLeftoversAtTerminal checks the notice, and that ^C ends the rest.
func TestLeftoversAtTerminal(t *testing.T) {
	s := newScene(t, "-pid", "4242", "sh", "-c", "sleep 60 & exit 6")
	const notice = "pidsim: the program has ended, but a process that it started still runs"
	time.Sleep(time.Second)
	if strings.Contains(s.text(), notice) {
		t.Errorf("the notice came at once:\n%s", s.text())
	}
	s.still(notice, 1)
	s.types(ctrlC)
	s.hears("exited 6")
}

// TestLeftoversSuspended checks that ^Z works when only leftovers remain.
func TestLeftoversSuspended(t *testing.T) {
	s := newScene(t, "-pid", "4242", "sh", "-c", "sleep 60 & echo ready; exit 6")
	s.sees("ready", 1)
	time.Sleep(lull)
	s.types(ctrlZ)
	s.hears("stopped 19")
	s.tells("fg")
	s.hears("continued")
	s.types(ctrlC)
	s.hears("exited 6")
}
