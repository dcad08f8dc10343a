package vm

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// attendVariable makes the test binary a process that runs a long command
// attended, in the way that it names.
const attendVariable = "PIDSIM_VM_ATTEND"

func TestMain(m *testing.M) {
	// Whoever has a copy of the pipe is alive.
	pipe := os.NewFile(3, "pipe")
	switch os.Getenv(attendVariable) {
	case "one":
		cmd := exec.Command("sh", "-c", "echo started >&3; exec sleep 600")
		cmd.ExtraFiles = []*os.File{pipe}
		_, _ = attended(cmd)
	case "tree":
		cmd := exec.Command("sh", "-c", "sh -c 'echo started >&3; sleep 600; :' & sleep 600; :")
		cmd.ExtraFiles = []*os.File{pipe}
		_, _ = attendedTree(cmd)
	default:
		os.Exit(m.Run())
	}
}

// What a killed test was running does not go on.
func TestAttended(t *testing.T) {
	for _, way := range []string{"one", "tree"} {
		t.Run(way, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), attendVariable+"="+way)
			cmd.ExtraFiles = []*os.File{w}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			if _, err := io.ReadFull(r, make([]byte, len("started\n"))); err != nil {
				t.Error(err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = cmd.Wait()
			r.SetReadDeadline(time.Now().Add(30 * time.Second))
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				t.Errorf("something lives on: %q, %v", rest, err)
			}
		})
	}
}

// The boot sector runs in the emulation, which always works, and so a failure
// with KVM is KVM's.
func TestBootsWith(t *testing.T) {
	needQEMU(t)
	if err := bootsWith(emulation); err != nil {
		t.Error(err)
	}
	if err := bootsWith("nothing"); err == nil {
		t.Error("it ran with an accelerator that there is not")
	}
}
