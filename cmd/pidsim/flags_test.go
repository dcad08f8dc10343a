package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pidsim/pidsim/pidspace"
)

func TestProcessIDValue(t *testing.T) {
	good := map[string]int{"1": 1, "7": 7, "4242": 4242, "4194303": 4194303}
	for in, want := range good {
		var got int
		if err := processID(&got, "a process id").Set(in); err != nil || got != want {
			t.Errorf("Set(%q) = %v, value %d; want %d", in, err, got, want)
		}
	}
	bad := []string{"", "0", "-1", "+1", "01", "010", "010x", "0x10", "0b1", "0o7", "1_000", " 1", "1 ", "1.0", "1e3", "x", "-",
		"4194304", "4194305", "99999999999999999999", "4294967297", "१"}
	for _, in := range bad {
		got := 5
		if err := processID(&got, "a process id").Set(in); err == nil || got != 5 {
			t.Errorf("Set(%q) = %v, value %d; want an error and no change", in, err, got)
		}
	}
}

// TestPIDFile takes the id from a file, of which only the first line counts.
func TestPIDFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pid")
	for text, want := range map[string]int{"4242\n": 4242, "4242": 4242, "  7 \r\n": 7, "\t4194303\nmore lines\n\x00": 4194303,
		"12\n" + strings.Repeat("x", maxPIDFile-3): 12} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := parseRun([]string{"-pid", "@" + path, "prog"})
		if err != nil || o.pid != want {
			t.Errorf("%q: %v, %v; want %d", text, o, err, want)
		}
	}
	bad := map[string]string{
		"": `begins with ""`, "\n4242\n": `begins with ""`, "0\n": "begins with 0", "-1\n": "begins with -1", "4194304\n": "begins with 4194304",
		"042\n": "begins with 042", "4242 4243\n": `begins with "4242 4243"`, "\x1b[2J\n": `begins with "\x1b[2J"`, "@other\n": "begins with @other",
		"12\n" + strings.Repeat("x", maxPIDFile-2): "it has more than 4096 bytes",
	}
	for text, want := range bad {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := parseRun([]string{"-pid=@" + path, "prog"})
		if err == nil || !strings.HasPrefix(err.Error(), "--pid @"+path+": ") || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; ") {
			t.Errorf("%.20q: %v; want %s", text, err, want)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"missing": "no such file or directory", "": "is a directory", "pipe": `begins with ""`} {
		if _, err := parseRun([]string{"-pid", "@" + filepath.Join(dir, name), "prog"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", name, err, want)
		}
	}
	if _, err := parseRun([]string{"-pid", "@", "prog"}); err == nil {
		t.Error("no name was taken for one")
	}
	if _, err := parseRun([]string{"-pid", "7", "--ppid", "@" + path, "prog"}); err == nil {
		t.Error("another id was taken from a file")
	}
}

func TestParseRun(t *testing.T) {
	o, err := parseRun(strings.Fields(`-pid 7 --backend ptrace --space private --plan 8,20-22 --ppid 3 --pgid 4 --sid 5
		--pid-max 1000 --kill-on-exit --trace t -vv --stats --status-fd 0 --no-seccomp --strict --gops -- prog -pid 9 -- x`))
	if err != nil {
		t.Fatal(err)
	}
	if o.plan.Len() != 4 || !o.plan.Contains(21) {
		t.Errorf("plan %v", o.plan)
	}
	want := &options{pid: 7, backend: "ptrace", space: pidspace.Private, plan: o.plan, ppid: 3, pgid: 4, sid: 5,
		pidMax: 1000, killOnExit: true, trace: "t", verbose: 2, stats: true, statusFD: 0, noSeccomp: true, strict: true, gops: true,
		program: []string{"prog", "-pid", "9", "--", "x"}}
	allow := cmp.AllowUnexported(options{})
	plan := cmp.Comparer(func(a, b pidspace.Plan) bool { return a.String() == b.String() })
	given := cmpopts.IgnoreFields(options{}, "given")
	if diff := cmp.Diff(want, o, allow, plan, given); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	o, err = parseRun([]string{"-pid=7", "prog"})
	if err != nil {
		t.Fatal(err)
	}
	want = &options{pid: 7, backend: "auto", statusFD: -1, program: []string{"prog"}}
	if diff := cmp.Diff(want, o, allow, plan, given); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// TestBadUsage has every command line that must not start anything. The
// texts are what people see and search for.
func TestBadUsage(t *testing.T) {
	const ids = "; give a decimal number from 1 to 4194303"
	tests := []struct{ args, want string }{
		{"", "no process id: a run needs the id that the program is to have; give it first, as in pidsim -pid 4242 sh; see pidsim --help"},
		{"--", "no process id: a run needs the id that the program is to have; give it first, as in pidsim -pid 4242 sh; see pidsim --help"},
		{"--stats sh", "no process id: a run needs the id that the program is to have; give it first, as in pidsim -pid 4242 sh; see pidsim --help"},
		{"sh -c true", "sh: not a verb, and a run begins with -pid; write pidsim -pid N sh to run it; verbs are check, checkpoint, restore, inspect, ps, syscalls, bench, version and help"},
		{"chck", "chck: not a verb, and a run begins with -pid; write pidsim -pid N chck to run it; verbs are check, checkpoint, restore, inspect, ps, syscalls, bench, version and help"},
		{"-pid 0 sh", "--pid 0: not a process id" + ids},
		{"-pid -1 sh", "--pid -1: not a process id" + ids},
		{"-pid 4194304 sh", "--pid 4194304: not a process id" + ids},
		{"-pid=010x sh", "--pid 010x: not a process id" + ids},
		{"--pid=010 sh", "--pid 010: not a process id" + ids},
		{"--pid 0x10 sh", "--pid 0x10: not a process id" + ids},
		{"-pid= sh", `--pid "": not a process id` + ids},
		{"-pid", "--pid: the flag needs a value; see pidsim --help"},
		{"-pid 7", "no program: -pid says as which process to run it, but nothing to run follows the flags; add the program, as in pidsim -pid 4242 sh"},
		{"-pid 7 --", "no program: -pid says as which process to run it, but nothing to run follows the flags; add the program, as in pidsim -pid 4242 sh"},
		{"-pid 7 --nosuch sh", "--nosuch: unknown flag; see pidsim --help"},
		{"-pid 7 -x sh", "-x: unknown flag; see pidsim --help"},
		{"-pid 7 -vx sh", "-x: unknown flag; see pidsim --help"},
		{"-pid 7 -test.v sh", "-test.v: unknown flag; see pidsim --help"},
		{"-pid 7 --pi 7 sh", "--pi: unknown flag; see pidsim --help"},
		{"-pid 7 -backend=x sh", "-backend: unknown flag; did you mean --backend?"},
		{"-version", "-version: unknown flag; did you mean --version?"},
		{"-verbose", "-verbose: unknown flag; did you mean --verbose?"},
		{"-help", "-help: unknown flag; did you mean --help?"},
		{"-pid 7 --backend setpid sh", "--backend setpid: unknown backend; known are auto, ptrace, setforkpid, set-tid, ns-last-pid and namespace"},
		{"-pid 7 --backend= sh", `--backend "": unknown backend; known are auto, ptrace, setforkpid, set-tid, ns-last-pid and namespace`},
		{"-pid 7 --space pod sh", "--space pod: unknown pid space; known are host and private"},
		{"-pid 7 --ppid 0 sh", "--ppid 0: not a process id" + ids},
		{"-pid 7 --pgid x sh", "--pgid x: not a process group id" + ids},
		{"-pid 7 --sid 4194304 sh", "--sid 4194304: not a session id" + ids},
		{"-pid 7 --pid-max 300 sh", "--pid-max 300: not a limit for process ids; give a decimal number from 301 to 4194304"},
		{"-pid 7 --pid-max 4194305 sh", "--pid-max 4194305: not a limit for process ids; give a decimal number from 301 to 4194304"},
		{"-pid 7 --status-fd -1 sh", "--status-fd -1: not a file descriptor; give a decimal number from 0 to 1048576"},
		{"-pid 7 --strict=maybe sh", "--strict maybe: not true or false; give the flag without a value"},
		{"-pid 7 -- ", "no program: -pid says as which process to run it, but nothing to run follows the flags; add the program, as in pidsim -pid 4242 sh"},
		{"-pid 7 -v=x sh", "--verbose x: not a value for this flag; see pidsim --help"},
		{"--=x", "--=x: not a flag; see pidsim --help"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			_, err := parseRun(strings.Fields(tt.args))
			var f *failure
			if !errors.As(err, &f) {
				t.Fatalf("parseRun = %v, want a failure", err)
			}
			if f.code != exitFailed {
				t.Errorf("status %d, want %d", f.code, exitFailed)
			}
			if f.Error() != tt.want {
				t.Errorf("message\n%q, want\n%q", f.Error(), tt.want)
			}
		})
	}
}

func TestBadPlan(t *testing.T) {
	for _, plan := range []string{"", ",", "8,", "x", "0", "4194304", "8,8", "8-12,10", "8-12,12-14", "12-8", "-8", "8-"} {
		_, err := parseRun([]string{"-pid", "7", "--plan", plan, "sh"})
		var f *failure
		if !errors.As(err, &f) || f.code != exitFailed || !strings.HasPrefix(f.what, "--plan ") || f.why == "" || f.fix == "" {
			t.Errorf("--plan %q: %+v, want a failure with what, why and what to do", plan, err)
		}
	}
}

func TestEmptyProgramName(t *testing.T) {
	_, err := parseRun([]string{"-pid", "7", ""})
	if f := asFailure(err); f.code != exitNotFound {
		t.Errorf("status %d (%v), want %d as execve's ENOENT", f.code, f, exitNotFound)
	}
}

func TestMessagesAreOneLine(t *testing.T) {
	for _, args := range [][]string{{"-pid", "1\n2", "sh"}, {"-a\nb"}, {"--a\nb"}, {"a\nb"}, {"-pid", "7", "--backend", "\x1b[31m"}} {
		_, err := parseRun(args)
		if err == nil {
			t.Fatalf("parseRun(%q) accepts it", args)
		}
		if msg := asFailure(err).Error(); strings.ContainsAny(msg, "\n\x1b") {
			t.Errorf("parseRun(%q): %q", args, msg)
		}
	}
}

func TestNoShorthandThatLooksLikePID(t *testing.T) {
	fs := runFlags(new(options))
	for _, c := range []string{"p", "i", "d"} {
		if fs.ShorthandLookup(c) != nil {
			t.Errorf("-%s exists: pflag would read -pid as a cluster", c)
		}
	}
}

func TestEnviron(t *testing.T) {
	env := []string{"A=77", "LISTEN_PID=77", "WATCHDOG_PID=77", "WATCHDOG_PID=7", "LISTEN_PID", "XLISTEN_PID=77"}
	before := slices.Clone(env)
	want := []string{"A=77", "LISTEN_PID=4242", "WATCHDOG_PID=4242", "WATCHDOG_PID=7", "LISTEN_PID", "XLISTEN_PID=77"}
	if diff := cmp.Diff(want, environ(env, 77, 4242)); diff != "" {
		t.Errorf("environ (-want +got):\n%s", diff)
	}
	if !slices.Equal(env, before) {
		t.Error("the caller's slice was changed")
	}
}
