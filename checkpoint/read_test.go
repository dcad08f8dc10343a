package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// mustRead reads a process and checks that the result is an image.
func mustRead(t *testing.T, pid int, o Options) *image.Image {
	t.Helper()
	img, err := Read(pid, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := image.Encode(img); err != nil {
		t.Fatal(err)
	}
	return img
}

// TestAttributes starts a process with every attribute out of the ordinary.
func TestAttributes(t *testing.T) {
	const dir = "/usr"
	cmd := exec.Command("nice", "-n", "5", "sh", "-c", "umask 027; ulimit -S -n 77; exec sleep 100")
	cmd.Dir, cmd.Env = dir, []string{"SECRET=x", "EMPTY="}
	want := &image.Credentials{}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4711, Gid: 4712, Groups: []uint32{17, 9}}}
		want.UID, want.GID, want.Groups = image.UserIDs{Real: 4711, Effective: 4711, Saved: 4711, Filesystem: 4711},
			image.UserIDs{Real: 4712, Effective: 4712, Saved: 4712, Filesystem: 4712}, []uint32{9, 17}
	}
	pid, _ := start(t, cmd)
	named(t, pid, "sleep")
	p := mustRead(t, pid, Options{Env: true}).Root()

	if os.Geteuid() == 0 {
		want.Capabilities, want.NoNewPrivs = p.Credentials.Capabilities, p.Credentials.NoNewPrivs
		if diff := cmp.Diff(want, p.Credentials); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
		if c := p.Credentials.Capabilities; c.Effective != 0 || c.Permitted != 0 || c.Bounding == 0 || *c.Ambient != 0 {
			t.Errorf("capabilities %+v", c)
		}
	}
	if p.Credentials.NoNewPrivs == nil || *p.Credentials.NoNewPrivs != (statusOf(t, pid)["NoNewPrivs"] == "1") {
		t.Errorf("no_new_privs %v", p.Credentials.NoNewPrivs)
	}
	exe, err := exec.LookPath("sleep")
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		t.Fatal(err)
	}
	mask := image.Mode(0o27)
	got := image.Process{IDs: p.IDs, State: p.State, Name: p.Name, Exe: p.Exe, Args: p.Args, Env: p.Env, Cwd: p.Cwd, Root: p.Root, Umask: p.Umask, Scheduling: p.Scheduling}
	expected := image.Process{
		IDs:   image.IDs{PID: pidspace.VTGID(pid), PPID: pidspace.VTGID(os.Getpid()), PGID: pidspace.VPGID(pid), SID: pidspace.VSID(pid)},
		State: image.Running, Name: "sleep", Exe: image.Text(exe), Args: []image.Text{"sleep", "100"}, Cwd: dir, Root: "/",
		Umask: &mask, Scheduling: &image.Scheduling{Nice: 5}}
	if diff := cmp.Diff(expected, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Env" }, cmp.Ignore())); diff != "" {
		t.Errorf("process (-want +got):\n%s", diff)
	}
	if !slices.Contains(p.Env, "SECRET=x") || !slices.Contains(p.Env, "EMPTY=") {
		t.Errorf("environment %q", p.Env)
	}
	if len(p.Limits) != int(image.Resources) {
		t.Fatalf("%d limits", len(p.Limits))
	}
	for r, l := range p.Limits {
		var own unix.Rlimit
		if err := unix.Getrlimit(r, &own); err != nil {
			t.Fatal(err)
		}
		want := image.Limit{Resource: image.Resource(r), Soft: image.Bound(own.Cur), Hard: image.Bound(own.Max)}
		if r == unix.RLIMIT_NOFILE {
			want.Soft = 77
		}
		if l != want {
			t.Errorf("limit %+v, want %+v", l, want)
		}
	}
	if p := mustRead(t, pid, Options{}).Root(); p.Env != nil {
		t.Errorf("environment without being asked: %q", p.Env)
	}
}

// statusOf reads the status of a process.
func statusOf(t *testing.T, pid int) status {
	t.Helper()
	s, err := readStatus(pid, pid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestArguments: arguments are bytes, and empty ones count.
func TestArguments(t *testing.T) {
	args := []string{"odd \xff name", "60", "", "é\n", ""}
	cmd := exec.Command("/bin/sh", "-c", "read x", "a", "", "b", "")
	cmd.Args = append([]string{args[0], "-c", "read x"}, args[1:]...)
	pid, _ := start(t, cmd)
	named(t, pid, "sh")
	want := []image.Text{image.Text(args[0]), "-c", "read x", "60", "", "é\n", ""}
	if diff := cmp.Diff(want, mustRead(t, pid, Options{}).Root().Args); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

// TestRealTime reads another scheduling policy.
func TestRealTime(t *testing.T) {
	needRoot(t)
	if out, err := exec.Command("chrt", "--rr", "7", "true").CombinedOutput(); err != nil {
		t.Skipf("no real-time scheduling here, as in a control group without cpu.rt_runtime_us: %v: %s", err, out)
	}
	pid, _ := start(t, exec.Command("chrt", "--rr", "7", "sleep", "100"))
	named(t, pid, "sleep")
	if got, want := mustRead(t, pid, Options{}).Root().Scheduling, (&image.Scheduling{Policy: unix.SCHED_RR, Priority: 7}); *got != *want {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestTree reads a tree with all kinds of processes in it.
func TestTree(t *testing.T) {
	pid, out := start(t, sh(`
		sleep 100 & echo one $!
		sh -c 'sleep 0.3 & echo zombie $!; exec sleep 100' & echo two $!
		sh -c 'kill -STOP $$' & echo stopped $!
		read x`))
	id := map[string]pidspace.VTGID{"root": pidspace.VTGID(pid)}
	for len(id) < 5 {
		var name string
		var n int
		if _, err := fmt.Sscan(line(t, out), &name, &n); err != nil {
			t.Fatal(err)
		}
		id[name] = pidspace.VTGID(n)
	}
	eventually(t, "each process is what it will be", func() bool {
		img := mustRead(t, pid, Options{Tree: true})
		is := func(name string, ok func(p *image.Process) bool) bool {
			p := img.Find(id[name])
			if p == nil {
				t.Fatalf("%s, process %d, is not in the tree", name, id[name])
			}
			return ok(p)
		}
		sleeps := func(p *image.Process) bool { return p.Name == "sleep" }
		return is("one", sleeps) && is("two", sleeps) &&
			is("zombie", func(p *image.Process) bool { return p.State == image.Zombie }) &&
			is("stopped", func(p *image.Process) bool { return p.State == image.Stopped })
	})
	img := mustRead(t, pid, Options{Tree: true, Freeze: true})
	if len(img.Processes) != len(id) {
		t.Fatalf("%d processes", len(img.Processes))
	}
	if img.Find(id["zombie"]).PPID != id["two"] || img.Find(id["two"]).PPID != id["root"] {
		t.Error("a child is not where it should be")
	}
	for i, p := range img.Processes {
		if p.SID != pidspace.VSID(pid) || i > 0 && p.Started < img.Processes[i-1].Started {
			t.Errorf("process %d: %+v", i, p.IDs)
		}
		if p.State == image.Zombie && (p.Args != nil || p.Exe != "" || p.Credentials != nil) {
			t.Errorf("a zombie has %+v", p)
		}
	}
	if p := img.Find(pidspace.VTGID(pid)); p != img.Root() || p.PPID != pidspace.VTGID(os.Getpid()) {
		t.Errorf("root %+v", p.IDs)
	}
	if alone := mustRead(t, pid, Options{}); len(alone.Processes) != 1 || alone.Root().PID != pidspace.VTGID(pid) {
		t.Errorf("without the tree: %+v", alone.Processes)
	}
}

// TestSelfIsNoPart: a reader in the tree does not read itself.
func TestSelfIsNoPart(t *testing.T) {
	for _, freeze := range []bool{false, true} {
		img, err := Read(os.Getppid(), Options{Tree: true, Freeze: freeze})
		if err != nil {
			// Others may be at work in that tree.
			if errors.Is(err, ErrUnsteady) || errors.Is(err, ErrPermission) || errors.Is(err, ErrTraced) || errors.Is(err, ErrSupervised) {
				continue
			}
			t.Fatal(err)
		}
		if img.Find(pidspace.VTGID(os.Getpid())) != nil {
			t.Error("the reader is in the tree")
		}
		if freeze && statusOf(t, os.Getppid())["TracerPid"] != "0" {
			t.Error("the parent is still traced")
		}
	}
}

// TestThreads reads threads in the order of their birth.
func TestThreads(t *testing.T) {
	pid, out := start(t, python(t, `
import sys, threading
stay = threading.Event()
for i in range(5):
    up = threading.Event()
    threading.Thread(target=lambda: (print(threading.get_native_id(), flush=True), up.set(), stay.wait())).start()
    up.wait()
sys.stdin.read()`))
	var want []pidspace.VTID
	for range 5 {
		n, err := strconv.Atoi(line(t, out))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, pidspace.VTID(n))
	}
	for _, freeze := range []bool{false, true} {
		if diff := cmp.Diff(want, mustRead(t, pid, Options{Freeze: freeze}).Root().Threads); diff != "" {
			t.Errorf("freeze %v: threads (-want +got):\n%s", freeze, diff)
		}
	}
	var e *Error
	if _, err := Read(int(want[0]), Options{}); !errors.Is(err, ErrThread) || !errors.As(err, &e) || e.Fix != fmt.Sprintf("checkpoint process %d", pid) {
		t.Errorf("a thread: %v", err)
	}
}

// TestDeadLeader reads a process whose first thread has ended.
func TestDeadLeader(t *testing.T) {
	pid, out := start(t, python(t, `
import ctypes, threading, time
threading.Thread(target=lambda: time.sleep(100)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall(60, 0)  # exit of this thread alone`))
	line(t, out)
	eventually(t, "the first thread has ended", func() bool { return strings.HasPrefix(statusOf(t, pid)["State"], "Z") })
	for _, freeze := range []bool{false, true} {
		p := mustRead(t, pid, Options{Freeze: freeze}).Root()
		if p.State != image.Running || len(p.Threads) != 1 || len(p.Args) != 3 || p.Exe == "" || p.Cwd == "" || p.Credentials == nil {
			t.Errorf("freeze %v: %+v", freeze, p)
		}
	}
}

// TestNamespace reads a process in a pid namespace of its own.
func TestNamespace(t *testing.T) {
	unshare := []string{"unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if err := exec.Command(unshare[0], append(unshare[1:], "true")...).Run(); err != nil {
		t.Skipf("pid namespaces are not available: %v", err)
	}
	pid, out := start(t, exec.Command(unshare[0], append(unshare[1:], "sh", "-c", "setsid sleep 100 & echo $!; read x")...))
	inner, err := strconv.Atoi(line(t, out))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the inner process is sleep", func() bool {
		img := mustRead(t, pid, Options{Tree: true})
		return len(img.Processes) == 3 && img.Processes[2].Name == "sleep"
	})
	img := mustRead(t, pid, Options{Tree: true})
	outer, first, second := img.Processes[0], img.Processes[1], img.Processes[2]
	if outer.Levels() != 1 || first.Levels() != 2 || second.Levels() != 2 {
		t.Fatalf("levels %d, %d, %d", outer.Levels(), first.Levels(), second.Levels())
	}
	if ids, _ := first.At(1); !cmp.Equal(ids, image.IDs{PID: 1}) {
		t.Errorf("the first process has %+v inside", ids)
	}
	n := pidspace.VTGID(inner)
	if ids, _ := second.At(1); !cmp.Equal(ids, image.IDs{PID: n, PPID: 1, PGID: pidspace.VPGID(n), SID: pidspace.VSID(n)}) {
		t.Errorf("the second process has %+v inside", ids)
	}
	if outer.PIDNamespace == 0 || outer.PIDNamespace == first.PIDNamespace || first.PIDNamespace != second.PIDNamespace {
		t.Errorf("namespaces %d, %d, %d", outer.PIDNamespace, first.PIDNamespace, second.PIDNamespace)
	}
}

// TestNoProcess: ids that cannot be read are errors that say why.
func TestNoProcess(t *testing.T) {
	for _, pid := range []int{-1, 0, pidspace.MaxPID, pidspace.Limit, 1 << 40} {
		if _, err := Read(pid, Options{}); !errors.Is(err, ErrGone) {
			t.Errorf("%d: %v", pid, err)
		}
	}
	pid, _ := start(t, sh("kill -9 $$"))
	eventually(t, "it is a zombie", func() bool { return strings.HasPrefix(statusOf(t, pid)["State"], "Z") })
	for _, freeze := range []bool{false, true} {
		_, err := Read(pid, Options{Tree: true, Freeze: freeze})
		if want := fmt.Sprintf("process %d: it has ended, and its parent has not collected it (process %d)", pid, os.Getpid()); !errors.Is(err, ErrZombie) || err.Error() != want {
			t.Errorf("freeze %v: a zombie: %v, want %s", freeze, err, want)
		}
	}
}

func TestKernelThread(t *testing.T) {
	const kthreadd = 2
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", kthreadd)); err != nil || string(comm) != "kthreadd\n" {
		t.Skip("kernel threads are not visible here")
	}
	for _, freeze := range []bool{false, true} {
		if _, err := Read(kthreadd, Options{Freeze: freeze}); !errors.Is(err, ErrKernelThread) {
			t.Errorf("freeze %v: %v", freeze, err)
		}
	}
}

// TestPermission reads as somebody else.
func TestPermission(t *testing.T) {
	needRoot(t)
	root, _ := start(t, exec.Command("sleep", "100"))
	mixed, out := start(t, sh("sleep 100 & echo $!; exec setpriv --reuid 65534 --regid 65534 --clear-groups sleep 100"))
	child := line(t, out)
	named(t, mixed, "sleep")
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.Close()
	ask := func(args ...string) string {
		cmd := role(t, "reader", args...)
		// The directory of the test binary is not for everybody.
		cmd.Path, cmd.ExtraFiles, cmd.Dir = "/proc/self/fd/3", []*os.File{exe}, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	const unread = "cwd, env, exe, pid_namespace, root"
	if got, want := ask(strconv.Itoa(root)), fmt.Sprintf("process %d: permission denied (%s)", root, unread); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := ask(strconv.Itoa(root), "freeze"), fmt.Sprintf("process %d: permission denied (ptrace)", root); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := ask(strconv.Itoa(mixed)), fmt.Sprintf("%d []\n%s [%s]", mixed, child, strings.ReplaceAll(unread, ",", "")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestVanishing reads processes that are about to end.
func TestVanishing(t *testing.T) {
	for range 30 {
		cmd := sh("sleep 0.003 & sleep 0.006 & sleep 0.01")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for {
			_, err := Read(cmd.Process.Pid, Options{Tree: true})
			if errors.Is(err, ErrZombie) {
				break
			}
			if err != nil && !errors.Is(err, ErrUnsteady) {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(cmd.Process.Pid, Options{}); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

// TestHost checks where and when an image says that it was taken.
func TestHost(t *testing.T) {
	pid, _ := start(t, exec.Command("sleep", "100"))
	img := mustRead(t, pid, Options{})
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	if h := img.Host; string(h.Name) != name || string(h.BootID) != strings.TrimSpace(string(id)) || h.Kernel == "" || h.Booted.After(img.Taken) {
		t.Errorf("%+v", h)
	}
	if age := time.Since(img.Taken); age < 0 || age > time.Minute {
		t.Errorf("taken %v ago", age)
	}
}
