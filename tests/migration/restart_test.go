package migration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRestartProgram: the paper's three steps, unpack the image, setforkpid and
// fork, by a program that knows nothing of pidsim, on a kernel that has no
// setforkpid, under an id that is taken.
func TestRestartProgram(t *testing.T) {
	programs := filepath.Join(dir, "example")
	make := exec.Command("make", "-s", "-C", "../../kernel/linux/example", "OUT="+programs)
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, space := range []string{"host", "private"} {
		t.Run(space, func(t *testing.T) {
			eachUser(t, func(t *testing.T, p person) {
				job := p.directory(t)
				image := filepath.Join(job, "image")
				first := p.command(t, "example/counter", image)
				out, err := os.Create(filepath.Join(job, "out"))
				if err != nil {
					t.Fatal(err)
				}
				defer out.Close()
				first.Stdout = out
				if err := first.Start(); err != nil {
					t.Fatal(err)
				}
				pid := first.Process.Pid
				d := departure{job: job, pid: pid}
				d.waitFor(t, "it ends", func() bool { return strings.Contains(stat(pid), ") Z ") })

				restart := p.command(t, "pidsim", "-pid", "70000", "--space", space, filepath.Join(programs, "restart"), image)
				restart.Stdout, restart.Stderr = out, out
				if err := restart.Run(); err != nil {
					t.Error(err)
				}
				if stat(pid) == "" {
					t.Error("the id was not taken any longer")
				}
				want := ""
				for n := range 6 {
					want += fmt.Sprintf("process %d counts %d\n", pid, n+1)
				}
				if got, err := os.ReadFile(out.Name()); err != nil || string(got) != want {
					t.Errorf("%v: %s; want %s", err, got, want)
				}
				_ = first.Wait()
			})
		})
	}
}
