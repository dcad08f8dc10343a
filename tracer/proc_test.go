package tracer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() {
	for name, role := range map[string]func([]string) error{
		"fresh": freshRole, "heir": heirRole, "believable": believableRole, "links": linksRole, "contents": contentsRole,
	} {
		roles[name] = role
	}
}

// checkRole runs a role that checks what it sees, natively and in every
// setting.
func checkRole(t *testing.T, role string) {
	t.Run("native", func(t *testing.T) {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), playRole+"="+role, quickExit)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			if out := s.output(t, act(t, 4242, role)); out != "" {
				t.Log(out)
			}
		})
	}
}

// TestProcFresh reads files of /proc again in every way.
func TestProcFresh(t *testing.T) { checkRole(t, "fresh") }

// rename changes what the stat file of this process says.
func rename(name string) error { return os.WriteFile("/proc/self/comm", []byte(name), 0) }

func freshRole([]string) error {
	f, err := os.Open("/proc/self/stat")
	if err != nil {
		return err
	}
	if err := isNow(f, "tracer.test"); err != nil {
		return err
	}
	twin, err := unix.Dup(int(f.Fd()))
	if err != nil {
		return err
	}
	dup := os.NewFile(uintptr(twin), "duplicate")
	for i, read := range []func() (string, error){
		func() (string, error) {
			_, _ = f.Seek(0, io.SeekStart)
			text, err := io.ReadAll(f)
			return string(text), err
		},
		func() (string, error) { return readAt(f, 0) },
		func() (string, error) {
			_, _ = dup.Seek(0, io.SeekStart)
			text, err := io.ReadAll(f) // they share the position
			return string(text), err
		},
		func() (string, error) {
			b := make([]byte, 4096)
			n, err := unix.Preadv(int(f.Fd()), [][]byte{b[:5], b[5:]}, 0)
			return string(b[:max(n, 0)]), err
		},
		func() (text string, err error) {
			done := make(chan struct{})
			go func() { text, err = readAt(dup, 0); close(done) }()
			<-done
			return text, err
		},
	} {
		name := fmt.Sprintf("name%d", i)
		if err := rename(name); err != nil {
			return err
		}
		text, err := read()
		if want := fmt.Sprintf("%d (%s) ", os.Getpid(), name); err != nil || !strings.HasPrefix(text, want) {
			return fmt.Errorf("way %d: %q, %v; want %q", i, text, err, want)
		}
		if err := oddly(f, text); err != nil {
			return fmt.Errorf("way %d: %w", i, err)
		}
	}
	if err := inherited(f); err != nil {
		return err
	}
	return passed(f)
}

// isNow compares a stat file that was just opened.
func isNow(f *os.File, name string) error {
	text, err := io.ReadAll(f)
	if want := fmt.Sprintf("%d (%s) ", os.Getpid(), name); err != nil || !strings.HasPrefix(string(text), want) {
		return fmt.Errorf("%q, %v; want %q", text, err, want)
	}
	return nil
}

// oddly reads parts of a file whose text is known up to the times in it.
func oddly(f *os.File, text string) error {
	whole := int64(strings.Index(text, ")")) // what comes then may change
	for off := int64(0); off+7 <= whole; off++ {
		b := make([]byte, 7)
		n, err := f.ReadAt(b, off)
		if err != nil || string(b) != text[off:off+7] {
			return fmt.Errorf("at %d: %q, %v; want %q", off, b[:n], err, text[off:off+7])
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	var off int64 = 3
	n, err := unix.Sendfile(int(w.Fd()), int(f.Fd()), &off, int(whole-off))
	_ = w.Close()
	if errors.Is(err, unix.EINVAL) {
		return nil // kernels that cannot do it with files of procfs
	}
	sent, _ := io.ReadAll(r)
	if err != nil || string(sent) != text[3:whole] {
		return fmt.Errorf("sendfile: %d, %v, %q; want %q", n, err, sent, text[3:whole])
	}
	return nil
}

// inherited has a child read the file, which is at its end.
func inherited(f *os.File) error {
	if err := rename("parent"); err != nil {
		return err
	}
	out, err := child("heir", []*os.File{f}, "3")
	if want := fmt.Sprintf("%d (parent) ", os.Getpid()); err != nil || !strings.HasPrefix(out, want) {
		return fmt.Errorf("inherited: %q, %v; want %q", out, err, want)
	}
	return nil
}

// heirRole reads a file that it has from its parent, from the beginning.
func heirRole(args []string) error {
	if args[0] == "socket" {
		return heirOfSocket()
	}
	f := os.NewFile(3, "inherited")
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(os.Stdout, f)
	return err
}

// passed sends the file to a child over a socket.
func passed(f *os.File) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(int(f.Fd())), nil, 0); err != nil {
		return err
	}
	out, err := child("heir", []*os.File{os.NewFile(uintptr(pair[1]), "socket")}, "socket")
	if want := fmt.Sprintf("%d (parent) ", os.Getpid()); err != nil || !strings.HasPrefix(out, want) {
		return fmt.Errorf("passed: %q, %v; want %q", out, err, want)
	}
	return nil
}

func heirOfSocket() error {
	oob := make([]byte, 64)
	_, n, _, _, err := unix.Recvmsg(3, make([]byte, 1), oob, 0)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return err
	}
	_, err = io.Copy(os.Stdout, os.NewFile(uintptr(fds[0]), "passed"))
	return err
}

// TestProcBelievable asks about substituted files what can be asked.
func TestProcBelievable(t *testing.T) { checkRole(t, "believable") }

func believableRole([]string) error {
	free, err := unix.Dup(0)
	if err != nil {
		return err
	}
	_ = unix.Close(free)
	fd, err := unix.Open("/proc/self/status", unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil || fd != free {
		return fmt.Errorf("open: %d, %w; want %d", fd, err, free)
	}
	var named, st unix.Stat_t
	if err := errors.Join(unix.Stat("/proc/self/status", &named), unix.Fstat(fd, &st)); err != nil {
		return err
	}
	if st.Mode != named.Mode || st.Uid != named.Uid || st.Gid != named.Gid {
		return fmt.Errorf("mode %o, owner %d and %d; the path has %o, %d, %d", st.Mode, st.Uid, st.Gid, named.Mode, named.Uid, named.Gid)
	}
	var sfs unix.Statfs_t
	if err := unix.Fstatfs(fd, &sfs); err != nil || sfs.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("fstatfs: %#x, %w", sfs.Type, err)
	}
	link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if want := fmt.Sprintf("/proc/%d/status", os.Getpid()); err != nil || link != want {
		return fmt.Errorf("link: %q, %w; want %q", link, err, want)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&(unix.O_ACCMODE|unix.O_NONBLOCK|unix.O_APPEND) != unix.O_NONBLOCK {
		return fmt.Errorf("flags %#x, %w", flags, err)
	}
	if onExec, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || onExec != 0 {
		return fmt.Errorf("close on exec: %d, %w", onExec, err)
	}
	if _, err := unix.Write(fd, []byte("x")); !errors.Is(err, unix.EBADF) {
		return fmt.Errorf("write: %w", err)
	}
	if n, err := unix.Read(fd, make([]byte, 4)); n != 4 || err != nil {
		return fmt.Errorf("read: %d, %w", n, err)
	}
	for path, want := range map[string]error{
		"/proc/self/status/":             unix.ENOTDIR,
		"/proc/4194303/stat":             unix.ENOENT,
		"/proc/self/task/4194303/status": unix.ENOENT,
		"/proc/self/fdinfo/999":          unix.ENOENT,
	} {
		if _, err := unix.Open(path, unix.O_RDONLY, 0); !errors.Is(err, want) {
			return fmt.Errorf("%s: %w; want %v", path, err, want)
		}
	}
	if _, err := unix.Open("/proc/loadavg", unix.O_RDONLY|unix.O_DIRECTORY, 0); !errors.Is(err, unix.ENOTDIR) {
		return fmt.Errorf("O_DIRECTORY: %w", err)
	}
	if _, err := unix.Open("/proc/locks", unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL, 0o600); !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("O_EXCL: %w", err)
	}
	return nil
}

// TestProcLinks reads links to directories in /proc, with buffers of all sizes.
func TestProcLinks(t *testing.T) { checkRole(t, "links") }

func linksRole([]string) error {
	want := fmt.Sprintf("/proc/%d/task", os.Getpid())
	if err := unix.Chdir(want); err != nil {
		return err
	}
	if err := getcwdSizes(want); err != nil {
		return err
	}
	dir, err := os.Open("/proc/self/task/.")
	if err != nil {
		return err
	}
	for _, link := range []string{
		"/proc/self/cwd", "/proc/thread-self/cwd", fmt.Sprintf("/proc/%d/cwd", os.Getpid()), "../cwd",
		fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), fmt.Sprintf("../fd/%d", dir.Fd()),
	} {
		for size := 1; size <= len(want)+2; size++ {
			b := make([]byte, len(want)+4)
			n, err := unix.Readlink(link, b[:size])
			if err != nil || string(b[:n]) != want[:min(size, len(want))] {
				return fmt.Errorf("%s in %d bytes: %q, %v; want %q", link, size, b[:n], err, want)
			}
			if i := strings.Trim(string(b[n:]), "\x00"); i != "" {
				return fmt.Errorf("%s in %d bytes wrote past the end: %q", link, size, b)
			}
		}
	}
	if text, err := os.Readlink("/proc/self/exe"); err != nil || !strings.HasPrefix(filepath.Base(text), "tracer.test") {
		return fmt.Errorf("exe: %q, %w", text, err)
	}
	return nil
}

func getcwdSizes(want string) error {
	for size := 2; size <= len(want)+4; size++ {
		b := make([]byte, len(want)+8)
		n, err := unix.Getcwd(b[:size])
		switch {
		case size <= len(want):
			if !errors.Is(err, unix.ERANGE) {
				return fmt.Errorf("getcwd in %d bytes: %d, %v; want ERANGE", size, n, err)
			}
		case err != nil || n != len(want)+1 || string(b[:n]) != want+"\x00":
			return fmt.Errorf("getcwd in %d bytes: %d, %q, %v", size, n, b, err)
		}
	}
	return nil
}

// TestProcContents looks for the program's own ids in files that list them.
func TestProcContents(t *testing.T) { checkRole(t, "contents") }

func contentsRole([]string) error {
	in, err := startWaiting(os.Stderr)
	if err != nil {
		return err
	}
	defer in.Close()
	pid := strconv.Itoa(os.Getpid())
	lock, err := os.CreateTemp("", "pidsim-lock-")
	if err != nil {
		return err
	}
	defer os.Remove(lock.Name())
	var st unix.Stat_t
	if err := errors.Join(unix.Fstat(int(lock.Fd()), &st), unix.Flock(int(lock.Fd()), unix.LOCK_EX),
		unix.FcntlFlock(lock.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_RDLCK, Start: 7})); err != nil {
		return err
	}
	pidfd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return err
	}
	if err := makeTimer(); err != nil {
		return err
	}
	shm, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600)
	if err != nil {
		return err
	}
	defer unix.SysvShmCtl(shm, unix.IPC_RMID, nil)
	for _, want := range []struct{ path, pattern string }{
		{"/proc/locks", fmt.Sprintf(`(?m)^\d+: FLOCK +ADVISORY +WRITE %s \w+:\w+:%d 0 EOF$`, pid, st.Ino)},
		{"/proc/locks", fmt.Sprintf(`(?m)^\d+: POSIX +ADVISORY +READ +%s \w+:\w+:%d 7 EOF$`, pid, st.Ino)},
		{fmt.Sprintf("/proc/self/fdinfo/%d", lock.Fd()), fmt.Sprintf(`(?m)^lock:\t\d+: FLOCK +ADVISORY +WRITE %s `, pid)},
		{fmt.Sprintf("/proc/thread-self/fdinfo/%d", pidfd), fmt.Sprintf(`(?m)^Pid:\t%s\nNSpid:\t%[1]s\b`, pid)},
		{"/proc/self/timers", fmt.Sprintf(`(?m)^notify: none/pid\.%s$`, pid)},
		{"/proc/sysvipc/shm", fmt.Sprintf(`(?m)^ +\d+ +%d +\d+ +\d+ +%s +0 `, shm, pid)},
		{"/proc/self/sched", fmt.Sprintf(`^tracer\.test \(%s, #threads: \d+\)\n`, pid)},
		{"/proc/self/stat", fmt.Sprintf(`^%s \(tracer\.test\) `, pid)},
		{"/proc/sys/kernel/pid_max", `^\d+\n$`},
		{"/proc/loadavg", `^[\d.]+ [\d.]+ [\d.]+ \d+/\d+ [1-9]\d*\n$`},
	} {
		text, err := os.ReadFile(want.path)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if err == nil && !regexp.MustCompile(want.pattern).Match(text) {
			return fmt.Errorf("%s is %q; want %s", want.path, text, want.pattern)
		}
	}
	return oneChild()
}

// oneChild looks for the only child in the lists of children of all threads,
// and in /proc.
func oneChild() error {
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		return err // a kernel without such lists
	}
	var all []string
	for _, list := range lists {
		if text, err := os.ReadFile(list); err == nil {
			all = append(all, strings.Fields(string(text))...)
		}
	}
	if len(all) != 1 {
		return fmt.Errorf("children %v; want one", all)
	}
	status, err := os.ReadFile("/proc/" + all[0] + "/status")
	if want := fmt.Sprintf("\nPPid:\t%d\n", os.Getpid()); err != nil || !strings.Contains(string(status), want) {
		return fmt.Errorf("the child's status is %q, %w; want %q", status, err, want)
	}
	return nil
}
