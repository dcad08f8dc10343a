package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The rules of the command line hold for every backend. The scripts show them
// for the ptrace backend; this file for the others, as far as this machine has
// them.

// A backend and the user to use it as.
type backend struct {
	name   string
	nobody bool
}

func (b backend) String() string {
	if b.nobody {
		return b.name + "/nobody"
	}
	return b.name + "/root"
}

// namespaced tells whether the program's id is one in a namespace.
func (b backend) namespaced() bool { return b.name == "namespace" }

// backends lists those that the kernel of this machine must have for us, and
// setforkpid if it is there.
func backends(t *testing.T) (all []backend) {
	t.Helper()
	if os.Geteuid() == 0 {
		all = append(all, backend{"set-tid", false}, backend{"ns-last-pid", false}, backend{"namespace", false})
		if exec.Command(pidsim(), "check", "--feature", "setforkpid").Run() == nil {
			all = append(all, backend{"setforkpid", false})
		}
	}
	return append(all, backend{"namespace", true})
}

func pidsim() string { return filepath.Join(bin, "pidsim") }

// command is a run of pidsim by a backend.
func (b backend) command(pid int, args ...string) *exec.Cmd {
	cmd := exec.Command(pidsim(), append([]string{"-pid", strconv.Itoa(pid), "--backend", b.name}, args...)...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "PATH=/usr/bin:/bin")
	cmd.WaitDelay = patience
	if b.nobody && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

// ran is what is left of a run.
type ran struct {
	out, err string
	status   syscall.WaitStatus
}

// finish runs a command to its end.
func finish(t *testing.T, cmd *exec.Cmd) ran {
	t.Helper()
	var out, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return ran{out.String(), stderr.String(), cmd.ProcessState.Sys().(syscall.WaitStatus)}
}

// run runs a program under an id that is free.
func (b backend) run(t *testing.T, args ...string) (ran, int) {
	t.Helper()
	for try := 0; ; try++ {
		pid := freeID(t)
		r := finish(t, b.command(pid, args...))
		if try == 5 || !strings.Contains(r.err, " is in use ") {
			return r, pid
		}
	}
}

var lastID = 26000 + os.Getpid()%2000

// freeID finds an id that is not in use as anything.
func freeID(t *testing.T) int {
	t.Helper()
	for range 5000 {
		if lastID++; lastID > 32000 {
			lastID = 26000
		}
		if unix.Kill(lastID, 0) == unix.ESRCH && unix.Kill(-lastID, 0) == unix.ESRCH {
			return lastID
		}
	}
	t.Fatal("no free id")
	return 0
}

func eachBackend(t *testing.T, f func(*testing.T, backend)) {
	for _, b := range backends(t) {
		t.Run(b.String(), func(t *testing.T) { f(t, b) })
	}
}

func TestBackendStatus(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		for script, want := range map[string]syscall.WaitStatus{
			"exit 0": 0, "exit 7": 7 << 8, "exit 125": 125 << 8, "exit 255": 255 << 8,
			"kill -HUP $$": 1, "kill -INT $$": 2, "kill -KILL $$": 9, "kill -SEGV $$": 11, "kill -TERM $$": 15, "kill -64 $$": 64,
		} {
			if r, _ := b.run(t, "sh", "-c", "ulimit -c 0; "+script); r.status != want || r.err != "" {
				t.Errorf("%s: status %#x, want %#x\n%s", script, r.status, want, r.err)
			}
		}
		for program, want := range map[string]string{
			"nosuchprogram": "127 pidsim: nosuchprogram: no such program in PATH; give its path, or correct PATH\n",
			"./nosuch":      "127 pidsim: ./nosuch: no such file; check the path\n",
			"/etc/passwd":   "126 pidsim: /etc/passwd: permission denied; the file needs execute permission, and must not be a directory or on a noexec mount\n",
			"/etc":          "126 pidsim: /etc: permission denied; the file needs execute permission, and must not be a directory or on a noexec mount\n",
		} {
			if r, _ := b.run(t, program); fmt.Sprint(r.status.ExitStatus(), " ", r.err) != want {
				t.Errorf("%s: %d %s", program, r.status.ExitStatus(), r.err)
			}
		}
		// Not the program that starts the user's.
		if r, _ := b.run(t, "/proc/self/exe", "version"); r.status != 0 || !strings.HasPrefix(r.out, "pidsim ") {
			t.Errorf("pidsim by the name of itself: %+v", r)
		}
	})
}

// TestBackendID: who runs is the process that was asked for, with the
// variables that name it.
func TestBackendID(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		r, pid := b.run(t, "-v", "sh", "-c", "echo $$; cat /proc/self/stat | cut -d' ' -f4")
		if want := fmt.Sprintf("%d\n%d\n", pid, pid); r.out != want {
			t.Errorf("output %q, want %q\n%s", r.out, want, r.err)
		}
		if said := strings.Contains(r.err, fmt.Sprintf("pidsim: process %d is real process ", pid)); said != b.namespaced() {
			t.Errorf("-v says %q", r.err)
		}
	})
}

func TestBackendInUse(t *testing.T) {
	sleep := exec.Command("sleep", "3600")
	check(t, sleep.Start())
	defer sleep.Wait()
	defer sleep.Process.Kill()
	pid := sleep.Process.Pid
	time.Sleep(10 * time.Millisecond) // its exec
	want := regexp.MustCompile(fmt.Sprintf(`^pidsim: pid %d is in use by sleep \(sleep 3600\), started (just now|\d s ago); `+
		`end that process, choose another id, or use --backend ptrace, for which an id may be in use\n$`, pid))
	eachBackend(t, func(t *testing.T, b backend) {
		r := finish(t, b.command(pid, "sh", "-c", "echo $$"))
		switch {
		case b.namespaced():
			if r.status != 0 || r.out != fmt.Sprintln(pid) {
				t.Errorf("%+v", r)
			}
		case r.status.ExitStatus() != 125 || r.out != "" || !want.MatchString(r.err):
			t.Errorf("%+v, want %v", r, want)
		}
	})
	// The default does not mind.
	auto := exec.Command(pidsim(), "-pid", strconv.Itoa(pid), "sh", "-c", "echo $$")
	if r := finish(t, auto); r.status != 0 || r.out != fmt.Sprintln(pid) {
		t.Errorf("auto: %+v", r)
	}
}

// pidMax is one more than the largest id of this machine.
func pidMax(t *testing.T) int {
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBackendRefusals(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		if limit := pidMax(t); limit <= 4194303 {
			r := finish(t, b.command(limit, "echo", "ran"))
			says := fmt.Sprintf(`^pidsim: pid %d is above the largest of this machine, %d \(.+\); .*--backend ptrace.*\n$`, limit, limit-1)
			if own := b.namespaced() && r.status == 0 && r.out == "ran\n"; own {
				// Since Linux 6.14 it has a limit of its own.
			} else if r.status.ExitStatus() != 125 || r.out != "" || !regexp.MustCompile(says).MatchString(r.err) {
				t.Errorf("above pid_max: %+v", r)
			}
		}
		r, _ := b.run(t, "--plan", "4243", "echo", "ran")
		if want := "pidsim: --plan with --backend " + b.name + ": the kernel chooses the ids of what the program starts; leave the flag out, or use --backend ptrace\n"; r.status.ExitStatus() != 125 || r.out != "" || r.err != want {
			t.Errorf("--plan: %+v", r)
		}
	})
	for _, name := range []string{"set-tid", "ns-last-pid"} {
		r, _ := backend{name, true}.run(t, "echo", "ran")
		if r.status.ExitStatus() != 125 || r.out != "" || !regexp.MustCompile(`^pidsim: not permitted to .+: it needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN; .*--backend ptrace.*\n$`).MatchString(r.err) {
			t.Errorf("%s as nobody: %+v", name, r)
		}
	}
}

func TestBackendStatusFD(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		events, pid := b.events(t)
		for try := 0; len(events) == 1 && try < 5; try++ { // the id was taken meanwhile
			events, pid = b.events(t)
		}
		var got []string
		for _, e := range events {
			got = append(got, fmt.Sprint(e.Event, " ", e.Exit, " ", e.Signal))
			if own := e.Virtual == pid && e.Root && (e.Real == pid) != b.namespaced(); e.Event != "end" && !own {
				t.Errorf("event %+v of process %d", e, pid)
			}
		}
		if want := "start 0 0,stop 0 19,continue 0 0,exit 5 0,end 5 0"; strings.Join(got, ",") != want {
			t.Errorf("events %q", got)
		}
	})
}

// event is a line of --status-fd.
type event struct {
	Event         string
	Virtual, Real int
	Root          bool
	Exit, Signal  int
}

// events runs a program that stops itself, continues it, and gives what
// pidsim tells.
func (b backend) events(t *testing.T) (all []event, pid int) {
	t.Helper()
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	pid = freeID(t)
	cmd := b.command(pid, "--status-fd", "3", "sh", "-c", "kill -STOP $$; sleep 0.2; exit 5")
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = orNew(cmd.SysProcAttr)
	cmd.SysProcAttr.Setpgid = true
	check(t, cmd.Start())
	w.Close()
	go func() {
		for {
			var st unix.WaitStatus
			if _, err := unix.Wait4(cmd.Process.Pid, &st, unix.WUNTRACED, nil); err != nil || !st.Stopped() {
				return
			}
			_ = unix.Kill(-cmd.Process.Pid, unix.SIGCONT)
		}
	}()
	for dec := json.NewDecoder(r); ; {
		var e event
		if dec.Decode(&e) != nil {
			return all, pid
		}
		all = append(all, e)
	}
}

func orNew(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if a == nil {
		a = new(syscall.SysProcAttr)
	}
	return a
}

// TestBackendLeftovers: a namespace stays for what the program leaves, the
// others need not.
func TestBackendLeftovers(t *testing.T) {
	eachBackend(t, func(t *testing.T, b backend) {
		begun := time.Now()
		r, _ := b.run(t, "sh", "-c", "sleep 3 >/dev/null 2>&1 & exit 6")
		stayed := time.Since(begun) >= 3*time.Second
		if r.status.ExitStatus() != 6 || stayed != b.namespaced() {
			t.Errorf("%+v after %v", r, time.Since(begun))
		}
		if b.namespaced() {
			begun = time.Now()
			r, _ = b.run(t, "--kill-on-exit", "sh", "-c", "sleep 3600 & exit 6")
			if r.status.ExitStatus() != 6 || time.Since(begun) > patience/2 {
				t.Errorf("--kill-on-exit: %+v after %v", r, time.Since(begun))
			}
		}
	})
}

// TestBackendInit is process 1, which only a namespace has to give.
func TestBackendInit(t *testing.T) {
	b := backend{"namespace", true}
	r := finish(t, b.command(1, "sh", "-c", `kill -KILL $$; kill -TERM $$; (sleep 3600 &); echo $$; ls /proc | grep -c '^[0-9]'; exit 9`))
	// It, ls, grep and the orphan.
	if r.status.ExitStatus() != 9 || !regexp.MustCompile(`^1\n[345]\n$`).MatchString(r.out) {
		t.Errorf("%+v", r)
	}
}

// TestInside runs pidsim inside pidsim, where the outer one emulates
// setforkpid, and so the inner one needs neither rights nor a free real id.
func TestInside(t *testing.T) {
	taken := exec.Command("sleep", "3600")
	check(t, taken.Start())
	defer taken.Wait()
	defer taken.Process.Kill()
	for _, nobody := range []bool{false, true} {
		inside := func(args ...string) ran {
			cmd := backend{"ptrace", nobody}.command(4100000, append([]string{pidsim()}, args...)...)
			return finish(t, cmd)
		}
		ways := []string{"--backend=setforkpid", "--backend=auto"}
		if !nobody {
			ways = append(ways, "--backend=set-tid", "--backend=ns-last-pid")
		}
		for _, pid := range []string{strconv.Itoa(freeID(t)), "3999999"} {
			for _, flags := range ways {
				r := inside("-pid", pid, flags, "sh", "-c", "echo $$ $PPID; exit 7")
				if r.status.ExitStatus() != 7 || r.out != pid+" 4100000\n" || r.err != "" {
					t.Errorf("%s as %s: %+v", flags, pid, r)
				}
			}
		}
		r := inside("-pid", "4100001", pidsim(), "-pid", "4100002", "sh", "-c", "echo $$ $PPID; kill -TERM $$")
		if r.status.Signal() != unix.SIGTERM || r.out != "4100002 4100001\n" || r.err != "" {
			t.Errorf("twice: %+v", r)
		}
		// The emulation gives an id that is in use outside.
		pid := strconv.Itoa(taken.Process.Pid)
		r = inside("-pid", pid, "--backend=setforkpid", "sh", "-c", "echo $$")
		if r.status != 0 || r.out != pid+"\n" {
			t.Errorf("an id in use: %+v", r)
		}
		r = inside("-pid", "4100000", "echo", "ran")
		want := "pidsim: setforkpid cannot give this id: pid 4100000 is in use by pidsim itself, started "
		if r.status.ExitStatus() != 125 || r.out != "" || !strings.HasPrefix(r.err, want) || !strings.Contains(r.err, "; emulating it instead\npidsim: ") {
			t.Errorf("the outer one's id: %+v", r)
		}
	}
}
