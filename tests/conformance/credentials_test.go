package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/checkpoint"
	"github.com/pidsim/pidsim/pidspace/image"
)

// identities are ways to run a program with setpriv(1).
var identities = []struct {
	name string
	args []string
}{
	{"root", []string{"--groups", "3,70000"}},
	{"user", []string{"--reuid", "1234", "--regid", "70000", "--clear-groups"}},
	{"capable user", []string{"--reuid", "1234", "--regid", "1235", "--groups", "1,65536", "--inh-caps", "+setuid,+setgid,+chown",
		"--ambient-caps", "+setuid,+chown", "--bounding-set", "-sys_admin"}},
	{"two users", []string{"--ruid", "1234", "--euid", "0", "--rgid", "5", "--egid", "1235", "--clear-groups"}},
}

// TestCredentials compares what a program is told of its credentials, and what
// the calls that change them do, between a run with real ones and runs with
// emulated ones, which were read from the first.
func TestCredentials(t *testing.T) {
	if !privileged() {
		t.Skip("needs root: to give a program credentials for real")
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip("needs setpriv of Debian's util-linux")
	}
	for _, id := range identities {
		t.Run(id.name, func(t *testing.T) {
			t.Parallel()
			for _, link := range links(program{}) {
				prog := compile(t, "cases/creds.c", link)
				want, img := withCredentials(t, append(append([]string{setpriv}, id.args...), prog))
				for _, user := range users() {
					for _, engine := range engines() {
						t.Run(strings.Join([]string{link, user, engine}, "/"), func(t *testing.T) {
							got := emulatedCredentials(t, img, user, engine, prog)
							if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
								t.Errorf("(-native +pidsim):\n%.5000s", diff)
							}
						})
					}
				}
			}
		})
	}
}

// withCredentials runs a program that waits for a byte, and takes an image of
// it before it goes on.
func withCredentials(t *testing.T, argv []string) (output string, img *image.Image) {
	t.Helper()
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errors, dir
	start, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForRead(t, cmd.Process.Pid, filepath.Base(argv[len(argv)-1]))
	img, err = checkpoint.Read(cmd.Process.Pid, checkpoint.Options{})
	if err != nil {
		t.Error(err)
	}
	_, _ = io.WriteString(start, "x")
	if err := cmd.Wait(); err != nil || t.Failed() {
		t.Fatalf("%v: %v\n%s", argv, err, errors.String())
	}
	return out.String(), img
}

// waitForRead waits until a process is the program name, which sleeps.
func waitForRead(t *testing.T, pid int, name string) {
	t.Helper()
	for ; t.Context().Err() == nil; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(stat), "("+name[:min(len(name), 15)]+") S") {
			return
		}
	}
}

// emulatedCredentials runs a program with the credentials of an image.
func emulatedCredentials(t *testing.T, img *image.Image, user, engine, prog string) string {
	t.Helper()
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	path := filepath.Join(dir, fmt.Sprintf("image%d", runs.Add(1)))
	if err := image.WriteFile(path, img); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"restore", "--trust", "--emulate-creds"}
	if engine == plain {
		args = append(args, "--no-seccomp")
	}
	args = append(args, path, prog)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, pidsim(t), args...)
	cmd.Stdin, cmd.Dir = strings.NewReader("x"), dir
	if user == asNobody {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	return string(out)
}
