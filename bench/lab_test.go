package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel"
)

// newTestLab opens a lab without a pidsim.
func newTestLab(t *testing.T, ctx context.Context) *Lab {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	l := &Lab{Pidsim: "/nonexistent/pidsim", Length: time.Millisecond, Scale: 0.02}
	if err := l.Open(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkEmpty(t, os.Getenv("TMPDIR")) })
	t.Cleanup(l.Close)
	return l
}

// checkEmpty finds what was left behind.
func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if left := children(); len(left) > 0 {
		t.Errorf("left behind: processes %v", left)
	}
}

// TestProbe has the probe do everything that it can, and fail at it.
func TestProbe(t *testing.T) {
	l := newTestLab(t, t.Context())
	for _, o := range operations {
		for _, p := range Places() {
			if s, err := l.repeat(nil, p, o.op, o.batch); err != nil || s.Value <= 0 || s.Stops != 0 {
				t.Errorf("%s at %s: %+v, %v", o.name, p, s, err)
			}
		}
	}
	if s, err := l.Run(nil, One, "sleep", "0.01"); err != nil || s.Value < 10e6 {
		t.Errorf("sleep: %+v, %v", s, err)
	}
	filter := &ChooseMechanisms([]string{"filter"})[0]
	if s, err := l.Run(filter, One, "sh", "-c", `grep -q "^Seccomp:	2" /proc/self/status`); err != nil {
		t.Errorf("filter: %+v, %v", s, err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{opOpen, "1", "1", "/nonexistent"}, "no such file"},
		{[]string{opRun, "0", "0", "/bin/false"}, "status 1"},
		{[]string{opRun, "0", "0", "/nonexistent"}, "status 127"},
		{[]string{opSpawn, "1", "1", "/nonexistent"}, "status 127"},
		{[]string{opRun, "0", "0", "/bin/sh", "-c", "kill -9 $$"}, "signal 9"},
		{[]string{opGetpid, "1"}, "status 2"},
		{[]string{"?", "1", "1"}, "status 2"},
		{nil, "status 2"},
	} {
		if _, err := l.Probe(nil, Free, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("probe %q: %v, want something about %q", tt.args, err, tt.want)
		}
	}
}

// TestIdle holds processes until the input ends.
func TestIdle(t *testing.T) {
	l := newTestLab(t, t.Context())
	c := exec.Command(l.ProbeIdle(5)[0], l.ProbeIdle(5)[1:]...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, probeResultSize)
	if n, err := out.Read(ready); n != len(ready) || binary.LittleEndian.Uint64(ready) != 1 {
		t.Errorf("read %d, %v: %v", n, err, ready)
	}
	list, _ := filepath.Glob("/proc/[0-9]*/exe")
	held := 0
	for _, exe := range list {
		if path, err := os.Readlink(exe); err == nil && path == l.probe {
			held++
		}
	}
	if held != 5 {
		t.Errorf("%d processes are held, want 5", held)
	}
	in.Close()
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// TestLeftovers ends what a command leaves running, and does not wait for it.
func TestLeftovers(t *testing.T) {
	l := newTestLab(t, t.Context())
	const script = "setsid sleep 600 & (trap '' TERM HUP; sleep 600) & true"
	for range 3 {
		s, err := l.command(nil, Free, script)
		if err != nil || s.Value <= 0 {
			t.Fatalf("%+v, %v", s, err)
		}
		if left := children(); len(left) > 0 {
			t.Fatalf("left behind: processes %v", left)
		}
	}
}

// TestCutShort has a context end while a command runs.
func TestCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := newTestLab(t, ctx)
	flag := filepath.Join(t.TempDir(), "runs")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(flag); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	p := Plan{Rows: ChooseRows(Rows("x"), []string{"command"}), Places: Places(), Rounds: 1}
	p.Rows[0].Measure = func(l *Lab, m *Mechanism, p Place) (Sample, error) {
		return l.command(m, p, "setsid sleep 600 & touch "+flag+"; sleep 600")
	}
	r, err := l.Measure(p)
	if r != nil || !Interrupted(err) {
		t.Errorf("%v, %v", r, err)
	}
}

// TestLimit ends a run that does not.
func TestLimit(t *testing.T) {
	l := newTestLab(t, t.Context())
	_, err := l.whole(nil, Free, 20*time.Millisecond, "/bin/sleep", "600")
	if err == nil || !strings.Contains(err.Error(), "20ms") {
		t.Errorf("%v", err)
	}
}

// TestSession has every run in a session of its own, which no terminal stops.
func TestSession(t *testing.T) {
	l := newTestLab(t, t.Context())
	if _, err := l.command(nil, Free, `read -r pid _ _ _ group session _ </proc/self/stat; [ "$group $session" = "$pid $pid" ]`); err != nil {
		t.Error(err)
	}
}

// TestOrphans counts the processor time of processes that nobody has waited
// for.
func TestOrphans(t *testing.T) {
	l := newTestLab(t, t.Context())
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	cost := func(script string) time.Duration {
		o, err := l.whole(nil, Free, probeLimit, "/bin/sh", "-c", script)
		if err != nil {
			t.Fatal(err)
		}
		return o.cpu
	}
	const loop = "sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'"
	child, orphan := cost(loop+"; :"), cost("exec 3<>"+fifo+"; ( ("+loop+"; echo >&3) & ); read -r _ <&3")
	if orphan < child/4 {
		t.Errorf("%v of an orphan, %v of a child", orphan, child)
	}
}

// TestTooShort: no number is made up for what cannot be measured.
func TestTooShort(t *testing.T) {
	l := newTestLab(t, t.Context())
	l.ProcessorTime, l.Length = true, 200*time.Millisecond
	if s, err := l.repeat(nil, One, opGetuid, 200); err != nil || s.Value < 1 {
		t.Errorf("%+v, %v", s, err)
	}
	l.idle[native] = outcome{cpu: time.Hour}
	if s, err := l.repeat(nil, One, opGetuid, 200); err != errTooShort {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestHeldOutput: a process that is out of reach has the output of a run.
func TestHeldOutput(t *testing.T) {
	var w io.Writer
	c, err := capture(&w)
	if err != nil {
		t.Fatal(err)
	}
	held, err := unix.FcntlInt(c.written.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(held)
	_, _ = io.WriteString(w, "said")
	c.finish()
	if string(c.head) != "said" {
		t.Errorf("%q", c.head)
	}
}

// TestOtherChildren: what this process has started before must not be ended.
func TestOtherChildren(t *testing.T) {
	child := exec.Command("sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	l := &Lab{Pidsim: "/nonexistent/pidsim", Length: time.Millisecond}
	if err := l.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 3 {
		if _, err := l.command(nil, Free, "setsid sleep 600 & true"); err != nil {
			t.Error(err)
		}
		if left := children(); len(left) != 1 || left[0] != child.Process.Pid {
			t.Errorf("left are %v, want %d", left, child.Process.Pid)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Errorf("the child is gone: %v", err)
	}
	_ = child.Wait()
}

// TestMuchOutput keeps only a little.
func TestMuchOutput(t *testing.T) {
	l := newTestLab(t, t.Context())
	o, err := l.whole(nil, Free, probeLimit, "/bin/sh", "-c", "yes | head -c 10000000")
	if err != nil || len(o.stdout) != keep {
		t.Errorf("%d bytes, %v", len(o.stdout), err)
	}
	_, err = l.whole(nil, Free, probeLimit, "/bin/sh", "-c", `printf '\n\033[2Jpidsim: no\n' >&2; exit 3`)
	if err == nil || err.Error() != "[2Jpidsim: no" {
		t.Errorf("%q", err)
	}
}

// TestMeasure measures with mechanisms of every kind that fails, and one that
// does not.
func TestMeasure(t *testing.T) {
	l := newTestLab(t, t.Context())
	failing := Row{Name: "failing", Unit: Ratio, Measure: func(_ *Lab, m *Mechanism, _ Place) (Sample, error) {
		if m == nil {
			return Sample{Value: 1}, nil
		}
		return Sample{}, errors.New("no\nway")
	}}
	never := Row{Name: "never", Unit: Ratio, Measure: func(*Lab, *Mechanism, Place) (Sample, error) {
		return Sample{}, fs.ErrNotExist
	}}
	nothing := Row{Name: "nothing", Unit: Memory, Measure: func(*Lab, *Mechanism, Place) (Sample, error) {
		return Sample{}, ErrNothing
	}}
	var told []string
	p := Plan{
		Rows:       append(ChooseRows(Rows(""), []string{"start", "getpid"}), failing, never, nothing),
		Mechanisms: append(ChooseMechanisms([]string{"host", "filter"}), Mechanism{Name: "gone", argv: []string{"no-such-program"}}, Mechanism{Name: "preloaded", argv: []string{"env"}, dynamic: true}),
		Places:     []Place{One}, Rounds: 2,
		Progress: func(part float64, next string) {
			if part < 0 || part > 1 {
				t.Errorf("part %v", part)
			}
			told = append(told, next)
		},
	}
	r, err := l.Measure(p)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		outcome kernel.Outcome
		why     string
	}{{kernel.Absent, "no such file"}, {kernel.Works, ""}, {kernel.Absent, "not installed"}, {kernel.Works, ""}} {
		if m := r.Mechanisms[i]; m.Outcome != want.outcome || !strings.Contains(m.Why, want.why) {
			t.Errorf("%+v, want %+v", m, want)
		}
	}
	for _, tt := range []struct {
		row, mechanism string
		rounds         int
		why            string
	}{
		{"start", native, 2, ""}, {"start", "filter", 2, ""}, {"start", "preloaded", 2, ""},
		{"getpid", "filter", 2, ""}, {"getpid", "preloaded", 0, "dynamically"},
		{"failing", native, 2, ""}, {"failing", "filter", 0, "no way"},
		{"never", native, 0, "not exist"}, {"never", "filter", 0, "natively"},
	} {
		c := r.Cell(One, tt.row, tt.mechanism)
		if c == nil || len(c.Samples) != tt.rounds || (c.Why == "") != (tt.why == "") || !strings.Contains(c.Why, tt.why) {
			t.Errorf("%s under %s: %+v, want %d rounds, %q", tt.row, tt.mechanism, c, tt.rounds, tt.why)
		}
	}
	if c := r.Cell(One, "nothing", "filter"); c != nil {
		t.Errorf("%+v", c)
	}
	if err := r.check(); err != nil {
		t.Errorf("the result would not be read again: %v", err)
	}
	if len(told) < 10 || told[len(told)-1] != "" {
		t.Errorf("progress: %q", told)
	}
}

// TestCommandFails ends all measurements: the user has to know.
func TestCommandFails(t *testing.T) {
	l := newTestLab(t, t.Context())
	_, err := l.Measure(Plan{Rows: ChooseRows(Rows("exit 3"), []string{"command"}), Places: Places(), Rounds: 1, Command: "exit 3"})
	var failed *CommandError
	if !errors.As(err, &failed) || failed.End != "ended with status 3" {
		t.Errorf("%v", err)
	}
}

// TestOpen fails where the probe cannot be put.
func TestOpen(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if err := new(Lab).Open(t.Context()); err == nil {
		t.Error("no error without a temporary directory")
	}
}

func TestStops(t *testing.T) {
	n, err := stops("     stops  at\n         3  openat\n         3  in all\n10us in the supervisor\n")
	if n != 3 || err != nil {
		t.Errorf("got %v, %v, want 3", n, err)
	}
	if _, err := stops("nothing"); err == nil {
		t.Error("no error for text without a sum")
	}
	for in, want := range map[string]string{
		"": "", "no\n": "no\n", "     stops  at\n         3  openat\n": "",
		"no\n     stops  at\nno\n     stops  at\n         3  openat\n": "no\n     stops  at\nno\n",
	} {
		if got := string(beforeStats([]byte(in))); got != want {
			t.Errorf("before the text of --stats in %q: %q, want %q", in, got, want)
		}
	}
}

// TestNames: what users name must be unique, and fit for a result.
func TestNames(t *testing.T) {
	names := map[string]bool{native: true}
	for _, name := range append(RowNames(), MechanismNames()...) {
		if err := declare(names, name); err != nil {
			t.Error(err)
		}
	}
	for _, m := range kernel.Mechanisms() {
		if !names[m.Name()] {
			t.Errorf("%s is not measured", m.Name())
		}
	}
	if n := len(ChooseRows(Rows(""), nil)); n >= len(Rows("")) {
		t.Errorf("%d rows by default, with the rare ones", n)
	}
}
