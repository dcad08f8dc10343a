package procfs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// These tests hold the resolver against the kernel. The "tracee" is the test's
// own thread, so that the kernel itself can tell where a path leads.

// shift is the distance between virtual and real ids in the tests that use
// different ones: a real id r is presented as r+shift.
const shift = 1000000

func identity(v int32) (int32, bool) { return v, true }

// shifted translates the numbers that fill made; the small ones that are part
// of a spelling mean themselves.
func (w *world) shifted(v int32) (int32, bool) {
	if v > shift {
		return v - shift, true
	}
	n := int(v)
	return v, n != w.child && n != w.self && n != w.tid
}

// world is a directory with links of all kinds, and a second process.
type world struct {
	// do runs a function on the tracee's thread.
	do        func(func())
	dir       string
	self, tid int
	child     int
	dirFD     int      // open on dir
	mounts    []string // of procfs, the more special first
}

// spelling is a path with %R for the child, %S for the test process and %T for
// its thread, relative to a directory with the same marks.
type spelling struct{ dir, path string }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), self: os.Getpid(), child: startChild(t), mounts: []string{"/proc"}}
	w.do = func(f func()) { f() }
	fd, err := unix.Open(w.dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.dirFD = fd
	t.Cleanup(func() { unix.Close(fd) })

	mk := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(w.dir, name) }
	link := func(target, name string) { mk(os.Symlink(w.fill(target, 0), at(name))) }
	mk(os.MkdirAll(at("a/b/12"), 0o755))
	mk(os.WriteFile(at("a/b/12/stat"), []byte("not procfs\n"), 0o644))
	mk(os.WriteFile(at("a/status"), nil, 0o644))
	link("/proc", "link")
	link("/proc/", "slash")
	link("link", "linklink")
	link("../../../../../../../../../proc", "up")
	link("/proc/self", "me")
	link("/proc/self/fd", "fd")
	link("/proc/self/stat", "stat")
	link("a/b", "dir")
	link("loop", "loop")
	link("/proc/self/root/proc", "a/deep")
	link("/proc", "42")
	link("/nowhere/12", "dangling")
	return w
}

// onThread makes the running goroutine's thread the tracee.
func (w *world) onThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	w.tid = unix.Gettid()
}

// startChild runs a process that does nothing, until the test is over or gone.
func startChild(t testing.TB) int {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.Dir = "/"
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

// fill puts the ids, moved by a distance, in the place of the marks.
func (w *world) fill(s string, by int) string {
	return strings.NewReplacer("%R", strconv.Itoa(w.child+by), "%S", strconv.Itoa(w.self+by),
		"%T", strconv.Itoa(w.tid+by), "%D", w.dir, "%F", strconv.Itoa(w.dirFD)).Replace(s)
}

// everySpelling lists the paths.
func everySpelling() []spelling {
	var s []spelling
	for _, p := range []string{
		"/proc/%R", "/proc/%R/", "/proc/%R/.", "//proc///%R//stat", "/./proc/./%R/./status",
		"/proc/%R/stat", "/proc/%R/status", "/proc/%R/stat/", "/proc/%R/stat/.", "/proc/%R/cmdline",
		"/proc/%R/task", "/proc/%R/task/", "/proc/%R/task/%R", "/proc/%R/task/%R/stat", "/proc/%R/task/%R/status",
		"/proc/%R/task/%R/comm", "/proc/%R/task/%S", "/proc/%R/..", "/proc/%R/../%S/stat", "/proc/%R/task/../../%S/stat",
		"/proc/%R/../self/stat", "/proc/%R/../../proc/%S/stat", "/proc/%R/task/%R/../../stat",
		"/proc/self", "/proc/self/", "/proc/self/.", "/proc/self/stat", "/proc/self/status", "/proc/self/maps",
		"/proc/self/task/%T", "/proc/self/task/%T/stat", "/proc/self/task/../stat", "/proc/self/../%R/stat",
		"/proc/thread-self", "/proc/thread-self/", "/proc/thread-self/stat", "/proc/thread-self/../%T/stat",
		"/proc/thread-self/../../../%R/stat", "/proc/self/task/self/stat",
		"/proc/self/root", "/proc/self/root/", "/proc/self/root/proc/%R", "/proc/self/root/proc/%R/stat",
		"/proc/self/root/../proc/%R/stat", "/proc/%R/root/proc/%R/stat", "/proc/%R/root/proc/self/stat",
		"/proc/%R/root/../../proc/%S/status", "/proc/%R/root%D/link/%R/stat", "/proc/%R/cwd/proc/%R/stat",
		"/proc/%R/cwd", "/proc/%R/exe", "/proc/%R/fd/0", "/proc/%R/ns/pid", "/proc/%R/cwd/../proc/%R",
		"/proc/%R/cwd%D/a/b/12/stat", "/proc/self/cwd/doc.go", "/proc/self/cwd/12", "/proc/self/cwd/../../12/stat",
		"/proc/self/fd/%F", "/proc/self/fd/%F/link/%R/stat", "/proc/self/fd/%F/../%R", "/proc/self/fd/%F/a/b/12/stat",
		"/proc/%S/fd/%F/me/stat", "/dev/fd/%F/link/%R/stat", "/dev/fd/%F", "/proc/self/fd/999", "/proc/self/fdinfo/0",
		"/proc/%R/fdinfo/1", "/proc/self/fdinfo/%F", "/proc/self/task/%T/fdinfo/0", "/proc/self/fd/0", "/proc/self/cwd",
		"/proc/%R/sched", "/proc/%R/task/%R/sched", "/proc/%R/syscall", "/proc/%R/timers", "/proc/%R/task/%R/children",
		"/proc/net/netlink", "/proc/self/net/netlink", "/proc/self/net/../net/ip6_flowlabel", "/proc/%R/task/%R/net/netlink",
		"/proc/locks", "/proc/loadavg", "/proc/keys", "/proc/sysvipc/msg", "/proc/%R/../sysvipc/shm", "/proc/sysvipc/sem",
		"/proc/sys/kernel/ns_last_pid", "/proc/self/root/proc/sys/kernel/pid_max", "/proc/%R/locks", "/proc/status",
		"/proc/net/../%R", "/proc/net/../stat", "/proc/net/../task/%T/stat", "/proc/net/stat", "/proc/stat", "/proc/mounts",
		"/proc/sys/kernel/../../%R/stat", "/proc/sys/12", "/proc/fs/stat", "/proc/tty/../%R/stat",
		"/proc/007", "/proc/0", "/proc/00%R", "/proc/+%R", "/proc/%R0000000", "/proc/4294967297", "/proc/self/task/0%T",
		"/proc/4194303", "/proc/4194303/stat", "/proc/self/task/4194303/stat", "/proc/%R/12", "/proc/%R/stat/12",
		"/../../proc/%R/stat", "/proc/../proc/%R/stat", "/proc/../%R/stat",
		"%D/link/%R", "%D/link/%R/stat", "%D/linklink/%R/stat", "%D/slash/%R/stat", "%D/up/%R/stat", "%D/me/stat",
		"%D/me", "%D/me/../%R/stat", "%D/me/task/%T/stat", "%D/fd/%F/link/%R", "%D/stat", "%D/dir/12/stat",
		"%D/a/b/12/stat", "%D/a/status", "%D/a/status/", "%D/loop/%R/stat", "%D/a/deep/%R/stat", "%D/42/%R/stat", "%D/42",
		"%D/link/../%R", "%D/link/self/cwd/12", "%D/dangling/stat", "%D/dir/../../link/%R/stat", "%D/dir/../12",
		"%D/link/%R/root%D/linklink/%R/root%D/up/self/stat", "/usr/bin/stat", "/dev/pts/0", "/nowhere/12/stat",
	} {
		s = append(s, spelling{"/", p})
	}
	return append(s, []spelling{
		{"/proc", "%R"}, {"/proc", "%R/stat"}, {"/proc", "./%R/./stat"}, {"/proc", "self/stat"}, {"/proc", "self"},
		{"/proc", "../proc/%R/stat"}, {"/proc", "%R/../%S/stat"}, {"/proc", "stat"}, {"/proc", "net/../stat"}, {"/proc", "thread-self"},
		{"/proc/%R", "stat"}, {"/proc/%R", "status"}, {"/proc/%R", "task/%R/stat"}, {"/proc/%R", "../%S/stat"}, {"/proc/%R", "../self/stat"},
		{"/proc/%R", "../../proc/%R/stat"}, {"/proc/%R", "cwd/proc/%R/stat"}, {"/proc/%R", "%R"}, {"/proc/%R", "./stat"}, {"/proc/%R", "stat/"},
		{"/proc/%R", "root/proc/%R/status"}, {"/proc/%R", "../../%R"},
		{"/proc/%R/task", "%R"}, {"/proc/%R/task", "%R/stat"}, {"/proc/%R/task", "../stat"}, {"/proc/%R/task", "../../%S/stat"},
		{"/proc/%R/task", "stat"}, {"/proc/%R/task/%R", "stat"}, {"/proc/%R/task/%R", "../../stat"}, {"/proc/%R/task/%R", "../%R/status"},
		{"/proc/self/fd", "%F/link/%R/stat"}, {"/proc/self/fd", "0"}, {"/proc/%R/fd", "../stat"}, {"/proc/%R/ns", "pid"},
		{"/proc/sys/kernel", "../../%R/stat"}, {"/proc/sys", "12"},
		{"%D", "link/%R/stat"}, {"%D", "12"}, {"%D", "stat"}, {"%D", "a/b/12/stat"}, {"%D", "../../../../../../proc/%R/stat"},
		{"%D/a", "../link/%R/stat"}, {"%D/a", "deep/%R/stat"}, {"%D/a/b", "12/stat"}, {"/", "proc/%R/stat"}, {"/", "%R"}, {"/", "stat"},
	}...)
}

// seen is what the kernel says about a path.
type seen struct {
	err  error
	dev  uint64
	ino  uint64
	text string // of the object, as readlink of the descriptor shows it
	proc bool
	fd   int
}

func (s seen) close() {
	if s.err == nil {
		unix.Close(s.fd)
	}
}

func (s seen) String() string {
	if s.err != nil {
		return s.err.Error()
	}
	return fmt.Sprintf("%s (%d:%d)", s.text, s.dev, s.ino)
}

// look asks the kernel where a path leads for the tracee.
func (w *world) look(dir, path string, follow bool) (s seen) {
	w.do(func() { s = look(dir, path, follow) })
	return s
}

func look(dir, path string, follow bool) seen {
	dirFD, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return seen{err: err}
	}
	defer unix.Close(dirFD)
	flags := unix.O_PATH | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := unix.Openat(dirFD, path, flags, 0)
	if err != nil {
		return seen{err: err}
	}
	var st unix.Stat_t
	var sfs unix.Statfs_t
	if err := errors.Join(unix.Fstat(fd, &st), unix.Fstatfs(fd, &sfs)); err != nil {
		unix.Close(fd)
		return seen{err: err}
	}
	text, _ := os.Readlink("/proc/thread-self/fd/" + strconv.Itoa(fd))
	return seen{fd: fd, dev: st.Dev, ino: st.Ino, text: text, proc: sfs.Type == unix.PROC_SUPER_MAGIC}
}

var holdsIDs = regexp.MustCompile(`^(stat|status|children|sched|syscall|timers|fdinfo/\d+|net/netlink|net/ip6_flowlabel)$`)

var objectShape = regexp.MustCompile(`^/(\d+)(?:(/task)(?:/(\d+))?)?(?:/(.+))?$`)

// classifyText is an independent reading of the kernel's own name of an object
// in one of the procfs.
func classifyText(mounts []string, text string) (kind Kind, pid, tid int) {
	rest := text
	for _, mount := range mounts {
		if rest == mount || strings.HasPrefix(rest, mount+"/") {
			rest = rest[len(mount):]
			break
		}
	}
	switch rest {
	case "":
		return ProcRoot, 0, 0
	case "/self":
		return Self, 0, 0
	case "/thread-self":
		return ThreadSelf, 0, 0
	case "/locks", "/loadavg", "/keys", "/sysvipc/msg", "/sysvipc/shm", "/sys/kernel/ns_last_pid", "/sys/kernel/pid_max":
		return ContentFile, 0, 0
	}
	m := objectShape.FindStringSubmatch(rest)
	if m == nil {
		return Other, 0, 0
	}
	pid, _ = strconv.Atoi(m[1])
	tid, _ = strconv.Atoi(m[3])
	switch name := m[4]; {
	case holdsIDs.MatchString(name) && (name != "timers" || tid == 0) && (name != "children" || tid != 0):
		kind = ContentFile
	case name == "cwd" || name == "exe" || name == "root" || strings.HasPrefix(name, "fd/") || strings.HasPrefix(name, "ns/"):
		kind = MagicLink
	case name != "":
		kind = Other
	case m[3] != "":
		kind = TIDDir
	case m[2] != "":
		kind = TaskDir
	default:
		kind = PIDDir
	}
	return kind, pid, tid
}

// check resolves one spelling with ids moved by a distance and compares with
// the kernel's view of the spelling with real ids.
func (w *world) check(t *testing.T, fs FS, s spelling, follow bool, by int, real func(int32) (int32, bool)) {
	t.Helper()
	dir := w.fill(s.dir, 0)
	realPath, path := w.fill(s.path, 0), w.fill(s.path, by)
	name := fmt.Sprintf("%s in %s, follow %v", path, dir, follow)
	// Held open, since procfs numbers an inode anew when it forgot it.
	native := w.look(dir, realPath, follow)
	defer native.close()

	start := w.look(dir, ".", true)
	defer start.close()
	canonical := start.text
	got, err := Resolve(Request{Path: path, Dir: canonical, Follow: follow,
		TGID: int32(w.self), TID: int32(w.tid), Real: real}, fs)
	if err != nil {
		if native.err == nil || native.err.Error() != err.Error() {
			t.Errorf("%s: %v, the kernel: %v", name, err, native)
		}
		return
	}
	ours := w.look(dir, got.Path, follow)
	defer ours.close()
	if ours.err != native.err || ours.dev != native.dev || ours.ino != native.ino {
		t.Errorf("%s: resolved to %q = %v, the kernel: %v", name, got.Path, ours, native)
	}
	if got.Changed != (got.Path != path) {
		t.Errorf("%s: resolved to %q with changed = %v", name, got.Path, got.Changed)
	}
	if native.err != nil {
		return // the kind does not matter
	}
	if !native.proc {
		if got.Kind != NotProc {
			t.Errorf("%s: %v, the kernel: not procfs", name, got.Kind)
		}
		return
	}
	if got.Kind == NotProc && behindInterest(path) {
		return
	}
	kind, pid, tid := classifyText(w.mounts, native.text)
	switch kind {
	case Self:
		pid = w.self
	case ThreadSelf:
		pid, tid = w.self, w.tid
	}
	if got.Kind == Self {
		tid = w.tid
	}
	if got.Kind != kind || int(got.PID) != pid || int(got.TID) != tid {
		t.Errorf("%s: %v of %d/%d, the kernel: %v %v of %d/%d", name, got.Kind, got.PID, got.TID, native, kind, pid, tid)
	}
}

// behindInterest tells whether a path has components behind the last that is of
// interest, where the resolver does not look any more.
func behindInterest(path string) bool {
	last := path
	for i := nextOfInterest(last); i >= 0; i = nextOfInterest(last) {
		last = last[i+len(component(last[i:])):]
	}
	return strings.Trim(last, "/") != ""
}

func TestResolveAgainstKernel(t *testing.T) {
	w := newWorld(t)
	w.onThread(t)
	fs := newRealFS(t, "/")
	spellings := everySpelling()
	if len(spellings) < 100 {
		t.Fatalf("only %d spellings", len(spellings))
	}
	for _, s := range spellings {
		for _, follow := range []bool{true, false} {
			w.check(t, fs, s, follow, 0, identity)
			w.check(t, fs, s, follow, shift, w.shifted)
		}
	}
}
