package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel"
	"github.com/pidsim/pidsim/tracer"
)

// TestBeyond: what only the emulation can do is refused by the other backends,
// flag by flag; what is about pidsim itself is not.
func TestBeyond(t *testing.T) {
	flags := map[string]string{
		"--space host": "--space", "--plan 8": "--plan", "--ppid 3": "--ppid", "--pgid 3": "--pgid", "--sid 3": "--sid", "--pid-max 999": "--pid-max",
		"--kill-on-exit": "--kill-on-exit", "--trace t": "--trace", "--stats": "--stats", "--no-seccomp": "--no-seccomp", "--strict": "--strict",
		"--space private": "--space",
		"-v":              "", "--status-fd 1": "", "--gops": "", "": "",
	}
	honoured := map[string]bool{"--kill-on-exit": true, "--space private": true} // in a namespace
	for _, m := range kernel.Mechanisms() {
		for args, named := range flags {
			o, err := parseRun(strings.Fields("-pid 7 --backend " + m.Name() + " " + args + " sh"))
			if err != nil {
				t.Fatal(err)
			}
			err = o.beyond(m)
			if named == "" || m == kernel.Namespace && honoured[args] {
				if err != nil {
					t.Errorf("%s with %s: %v", args, m.Name(), err)
				}
				continue
			}
			f := asFailure(err)
			if err == nil || f.code != exitFailed || f.what != named+" with --backend "+m.Name() || f.why == "" || !strings.Contains(f.fix, "--backend ptrace") {
				t.Errorf("%s with %s: %v", args, m.Name(), err)
			}
		}
	}
}

// TestBeyondKnowsEveryFlag keeps the list up with the flags.
func TestBeyondKnowsEveryFlag(t *testing.T) {
	all := runFlags(new(options))
	for _, f := range emulatedOnly {
		if all.Lookup(f.flag) == nil {
			t.Errorf("--%s does not exist", f.flag)
		}
	}
	// pid, backend, verbose, status-fd, gops, help, version.
	n := 0
	all.VisitAll(func(*pflag.Flag) { n++ })
	if n != len(emulatedOnly)+7 {
		t.Errorf("of %d flags, %d are the emulation's: is the new one?", n, len(emulatedOnly))
	}
}

func TestKernelFailures(t *testing.T) {
	nginx := kernel.Holder{Kind: kernel.HolderProcess, PID: 4242, Name: "nginx", Role: "master", Age: 3 * time.Hour}
	tests := []struct {
		err     error
		want    string
		code    int
		refusal bool
	}{
		{&kernel.InUseError{PID: 4242, Holder: nginx},
			"pid 4242 is in use by nginx (master), started 3 h ago; end that process, choose another id, or use --backend ptrace, for which an id may be in use", exitFailed, true},
		{&kernel.InUseError{PID: 4242},
			"pid 4242 is in use or was a moment ago; try again, choose another id, or use --backend ptrace, for which an id may be in use", exitFailed, true},
		{&kernel.RangeError{PID: 40000, Max: 32768},
			"pid 40000 is above the largest of this machine, 32767 (kernel.pid_max is 32768); choose another id, or use --backend ptrace, which goes up to 4194303", exitFailed, true},
		{&kernel.PermissionError{Op: "choose a pid", Why: "it needs CAP_X", Fix: "get it", Err: unix.EPERM},
			"not permitted to choose a pid: it needs CAP_X; get it", exitFailed, true},
		{&kernel.AbsentError{Mechanism: "set-tid", Why: "too old", Fix: "a new one", Err: unix.ENOSYS},
			"--backend set-tid: too old; a new one", exitFailed, true},
		{&kernel.SetupError{Op: "make a process", Err: unix.EAGAIN},
			"cannot make a process: resource temporarily unavailable", exitFailed, true},
		{&kernel.ExecError{Path: "nosuch", Err: unix.ENOENT},
			"nosuch: no such program in PATH; give its path, or correct PATH", exitNotFound, false},
		{&kernel.ExecError{Path: "/etc/passwd", Err: unix.EACCES},
			"/etc/passwd: permission denied; the file needs execute permission, and must not be a directory or on a noexec mount", exitNotExecutable, false},
	}
	for _, tt := range tests {
		f := asFailure(tt.err)
		if f.Error() != tt.want || f.code != tt.code {
			t.Errorf("status %d: %s\nwant %d: %s", f.code, f, tt.code, tt.want)
		}
		if got := refusal(tt.err) != nil; got != tt.refusal {
			t.Errorf("%v: a reason to emulate: %v", tt.err, got)
		}
	}
	for _, err := range []error{nil, errors.New("x"), &tracer.ExecError{Path: "x", Err: unix.ENOENT}} {
		if f := refusal(err); f != nil {
			t.Errorf("%v is a reason to emulate: %v", err, f)
		}
	}
}
