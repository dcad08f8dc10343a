package runs

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// example is a run of n processes.
func example(n int) Run {
	r := Run{
		Root: 4242, Supervisor: os.Getpid(), Space: "host", Backend: "ptrace",
		Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
	}
	for i := range n {
		r.Processes = append(r.Processes, Process{
			Virtual: 4242 + i, Real: 1000 + i, PPID: 1, PGID: 4242, Threads: 1, State: "S", Name: "sleep",
			Args: []string{"sleep", "100", "\x00\x1b\xff"},
		})
	}
	return r
}

// runtimeDir makes a runtime directory of the test's own the one that is used,
// and returns where the sockets are.
func runtimeDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o700))
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("TMPDIR", dir) // where nothing is shared with real runs
	return filepath.Join(dir, "pidsim")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// announced announces r and waits until that has been done.
func announced(t *testing.T, describe func() Run) *Announcement {
	t.Helper()
	a := Announce(describe, func(err error) { t.Error(err) })
	t.Cleanup(a.Withdraw)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		a.mu.Lock()
		there := a.dir != nil
		a.mu.Unlock()
		if there {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatal("the run was not announced")
		}
	}
}

// mine lists the runs that this process has announced.
func mine() (found []Run, silent []*SilentError) {
	all, silent := List()
	for _, r := range all {
		if r.Supervisor == os.Getpid() {
			found = append(found, r)
		}
	}
	return found, silent
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAnnounce(t *testing.T) {
	dir := runtimeDir(t)
	old := unix.Umask(0)
	defer unix.Umask(old)
	a := announced(t, func() Run { return example(3) })
	b := announced(t, func() Run { return example(0) })
	found, silent := mine()
	if len(found) != 2 || len(silent) != 0 || len(found[0].Processes)+len(found[1].Processes) != 3 {
		t.Fatalf("List: %+v, %v", found, silent)
	}
	for _, r := range found {
		want := example(len(r.Processes))
		for i, p := range r.Processes {
			// What is no text cannot be passed on as it is.
			want.Processes[i].Args[2] = "\x00\x1b\ufffd"
			if p.Args[2] != want.Processes[i].Args[2] || p.Virtual != 4242+i || p.Real != 1000+i || p.State != "S" {
				t.Errorf("process %d: %+v", i, p)
			}
		}
		if r.Root != 4242 || !r.Started.Equal(want.Started) || r.Space != "host" || r.Backend != "ptrace" {
			t.Errorf("run: %+v", r)
		}
	}
	for _, name := range names(t, dir) {
		info, err := os.Lstat(filepath.Join(dir, name))
		check(t, err)
		if info.Mode() != os.ModeSocket|0o600 || !strings.HasSuffix(name, suffix) {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
	a.Withdraw()
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("one of two is left: %v", left)
	}
	b.Withdraw()
	b.Withdraw()
	gone(t, dir)
	if found, silent := mine(); len(found)+len(silent) != 0 {
		t.Errorf("List: %v, %v", found, silent)
	}
}

// TestOverAtOnce: a run that ends before it is announced leaves no trace, and
// one that ends meanwhile neither.
func TestOverAtOnce(t *testing.T) {
	dir := runtimeDir(t)
	Announce(nil, func(err error) { t.Error(err) }).Withdraw()
	gone(t, dir)
	for i := range 100 {
		a := Announce(nil, func(err error) { t.Error(err) })
		time.Sleep(delay + time.Duration(i-50)*10*time.Microsecond)
		a.Withdraw()
	}
	gone(t, dir)
}

// gone checks that not even the directory is left.
func gone(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s: %v, with %v", dir, err, names(t, dir))
	}
}

// TestLeftBehind: the sockets of supervisors that were killed.
func TestLeftBehind(t *testing.T) {
	dir := runtimeDir(t)
	a := announced(t, func() Run { return example(1) })
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "dead"+suffix)})
	check(t, err)
	dead.SetUnlinkOnClose(false)
	check(t, dead.Close())
	for _, name := range []string{"young", "old"} {
		name = filepath.Join(dir, name+suffix+fresh)
		check(t, os.WriteFile(name, nil, 0o600))
		if strings.Contains(name, "old") {
			check(t, os.Chtimes(name, time.Time{}, time.Now().Add(-time.Hour)))
		}
	}
	check(t, os.WriteFile(filepath.Join(dir, "unrelated"), nil, 0o600))
	if found, silent := mine(); len(found) != 1 || len(silent) != 0 {
		t.Errorf("List: %v, %v", found, silent)
	}
	left := strings.Join(names(t, dir), " ")
	for name, want := range map[string]bool{"dead": false, "old": false, "young": true, "unrelated": true, a.name: true} {
		if strings.Contains(left, name) != want {
			t.Errorf("%s is left: %v; all: %s", name, !want, left)
		}
	}
}

// TestUnsafeDirectory: a directory that somebody else may have prepared is not
// used.
func TestUnsafeDirectory(t *testing.T) {
	private := func(t *testing.T, dir string) { check(t, os.Mkdir(dir, 0o700)) }
	for name, make := range map[string]func(t *testing.T, dir string){
		"a link": func(t *testing.T, dir string) {
			private(t, dir+".real")
			check(t, os.Symlink(dir+".real", dir))
		},
		"a file":          func(t *testing.T, dir string) { check(t, os.WriteFile(dir, nil, 0o700)) },
		"open to others":  func(t *testing.T, dir string) { private(t, dir); check(t, os.Chmod(dir, 0o701)) },
		"open to a group": func(t *testing.T, dir string) { private(t, dir); check(t, os.Chmod(dir, 0o770)) },
		"a loose base":    func(t *testing.T, dir string) { check(t, os.Chmod(filepath.Dir(dir), 0o777)) },
		"somebody else's": func(t *testing.T, dir string) {
			private(t, dir)
			if os.Geteuid() != 0 {
				t.Skip("only root can give a directory away")
			}
			check(t, os.Chown(dir, 65534, -1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			base := t.TempDir()
			check(t, os.Chmod(base, 0o700))
			p := place{base: base, name: "pidsim"}
			make(t, filepath.Join(base, "pidsim"))
			if dir, err := p.open(true); err == nil {
				t.Errorf("%s is used", dir.Name())
			}
		})
	}
	// In the directory for temporary files others can make files, but not in
	// the user's own.
	base := t.TempDir()
	check(t, os.Chmod(base, 0o1777))
	dir, err := place{base: base, name: ".pidsim-0", shared: true}.open(true)
	check(t, err)
	dir.Close()
}

// TestStranger: a peer of another user learns nothing.
func TestStranger(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	path := t.TempDir()
	for p := path; p != "/" && p != os.TempDir(); p = filepath.Dir(p) {
		check(t, os.Chmod(p, 0o755))
	}
	dir, err := os.Open(path)
	check(t, err)
	defer dir.Close()
	socket, name, err := listen(dir)
	check(t, err)
	check(t, os.Chmod(filepath.Join(path, name), 0o666)) // so that it is not this which keeps them out
	a := &Announcement{peers: make(chan struct{}, maxPeers), describe: func() Run { return example(1) }}
	go a.accept(socket)
	defer func() {
		a.mu.Lock()
		a.withdrawn = true
		a.mu.Unlock()
		_ = unix.Shutdown(socket, unix.SHUT_RDWR)
	}()
	type answer struct {
		text []byte
		err  error
	}
	got := make(chan answer)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
			got <- answer{nil, errno}
			return
		}
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err == nil {
			defer unix.Close(fd)
			err = unix.Connect(fd, &unix.SockaddrUnix{Name: filepath.Join(path, name)})
		}
		buf := make([]byte, 100)
		n := 0
		if err == nil {
			n, err = unix.Read(fd, buf)
		}
		got <- answer{buf[:max(n, 0)], err}
	}()
	if a := <-got; len(a.text) != 0 || a.err != nil && !errors.Is(a.err, unix.ECONNRESET) {
		t.Errorf("the stranger got %q, %v", a.text, a.err)
	}
}

// TestBadSupervisor: whatever answers in place of a supervisor costs List a
// bounded time.
func TestBadSupervisor(t *testing.T) {
	dir := runtimeDir(t)
	good := announced(t, func() Run { return example(1) })
	defer good.Withdraw()
	endless := bytes.Repeat([]byte("x"), 1<<20)
	for name, do := range map[string]func(net.Conn){
		"silent": func(c net.Conn) { time.Sleep(2 * patience) },
		"endless": func(c net.Conn) {
			for err := error(nil); err == nil; _, err = c.Write(endless) {
			}
		},
		"slow": func(c net.Conn) {
			for err := error(nil); err == nil; _, err = c.Write([]byte(" ")) {
				time.Sleep(patience / 10)
			}
		},
		"short": func(c net.Conn) { _, _ = io.WriteString(c, `{"root":1,"supervisor":2,"processes":3}`+"\n") },
		"mad":   func(c net.Conn) { _, _ = io.WriteString(c, `{"root":1,"supervisor":2,"processes":-1}`+"\n") },
	} {
		l, err := net.Listen("unix", filepath.Join(dir, name+suffix))
		check(t, err)
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				do(c)
				c.Close()
			}
		}()
	}
	begin := time.Now()
	found, silent := mine()
	if len(found) != 1 || len(silent) != 5 {
		t.Errorf("List: %v, %v", found, silent)
	}
	for _, e := range silent {
		if e.Supervisor != os.Getpid() || e.Stopped {
			t.Errorf("%+v", e)
		}
	}
	if took := time.Since(begin); took > 4*patience {
		t.Errorf("it took %v", took)
	}
}

// TestBadPeers: who asks and never listens to the answer is given up.
func TestBadPeers(t *testing.T) {
	dir := runtimeDir(t)
	long := example(maxProcesses + 1)
	a := announced(t, func() Run { return long })
	for range maxPeers {
		c, err := net.Dial("unix", filepath.Join(dir, a.name))
		check(t, err)
		defer c.Close()
	}
	for deadline := time.Now().Add(10 * patience); ; time.Sleep(patience / 20) {
		found, _ := mine()
		if len(found) == 1 {
			if n := len(found[0].Processes); n != maxProcesses {
				t.Errorf("%d processes, want %d", n, maxProcesses)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("those who do not listen are waited for")
		}
	}
}

// TestManyPeers: those for whom there is no room yet wait for it.
func TestManyPeers(t *testing.T) {
	runtimeDir(t)
	announced(t, func() Run {
		time.Sleep(patience / 40)
		return example(1)
	})
	var wait sync.WaitGroup
	for range 3 * maxPeers {
		wait.Go(func() {
			if found, silent := mine(); len(found) != 1 || len(silent) != 0 {
				t.Errorf("List: %v, %v", found, silent)
			}
		})
	}
	wait.Wait()
}

// TestLongLine: arguments that would not fit are left out.
func TestLongLine(t *testing.T) {
	r := example(2)
	r.Processes[0].Args = []string{strings.Repeat("\x01", maxLine)}
	var b bytes.Buffer
	check(t, encode(&b, r))
	got, err := decode(&b)
	if err != nil || len(got.Processes) != 2 || got.Processes[0].Args != nil || len(got.Processes[1].Args) != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	var b bytes.Buffer
	if err := encode(&b, example(2)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-3])
	f.Add([]byte(`{"root":1,"supervisor":1,"processes":1000000}` + "\n"))
	f.Add([]byte(`{"root":1,"supervisor":1,"processes":1}` + "\n" + `{"virtual":0}` + "\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := decode(bytes.NewReader(message))
		if err != nil {
			return
		}
		if len(r.Processes) > maxProcesses {
			t.Fatalf("%d processes", len(r.Processes))
		}
		for i := range r.Processes {
			if !r.Processes[i].valid() {
				t.Fatalf("%+v", r.Processes[i])
			}
		}
		// What was understood can be passed on.
		var again bytes.Buffer
		if err := encode(&again, r); err != nil {
			return
		}
		if s, err := decode(&again); err != nil || len(s.Processes) != len(r.Processes) {
			t.Fatalf("%v: %+v", err, s)
		}
	})
}
