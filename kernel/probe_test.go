package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestProbe: as root everything works that this kernel has, which is all but
// perhaps setforkpid.
func TestProbe(t *testing.T) {
	clean(t)
	for _, m := range Mechanisms() {
		f := Probe(m)
		if f.Name != m.Name() {
			t.Errorf("%s: name %q", m.Name(), f.Name)
		}
		switch {
		case os.Geteuid() != 0, m == SetForkPID:
			if f.Outcome != Works && (f.Why == "" || f.Fix == "") {
				t.Errorf("%s: %+v", m.Name(), f)
			}
		case f.Outcome != Works:
			t.Errorf("%s: %+v", m.Name(), f)
		}
		if again := Probe(m); again != f {
			t.Errorf("%s: %+v, then %+v", m.Name(), f, again)
		}
	}
}

func TestFind(t *testing.T) {
	for _, m := range Mechanisms() {
		if Find(m.Name()) != m {
			t.Errorf("Find(%q)", m.Name())
		}
	}
	if m := Find("ptrace"); m != nil {
		t.Errorf("Find(ptrace): %v", m)
	}
}

// TestOnce: only what is certain is remembered.
func TestOnce(t *testing.T) {
	tests := []struct {
		err   error
		want  Outcome
		calls int
		why   string
	}{
		{nil, Works, 1, ""},
		{&AbsentError{Mechanism: "x", Why: "old kernel", Fix: "new kernel"}, Absent, 1, "old kernel"},
		{&PermissionError{Op: "do it", Why: "it needs a key", Fix: "new kernel"}, Absent, 1, "not permitted to do it: it needs a key"},
		{&SetupError{Op: "make a process", Err: unix.EAGAIN, Fix: "new kernel"}, Unknown, 2, "cannot make a process: resource temporarily unavailable"},
		{&InUseError{PID: 7}, Unknown, 2, "pid 7 is in use or was a moment ago"},
		{errors.New("odd"), Unknown, 2, "odd"},
	}
	for i, tt := range tests {
		calls := 0
		probe := func() error { calls++; return tt.err }
		name := fmt.Sprint("test", i)
		f := once(name, probe)
		if again := once(name, probe); again != f || f.Name != name || f.Outcome != tt.want || f.Why != tt.why || calls != tt.calls {
			t.Errorf("%v: %+v and %+v after %d calls", tt.err, f, again, calls)
		}
	}
}

func TestOutcomeText(t *testing.T) {
	for _, o := range []Outcome{Unknown, Works, Absent} {
		text, _ := o.MarshalText()
		var back Outcome
		if err := back.UnmarshalText(text); err != nil || back != o {
			t.Errorf("%q: %v, %v", text, back, err)
		}
	}
	if err := new(Outcome).UnmarshalText([]byte("perhaps")); err == nil {
		t.Error("an outcome called perhaps")
	}
}

func TestWitness(t *testing.T) {
	f, err := Witness(1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("an ordinary process passes for process 1: %v", err)
	}
	w := way{Namespace, asNobody}
	c := pidsimAs(w.u, w.m, 1, "/proc/self/fd/3")
	c.ExtraFiles = []*os.File{f}
	if o := finish(t, c); o.code != 0 {
		t.Errorf("process 1 is not recognised: %+v", o)
	}
}

func TestPIDMax(t *testing.T) {
	if f := PIDMax(); f.Outcome != Works || !strings.Contains(f.Why, fmt.Sprint(pidMax()-1)) {
		t.Errorf("%+v", f)
	}
}
