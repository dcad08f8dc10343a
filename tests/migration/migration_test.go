package migration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// more is how far the counter counts after it was moved.
const more = 20

// patience bounds one command.
const patience = time.Minute

// dir has the programs; everybody can read it.
var dir string

func TestMain(m *testing.M) { os.Exit(inDirectory(m)) }

func inDirectory(m *testing.M) int {
	var err error
	if dir, err = os.MkdirTemp("", "migration"); err == nil {
		err = os.Chmod(dir, 0o755)
	}
	for _, pkg := range []string{"cmd/pidsim", "tests/migration/counter"} {
		err = errors.Join(err, build(pkg))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "migration:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	return m.Run()
}

func build(pkg string) error {
	cmd := exec.Command("go", "build", "-o", dir, "github.com/pidsim/pidsim/"+pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

func program(name string) string { return filepath.Join(dir, name) }

// nobody is an ordinary user and a group.
const nobody = 65534

// eachUser runs a test as the present user and, if that is root, as nobody.
func eachUser(t *testing.T, test func(t *testing.T, p person)) {
	t.Run("self", func(t *testing.T) { test(t, person{}) })
	if os.Geteuid() == 0 {
		t.Run("nobody", func(t *testing.T) { test(t, person{&syscall.Credential{Uid: nobody, Gid: nobody}}) })
	}
}

// person is as whom programs run.
type person struct{ credential *syscall.Credential }

// command prepares a program that leads a session.
func (p person) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program(name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: p.credential}
	return cmd
}

// run runs a program that is to succeed.
func (p person) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := p.command(t, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// directory makes one that the person can write to.
func (p person) directory(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp(dir, "job")
	if err == nil && p.credential != nil {
		err = os.Chown(d, nobody, nobody)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// departure is what the counter leaves behind on the old machine: a directory
// with its state, and its identity. Its id remains taken until it is collected.
type departure struct {
	job, image string
	counted    int // before it departed
	pid        int
	process    *exec.Cmd
}

// depart runs the counter for a while, as the old machine does.
func (p person) depart(t *testing.T) departure {
	t.Helper()
	d := departure{job: p.directory(t)}
	d.image = filepath.Join(d.job, "job.pidsim")
	d.process = p.command(t, "counter", d.job, fmt.Sprint(more))
	var said strings.Builder
	d.process.Stderr = &said
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	d.pid = d.process.Process.Pid
	t.Cleanup(func() { _ = d.process.Process.Kill() })
	d.waitFor(t, "it counts", func() bool { return len(counted(d.job)) >= 3 })
	p.run(t, "pidsim", "checkpoint", "@"+filepath.Join(d.job, "counter.pid"), "-o", d.image)
	if err := d.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.waitFor(t, "it ends", func() bool { return strings.Contains(stat(d.pid), ") Z ") })
	d.counted = len(counted(d.job))
	return d
}

func (d departure) waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v\n%v", what, patience, counted(d.job))
		}
	}
}

// stat is what the kernel says of a process, "" if there is none.
func stat(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return string(b)
}

// counted is what the counter has written.
func counted(job string) []string {
	b, _ := os.ReadFile(filepath.Join(job, "log"))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// arrived checks that the counter went on, as if nothing had happened.
func (d departure) arrived(t *testing.T) {
	t.Helper()
	for i, line := range counted(d.job) {
		if want := fmt.Sprintf("process %d counts %d", d.pid, i+1); line != want {
			t.Fatalf("it wrote %q, want %q", line, want)
		}
	}
	if n := len(counted(d.job)); n != d.counted+more {
		t.Errorf("it counted to %d, and then to %d", d.counted, n)
	}
	if _, err := os.Stat(filepath.Join(d.job, "counter.pid")); !os.IsNotExist(err) {
		t.Errorf("its pid file: %v", err)
	}
}

// TestTaken: the id is taken on the new machine, which is emulated.
func TestTaken(t *testing.T) {
	for _, space := range []string{"host", "private"} {
		t.Run(space, func(t *testing.T) {
			eachUser(t, func(t *testing.T, p person) {
				d := p.depart(t)
				p.run(t, "pidsim", "restore", d.image, "--space", space, program("counter"), d.job, fmt.Sprint(more))
				if stat(d.pid) == "" {
					t.Error("the id was not taken any longer")
				}
				d.arrived(t)
				_ = d.process.Wait()
			})
		})
	}
}

// TestOwnCommand: what the image says is run, in its directory.
func TestOwnCommand(t *testing.T) {
	d := person{}.depart(t)
	person{}.run(t, "pidsim", "restore", d.image)
	d.arrived(t)
	_ = d.process.Wait()
}

// TestFree: the id is free there and the kernel gives it.
func TestFree(t *testing.T) {
	p := person{}
	if err := p.command(t, "pidsim", "check", "--feature", "set-tid").Run(); err != nil {
		t.Skip("needs the right to choose the id of a process (CAP_CHECKPOINT_RESTORE), and clone3")
	}
	d := p.depart(t)
	if err := d.process.Wait(); err != nil {
		t.Fatal(err)
	}
	restored := p.command(t, "pidsim", "restore", d.image, "--backend", "set-tid", program("counter"), d.job, fmt.Sprint(more))
	if err := restored.Start(); err != nil {
		t.Fatal(err)
	}
	d.waitFor(t, "it goes on", func() bool { return len(counted(d.job)) > d.counted })
	if s := stat(d.pid); !strings.HasPrefix(s, fmt.Sprintf("%d (counter) ", d.pid)) {
		t.Errorf("others see %q", s)
	}
	if err := restored.Wait(); err != nil {
		t.Error(err)
	}
	d.arrived(t)
}

// TestNoticed: without its identity the counter notices.
func TestNoticed(t *testing.T) {
	d := person{}.depart(t)
	out, err := person{}.command(t, "counter", d.job, fmt.Sprint(more)).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), "this is not who I was") {
		t.Errorf("%v\n%s", err, out)
	}
	_ = d.process.Wait()
}
