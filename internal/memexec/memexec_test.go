package memexec

import (
	"os"
	"syscall"
	"testing"
)

// However many files the program gets, and wherever they are moved to on the
// way, it is the program that runs.
func TestForkExec(t *testing.T) {
	image, err := os.Open("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for n := range 3 * int(image.Fd()) {
		for name, fd := range map[string]uintptr{"low": 0, "high": null.Fd()} {
			files := make([]uintptr, n)
			for i := range files {
				files[i] = fd
			}
			pid, err := ForkExec(image, []string{"true"}, &syscall.ProcAttr{Env: []string{}, Files: files})
			if err != nil {
				t.Errorf("%d %s files: %v", n, name, err)
				continue
			}
			var status syscall.WaitStatus
			if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil || status != 0 {
				t.Errorf("%d %s files: status %#x, %v", n, name, status, err)
			}
		}
	}
}
