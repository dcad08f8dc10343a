package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is the isolation program under a pidsim of its own.
type running struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Scanner
	stderr bytes.Buffer
	events *json.Decoder
	real   []int
}

// start runs the isolation program and waits until its tree is complete.
func start(t *testing.T, space, engine string, root int) *running {
	t.Helper()
	status, told, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { status.Close() })
	args := []string{"-pid", strconv.Itoa(root), "--space", space, "--status-fd", "3"}
	if engine == plain {
		args = append(args, "--no-seccomp")
	}
	r := &running{events: json.NewDecoder(status)}
	r.cmd = exec.Command(pidsim(t), append(args, compile(t, "cases/isolation.c", dynamic))...)
	r.cmd.Env = environment(program{}, root, space, 0)
	r.cmd.ExtraFiles = []*os.File{told}
	r.cmd.Stderr = &r.stderr
	r.input, _ = r.cmd.StdinPipe()
	out, _ := r.cmd.StdoutPipe()
	r.output = bufio.NewScanner(out)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	told.Close()
	for len(r.real) < 4 { // the root and its three children
		var e event
		if err := r.events.Decode(&e); err != nil {
			t.Fatalf("status: %v\n%s", err, r.stderr.String())
		}
		if e.Event == "start" || e.Event == "fork" {
			r.real = append(r.real, e.Real)
		}
	}
	r.expect(t, "ready: yes")
	return r
}

// expect reads lines up to the one wanted; none may say that a fact does not
// hold.
func (r *running) expect(t *testing.T, line string) {
	t.Helper()
	for r.output.Scan() {
		if strings.HasSuffix(r.output.Text(), ": NO") {
			t.Errorf("%s\n%s", r.output.Text(), r.stderr.String())
		}
		if r.output.Text() == line {
			return
		}
	}
	t.Fatalf("the program ended without %q\n%s", line, r.stderr.String())
}

// round has the tree signal itself.
func (r *running) round(t *testing.T, n int) {
	t.Helper()
	if _, err := r.input.Write([]byte("g")); err != nil {
		t.Fatal(err)
	}
	r.expect(t, fmt.Sprintf("round %d: nobody got another's: yes", n))
}

// ends closes the program's input and expects a good end.
func (r *running) ends(t *testing.T) {
	t.Helper()
	r.input.Close()
	for r.output.Scan() {
	}
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, r.stderr.String())
	}
}

// gone says whether no process of the tree is left, but perhaps zombies that
// are not ours to reap.
func (r *running) gone() bool {
	for _, pid := range r.real {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		rest := stat[bytes.LastIndexByte(stat, ')')+1:]
		if len(rest) > 1 && rest[1] != 'Z' && rest[1] != 'X' {
			return false
		}
	}
	return true
}

// TestTwoAtOnce runs two trees with the same ids side by side.
func TestTwoAtOnce(t *testing.T) {
	for _, space := range []string{host, private} {
		t.Run(space, func(t *testing.T) {
			a, b := start(t, space, seccomp, 60000), start(t, space, seccomp, 60000)
			for n := 1; n <= 2; n++ {
				done := make(chan struct{})
				go func() {
					defer close(done)
					a.round(t, n)
				}()
				b.round(t, n)
				<-done
			}
			a.ends(t)
			b.round(t, 3)
			b.ends(t)
		})
	}
}

// TestSupervisorKilled kills one of two supervisors: its tree must die, and
// the other's must not notice.
func TestSupervisorKilled(t *testing.T) {
	for _, space := range []string{host, private} {
		for _, engine := range engines() {
			t.Run(space+"/"+engine, func(t *testing.T) {
				a, b := start(t, space, engine, 60000), start(t, space, engine, 60000)
				if a.gone() {
					t.Fatal("the tree cannot be seen")
				}
				a.cmd.Process.Signal(syscall.SIGKILL)
				a.cmd.Wait()
				for deadline := time.Now().Add(10 * time.Second); !a.gone(); time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatalf("processes %v outlive their supervisor", a.real)
					}
				}
				b.round(t, 1)
				b.ends(t)
			})
		}
	}
}

// TestExitStatus checks that pidsim ends as the program did.
func TestExitStatus(t *testing.T) {
	program := compile(t, "cases/exit_as.c", dynamic)
	cases := [][]string{{"0"}, {"1"}, {"42"}, {"255"}, {"signal", "1"}, {"signal", "6"}, {"signal", "9"}, {"signal", "11"}, {"signal", "15"}}
	for _, args := range cases {
		for _, space := range []string{host, private} {
			t.Run(space+"/"+strings.Join(args, " "), func(t *testing.T) {
				native := exec.Command(program, args...)
				native.Run()
				cmd := exec.Command(pidsim(t), append([]string{"-pid", "60000", "--space", space, program}, args...)...)
				out, _ := cmd.CombinedOutput()
				want, got := native.ProcessState.Sys().(syscall.WaitStatus), cmd.ProcessState.Sys().(syscall.WaitStatus)
				if want.Exited() != got.Exited() || want.ExitStatus() != got.ExitStatus() || want.Signal() != got.Signal() {
					t.Errorf("status %#x, native %#x\n%s", int(got), int(want), out)
				}
			})
		}
	}
}
