package procfs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace marks the environment of the test program's second run, which
// may mount what it likes.
const inNamespace = "PROCFS_TEST_IN_NAMESPACE"

// TestMounts checks the resolver where procfs is mounted several times, and
// for a tracee whose root directory is another one.
func TestMounts(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		runInNamespace(t)
		return
	}
	w := newWorld(t)
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	w.mounts = []string{w.dir + "/bound", w.dir + "/second", "/proc"}
	t.Run("bind", w.testBind)
	t.Run("second", w.testSecond)
	t.Run("foreign", w.testForeign)
	t.Run("parts", w.testParts)
	t.Run("chroot", w.testChroot)
}

// runInNamespace runs the same test again in a mount namespace of
// its own.
func runInNamespace(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestMounts$", "-test.v")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	runtime.LockOSThread() // Pdeathsig is about the thread
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("no right to make a mount namespace")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// mountOn mounts something on a new directory of the world, until the test ends.
func (w *world) mountOn(t *testing.T, source, name, fstype string, flags uintptr) error {
	t.Helper()
	dir := filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(source, dir, fstype, flags, ""); err != nil {
		return err
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return nil
}

func (w *world) checkAll(t *testing.T, fs FS, spellings []spelling) {
	t.Helper()
	for _, s := range spellings {
		w.checkBothWays(t, fs, s)
	}
}

// below are spellings for a procfs mounted in the world's directory.
func below(name string) []spelling {
	at := "%D/" + name
	return []spelling{
		{"/", at + "/%R"}, {"/", at + "/%R/stat"}, {"/", at + "/self/stat"}, {"/", at + "/self"}, {"/", at + "/thread-self/stat"},
		{"/", at + "/%R/task/%R/status"}, {"/", at + "/%R/../%S/stat"}, {"/", at + "/%R/../../" + name + "/%R/stat"},
		{"/", at + "/%R/../../link/%S/stat"}, {"/", at + "/self/root/proc/%R/stat"}, {"/", at + "/self/root" + at + "/%R/stat"},
		{"/", at + "/stat"}, {"/", at + "/net/../stat"}, {"/", at + "/.."}, {"/", at + "/../12"}, {"/", at + "/../a/b/12/stat"},
		{"%D", name + "/%R/stat"}, {at, "%R/stat"}, {at, "self/stat"}, {at, "../" + name + "/%R"}, {at, "../link/%R"},
		{at + "/%R", "stat"}, {at + "/%R", "../%S/stat"}, {at + "/%R", "../../link/%S/stat"}, {at + "/%R/task", "%R/stat"},
		{at + "/self/fd", "%F/link/%R/stat"}, {at + "/self/fd", "%F/" + name + "/%R/stat"}, {at, "../../../12/stat"},
	}
}

func (w *world) testBind(t *testing.T) {
	w.onThread(t)
	if err := w.mountOn(t, "/proc", "bound", "", unix.MS_BIND); err != nil {
		t.Fatal(err)
	}
	w.checkAll(t, newRealFS(t, "/"), below("bound"))
}

func (w *world) testSecond(t *testing.T) {
	w.onThread(t)
	if err := w.mountOn(t, "proc", "second", "proc", 0); err != nil {
		t.Skipf("no second procfs: %v", err)
	}
	w.checkAll(t, newRealFS(t, "/"), below("second"))
}

// testForeign has a procfs of another pid namespace: its numbers are not ours
// to translate.
func (w *world) testForeign(t *testing.T) {
	w.onThread(t)
	dir := filepath.Join(w.dir, "foreign")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `mount -t proc proc "$0"`, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("no procfs of another pid namespace: %v: %s", err, out)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	for _, p := range []string{"1", "1/stat", "self/stat", "1/../1", w.fill("%R", 0)} {
		got, err := Resolve(Request{Path: dir + "/" + p, Follow: true, TGID: int32(w.self), TID: int32(w.tid),
			Real: func(int32) (int32, bool) { return 99, true }}, newRealFS(t, "/"))
		if err != nil || got.Kind != NotProc || got.Changed {
			t.Errorf("%s: %+v, %v; want it left alone", p, got, err)
		}
	}
}

// testParts has directories of procfs bound over themselves, as container
// engines do it, and to other places.
func (w *world) testParts(t *testing.T) {
	w.onThread(t)
	for _, dir := range []string{"/proc/sys", "/proc/fs"} {
		if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		defer unix.Unmount(dir, unix.MNT_DETACH)
	}
	if err := unix.Mount("tmpfs", "/proc/fs", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount("/proc/fs", unix.MNT_DETACH)
	if err := os.MkdirAll("/proc/fs/12/task", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc", "/proc/fs/12/proc"); err != nil {
		t.Fatal(err)
	}
	fs := newRealFS(t, "/")
	w.checkAll(t, fs, []spelling{
		{"/proc/sys", "../%R/stat"}, {"/proc/sys/kernel", "../../%R/stat"}, {"/", "/proc/sys/../%R/stat"},
		{"/proc/sys/kernel", "stat"}, {"/", "/proc/sys/kernel/../../self/stat"},
	})

	// What is mounted inside of procfs does not look like a process.
	got, err := Resolve(Request{Path: "/proc/fs/12/task/13", Follow: true, Real: func(int32) (int32, bool) { return 99, true }}, fs)
	if err != nil || got.Changed {
		t.Errorf("a file system in procfs: %+v, %v", got, err)
	}

	// The directory of one process, elsewhere: documented as not recognised.
	if err := w.mountOn(t, "/proc/self/task", "part", "", unix.MS_BIND); err != nil {
		t.Fatal(err)
	}
	got, err = Resolve(Request{Path: w.fill("%D/part/%S/stat", 0), Follow: true, Real: identity}, fs)
	if err != nil || got.Kind != Other || got.Changed {
		t.Errorf("a bound part: %+v, %v; want it left alone", got, err)
	}
}

// testChroot gives one thread another root directory, which has a procfs.
func (w *world) testChroot(t *testing.T) {
	root := filepath.Join(w.dir, "root")
	if err := w.mountOn(t, "/proc", "root/proc", "", unix.MS_BIND); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"link": "/proc", "up": "../../../../proc", "me": "/proc/self", "out": w.dir + "/link", "stat": "/proc/self/stat",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	fs := newRealFS(t, root)
	calls, done := make(chan func()), make(chan struct{})
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer close(done)
		for f := range calls {
			f()
		}
	}()
	defer func() { close(calls); <-done; w.do = func(f func()) { f() } }()
	w.do = func(f func()) {
		ready := make(chan struct{})
		calls <- func() { f(); close(ready) }
		<-ready
	}
	var err error
	w.do(func() {
		w.tid = unix.Gettid()
		if err = unix.Unshare(unix.CLONE_FS); err == nil {
			err = unix.Chroot(root)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.checkAll(t, fs, []spelling{
		{"/", "/proc/%R"}, {"/", "/proc/%R/stat"}, {"/", "/proc/self/stat"}, {"/", "/proc/self"}, {"/", "/proc/%R/../../proc/%S/stat"},
		{"/", "/link/%R/stat"}, {"/", "/up/%R/stat"}, {"/", "/me/stat"}, {"/", "/out/%R/stat"}, {"/", "/stat"},
		{"/", "/../../proc/%R/stat"}, {"/", "/thread-self/root/12"}, {"/", "/proc/thread-self/root/proc/%R/stat"},
		{"/", "/proc/thread-self/cwd/stat"}, {"/", "proc/%R/stat"}, {"/proc", "%R/stat"}, {"/proc", "../link/%R/stat"},
		{"/proc/%R", "../%S/stat"}, {"/proc/%R/task", "%R/stat"}, {"/proc/%R/task", "../../../link/%S/stat"},
		// The other process has the ordinary root; absolute links lead to the caller's.
		{"/", "/proc/%R/root/proc/%R/stat"}, {"/", "/proc/%R/root%D/link/%R/stat"}, {"/", "/proc/%R/root%D/up/%R/stat"},
		{"/", "/proc/%R/root/../proc/%R/stat"}, {"/", "/proc/%R/cwd/proc/self/stat"}, {"/", "/proc/%R/root%D/root/proc/%R/stat"},
	})
}
