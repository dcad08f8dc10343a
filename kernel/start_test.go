package kernel

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFree is what it is all for.
func TestFree(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		o, pid := w.run(t, "sh", "-c", `echo $$; cut -d" " -f1 /proc/self/stat /proc/$$/stat; readlink /proc/self | grep -c .`)
		lines := strings.Fields(o.stdout)
		if o.code != 0 || len(lines) != 4 || lines[0] != strconv.Itoa(pid) || lines[2] != lines[0] {
			t.Errorf("as %d: %+v", pid, o)
		}
	})
}

// TestSeenFromOutside checks which id others see, and who the parent is.
func TestSeenFromOutside(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		if os.Geteuid() == 0 && w.u != asRoot {
			w.u = asRoot // as this process, which is to be the parent
		}
		clean(t)
		c := Command(w.m, free(t), "sh", "-c", "echo $PPID; read x")
		var in, out [2]*os.File
		for _, p := range []*[2]*os.File{&in, &out} {
			r, wr, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			*p = [2]*os.File{r, wr}
			defer r.Close()
			defer wr.Close()
		}
		c.Stdin, c.Stdout = in[0], out[1]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := out[0].Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		s, ok := readStat(c.Root())
		if !ok || s.comm != "sh" {
			t.Errorf("process %d from outside: %+v", c.Root(), s)
		}
		parent := strings.TrimSpace(string(buf[:n]))
		want := strconv.Itoa(os.Getpid())
		if w.m == Namespace {
			want = "1"
			if nspid := field(c.Root(), "NSpid"); nspid != strconv.Itoa(c.Root())+"\t"+strconv.Itoa(c.PID) {
				t.Errorf("ids %q, want %d in the namespace", nspid, c.PID)
			}
		} else if c.Root() != c.PID {
			t.Errorf("real id %d, want %d", c.Root(), c.PID)
		}
		if parent != want {
			t.Errorf("parent %q, want %s", parent, want)
		}
		in[1].Close()
		var exit *ExitError
		if err := c.Wait(); !errors.As(err, &exit) || exit.Status != (Status{Code: 1}) {
			t.Errorf("end: %v", err)
		}
	})
}

// field reads a field of a process's status.
func field(pid int, name string) string {
	for line := range strings.Lines(readLine("/proc/" + strconv.Itoa(pid) + "/status")) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestInit runs the program as process 1, where only a namespace can.
func TestInit(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		o := runAs(t, w.u, w.m, 1, "sh", "-c", `echo $$ $PPID; kill -TERM $$; sleep 60 & exit 7`)
		if w.m == Namespace {
			if o.stdout != "1 0\n" || o.code != 7 {
				t.Errorf("%+v", o)
			}
		} else if o.code != exitFailed || !strings.Contains(o.stderr, "*kernel.InUseError pid 1 is in use by ") {
			t.Errorf("%+v", o)
		}
	})
}

func TestEnd(t *testing.T) {
	each(t, func(t *testing.T, w way) {
		for script, want := range map[string]int{
			"exit 0": 0, "exit 7": 7, "exit 255": 255,
			"kill -TERM $$": 128 + 15, "kill -SEGV $$": 128 + 11, "kill -KILL $$": 128 + 9,
		} {
			if o, _ := w.run(t, "sh", "-c", "ulimit -c 0; "+script); o.code != want || o.stderr != "" {
				t.Errorf("%s: %+v, want status %d", script, o, want)
			}
		}
	})
}

// TestExec covers what execvp(3) does.
func TestExec(t *testing.T) {
	dir := t.TempDir()
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	script := file("script", "echo script $0 $1\n", 0o755)
	file("a/tool", "#!/bin/sh\necho a\n", 0o644)
	file("b/tool", "#!/bin/sh\necho b $1\n", 0o755)
	file("a/locked", "#!/bin/sh\n", 0o644)
	lost := file("lost", "#!/no/such/interpreter\n", 0o755)
	tests := []struct {
		args      []string
		out, fail string
	}{
		{[]string{script, "x"}, "script " + script + " x\n", ""},
		{[]string{"tool", "x"}, "b x\n", ""},
		{[]string{"nowhere"}, "", "*kernel.ExecError nowhere: no such file or directory"},
		{[]string{dir + "/nowhere"}, "", "*kernel.ExecError " + dir + "/nowhere: no such file or directory"},
		{[]string{"locked"}, "", "*kernel.ExecError " + dir + "/a/locked: permission denied"},
		{[]string{dir}, "", "*kernel.ExecError " + dir + ": permission denied"},
		{[]string{lost}, "", "*kernel.ExecError " + lost + ": no such file or directory"},
		{[]string{script + "/x"}, "", "*kernel.ExecError " + script + "/x: not a directory"},
	}
	each(t, func(t *testing.T, w way) {
		for _, tt := range tests {
			o, _ := whileFree(t, func(pid int) outcome {
				cmd := pidsimAs(w.u, w.m, pid, tt.args...)
				cmd.Env = append(cmd.Env, "PATH="+dir+"/none:"+dir+"/a:"+dir+"/b:/usr/bin:/bin")
				return finish(t, cmd)
			})
			if o.stdout != tt.out || strings.TrimSpace(o.stderr) != tt.fail || (o.code == 0) != (tt.fail == "") {
				t.Errorf("%v: %+v", tt.args, o)
			}
		}
	})
}

// TestLongArguments passes more than the starting program's first pages hold.
func TestLongArguments(t *testing.T) {
	long := strings.Repeat("x", 100000)
	each(t, func(t *testing.T, w way) {
		o, _ := w.run(t, "sh", "-c", "echo ${#1} ${#2}", "sh", long, long)
		if o.stdout != "100000 100000\n" {
			t.Errorf("%d bytes, %s", len(o.stdout), o.stderr)
		}
	})
}

// ignores are the signals that TestInherited ignores, and perhaps 32 and 33,
// which GNU make leaves ignored in its children.
var ignores = regexp.MustCompile(`SigIgn:\t0000000[01][08]0280003`)

// TestInherited compares all that the kernel tells of a program with what it
// tells of one that was started in the ordinary way by the same process.
func TestInherited(t *testing.T) {
	// The process ignores some signals, blocks none, has files besides the
	// first three, and limits and a mask that are not the default.
	const tell = `echo "$HELLO $# $1"; pwd; umask; ulimit -n; ulimit -c; cat; read x <&3; echo "three $x"; echo four >&4
		ls /proc/$$/fd; grep -E '^(Sig(Blk|Ign|Cgt)|Cap|Uid|Gid|Groups|NoNewPrivs|Seccomp:|Umask)' /proc/self/status`
	const prepare = `trap "" HUP INT TSTP TTOU; umask 027; ulimit -n 777; ulimit -c 0; cd /usr/bin; exec "$@"`
	each(t, func(t *testing.T, w way) {
		program := []string{"sh", "-c", tell, "sh", "an argument"}
		natively := finishWith(t, exec.Command("env", program...), w.u, prepare)
		got, _ := whileFree(t, func(pid int) outcome {
			return finishWith(t, pidsimAs(w.u, w.m, pid, program...), w.u, prepare)
		})
		if diff := compare(natively, got, w); diff != "" {
			t.Errorf("natively and by %s:\n%s%s", w, diff, got.stderr)
		}
		want := "hello 1 an argument\n/usr/bin\n0027\n777\n0\nfrom stdin\nthree from three\n"
		if !strings.HasPrefix(got.stdout, want) || !ignores.MatchString(got.stdout) {
			t.Errorf("%q, want %q first", got.stdout, want)
		}
	})
}

// compare lists the lines that differ. A user namespace is known by the groups,
// which it does not map, and by its full bounding set.
func compare(native, got outcome, w way) (diff string) {
	a, b := strings.Split(native.stdout, "\n"), strings.Split(got.stdout, "\n")
	if len(a) != len(b) || native.code != got.code {
		return native.stdout + native.stderr + got.stdout
	}
	for i := range a {
		expected := w.m == Namespace && w.u == asNobody && (strings.HasPrefix(a[i], "CapBnd") || strings.HasPrefix(a[i], "Groups"))
		if a[i] != b[i] && !expected {
			diff += "-" + a[i] + "\n+" + b[i] + "\n"
		}
	}
	return diff
}

// finishWith runs a command behind a shell script that prepares the process.
func finishWith(t *testing.T, cmd *exec.Cmd, u user, prepare string) outcome {
	t.Helper()
	r3, w3, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r3.Close()
	r4, w4, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r4.Close()
	if _, err := w3.WriteString("from three\n"); err != nil {
		t.Fatal(err)
	}
	shell := pidsimAs(u, Namespace, 0) // for its user and environment
	shell.Path = "/bin/sh"
	shell.Args = append([]string{"sh", "-c", prepare, "sh"}, cmd.Args...)
	if cmd.Args[0] != "env" {
		shell.Args[4] = executable(t)
	}
	shell.Env = append(shell.Env, "HELLO=hello")
	shell.Stdin = strings.NewReader("from stdin\n")
	shell.ExtraFiles = []*os.File{r3, w4}
	o := finish(t, shell)
	w3.Close()
	w4.Close()
	four := make([]byte, 100)
	if n, _ := r4.Read(four); string(four[:n]) != "four\n" {
		t.Errorf("descriptor 4 got %q: %+v", four[:n], o)
	}
	return o
}

// executable is a copy of this program that any user can run.
func executable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kernel-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	text, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pidsim")
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDeathSignal: the program must not see the one that guards the start, and
// must have that of a namespace's first process.
func TestDeathSignal(t *testing.T) {
	script := `import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)`
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	each(t, func(t *testing.T, w way) {
		o, _ := w.run(t, "python3", "-c", script)
		if o.stdout != "0\n" {
			t.Errorf("%+v", o)
		}
	})
	o := runAs(t, asNobody, Namespace, 1, "python3", "-c", script)
	if want := strconv.Itoa(int(unix.SIGKILL)); strings.TrimSpace(o.stdout) != want {
		t.Errorf("as process 1: %+v, want %s", o, want)
	}
}
