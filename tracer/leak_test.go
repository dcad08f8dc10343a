package tracer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
)

// leakRuns is how many runs must agree that a place shows a real id: the
// numbers differ from run to run, and a chance hit does not come back.
const leakRuns = 3

// TestLeaks reads all of /proc in a private space, and looks for real ids of
// the tree and of the supervisor.
func TestLeaks(t *testing.T) {
	places := leakRun(t)
	for run := 1; run < leakRuns && len(places) > 0; run++ {
		again := leakRun(t)
		maps.DeleteFunc(places, func(place, _ string) bool { return again[place] == "" })
	}
	for place, line := range places {
		t.Errorf("%s shows a real id: %q", place, line)
	}
}

// leakRun returns the places of one run that show a real id, with the line.
// A place is a file and a line with its numbers taken out. The supervisor is a
// process of its own, so that its id is another one every time.
func leakRun(t *testing.T) map[string]string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), playRole+"=superviseWalk", quickExit)
	var events strings.Builder
	cmd.Stderr = &events
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, events.String())
	}
	text := string(out)
	real, virtual := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(events.String()) {
		var r, v int
		if _, err := fmt.Sscanf(line, "id %d %d", &r, &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		real[strconv.Itoa(r)], virtual[strconv.Itoa(v)] = true, true
	}
	found, files := leaks(text, real, virtual)
	if files < 100 {
		t.Errorf("only %d files of /proc were read:\n%s", files, text[:min(len(text), 2000)])
	}
	t.Logf("%d files, %d bytes, real ids %d, hits %d", files, len(text), len(real), len(found))
	return found
}

// leaks finds the places that show a real id which is not also a virtual one.
// Numbers of one or two digits say nothing.
func leaks(text string, real, virtual map[string]bool) (found map[string]string, files int) {
	found = map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if file, ok := strings.CutPrefix(line, fileMark); ok {
			name = digits.ReplaceAllString(file, "#")
			files++
			continue
		}
		for _, n := range digits.FindAllString(line, -1) {
			if real[n] && !virtual[n] && len(n) > 2 {
				found[name+": "+digits.ReplaceAllString(line, "#")] = line
			}
		}
	}
	return found, files
}

func TestLeaksAreFound(t *testing.T) {
	text := fileMark + "/proc/12/stat\n12345 (x) S 123456\n" + fileMark + "name of\n/proc/777/x\n" +
		fileMark + "/proc/a\nx777y 12 4242\n"
	found, files := leaks(text, map[string]bool{"12345": true, "777": true, "12": true, "4242": true}, map[string]bool{"4242": true})
	want := map[string]string{"/proc/#/stat: # (x) S #": "12345 (x) S 123456", "name of: /proc/#/x": "/proc/777/x", "/proc/a: x#y # #": "x777y 12 4242"}
	if diff := cmp.Diff(want, found); diff != "" || files != 3 {
		t.Errorf("in %d files (-want +got):\n%s", files, diff)
	}
}

var digits = regexp.MustCompile(`\d+`)

const fileMark = "\x00file "

func init() {
	roles["superviseWalk"] = superviseWalk
	roles["walkProc"] = walkProc
	roles["wait"] = waitForInput
}

// superviseWalk runs walkProc in a private space, and tells the ids of the tree
// and its own.
func superviseWalk([]string) error {
	if err := os.Setenv(playRole, "walkProc"); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := Command(4242, self)
	c.Space, c.Stdout = pidspace.Private, os.Stdout
	c.OnEvent = func(e Event) { fmt.Fprintln(os.Stderr, "id", e.Real, e.Virtual) }
	fmt.Fprintln(os.Stderr, "id", os.Getpid(), 1)
	return c.Run()
}

// waitForInput does nothing until its input ends.
func waitForInput([]string) error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// walkProc prints what can be read of /proc, in a tree with a child and with
// everything that has ids in it.
func walkProc([]string) error {
	if err := populate(); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	end := time.Now().Add(20 * time.Second)
	return filepath.WalkDir("/proc", func(path string, d fs.DirEntry, err error) error {
		if err != nil || time.Now().After(end) {
			return nil
		}
		fmt.Fprintf(out, "%sname of\n%s\n", fileMark, path)
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			if text, err := os.Readlink(path); err == nil {
				fmt.Fprintf(out, "%s%s\n%s\n", fileMark, path, text)
			}
		case d.Type().IsRegular() && !slices.Contains(unread, d.Name()):
			if text := someOf(path); len(text) > 0 {
				fmt.Fprintf(out, "%s%s\n%s\n", fileMark, path, text)
			}
		}
		return nil
	})
}

// unread are memory and messages, and settings that are written.
var unread = []string{"mem", "kcore", "kmsg", "kallsyms", "pagemap", "kpagecgroup", "kpagecount", "kpageflags", "clear_refs", "sysrq-trigger", "config.gz"}

// someOf reads the beginning of a file without waiting for it.
func someOf(path string) []byte {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	text := make([]byte, 64<<10)
	n := 0
	for n < len(text) {
		m, err := unix.Read(fd, text[n:])
		if err != nil || m <= 0 {
			break
		}
		n += m
	}
	return text[:n]
}

// populate makes things that /proc lists with ids: a child, locks and somebody
// who waits for one, a pidfd, timers, shared memory, a netlink socket, a
// working directory and descriptors in /proc.
func populate() error {
	dir, err := os.MkdirTemp("", "pidsim-leak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	if err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		return err
	}
	in, err := startWaiting(f)
	if err != nil {
		return err
	}
	kept = append(kept, f, in)
	if fd, err := unix.PidfdOpen(os.Getpid(), 0); err == nil {
		kept = append(kept, os.NewFile(uintptr(fd), "pidfd"))
	}
	if s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err == nil {
		_ = unix.Bind(s, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		kept = append(kept, os.NewFile(uintptr(s), "netlink"))
	}
	if id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600); err == nil {
		_, _ = unix.SysvShmAttach(id, 0, 0)
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	}
	if stat, err := os.Open("/proc/self/stat"); err == nil {
		kept = append(kept, stat)
	}
	if err := populateMore(); err != nil {
		return err
	}
	return os.Chdir(fmt.Sprintf("/proc/%d/task", os.Getpid()))
}

// populateMore makes a zombie, a child in a session of its own, a pidfd of it,
// timers, a message queue, and sockets that nobody has named.
func populateMore() error {
	zombie := exec.Command("/bin/true")
	if err := zombie.Start(); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	leader := exec.Command("/bin/cat")
	leader.Stdin, leader.SysProcAttr = r, &syscall.SysProcAttr{Setsid: true}
	if err := leader.Start(); err != nil {
		return err
	}
	_ = r.Close()
	kept = append(kept, w)
	if fd, err := unix.PidfdOpen(leader.Process.Pid, 0); err == nil {
		kept = append(kept, os.NewFile(uintptr(fd), "pidfd"))
	}
	_ = makeTimer()
	if s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_USERSOCK); err == nil {
		_ = unix.Sendto(s, []byte("x"), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		kept = append(kept, os.NewFile(uintptr(s), "netlink"))
	}
	if s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
		_ = unix.Bind(s, &unix.SockaddrUnix{Name: "@pidsim-leak"})
		_ = unix.Listen(s, 1)
		kept = append(kept, os.NewFile(uintptr(s), "unix"))
	}
	for {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", zombie.Process.Pid))
		if err != nil || strings.Contains(string(state), ") Z ") {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// kept are files that a role holds open to its end.
var kept []*os.File

// startWaiting starts a child that waits for the lock on a file, and ends when
// the returned file is closed.
func startWaiting(f *os.File) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), playRole+"=wait", quickExit)
	cmd.Stdin, cmd.ExtraFiles = r, []*os.File{f}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = r.Close()
	return w, cmd.Process.Release()
}
