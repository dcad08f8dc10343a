package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pidsim/pidsim/tests/vm/internal/job"
)

const qemu = "qemu-system-x86_64"

func needQEMU(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("a virtual machine takes minutes; this is a short run")
	}
	if runtime.GOARCH != "amd64" {
		t.Skipf("the guests run the host's programs, which are for %s and not amd64", runtime.GOARCH)
	}
	if _, err := exec.LookPath(qemu); err != nil {
		t.Skipf("no virtual machine: %v (Debian: apt-get install qemu-system-x86)", err)
	}
}

// boot starts the machine, waits for its end and gives what its kernel said.
func (m *Machine) boot(j job.Job, limit time.Duration) (string, error) {
	dir, err := os.MkdirTemp("", "vm")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	initrd := filepath.Join(dir, "initramfs")
	if err := m.writeInitramfs(initrd, j); err != nil {
		return "", err
	}
	log := filepath.Join(dir, "console")
	err = m.start(initrd, log, limit)
	console, readErr := os.ReadFile(log)
	return strings.ReplaceAll(string(console), "\r", ""), errors.Join(err, readErr)
}

func (m *Machine) start(initrd, log string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, m.arguments(initrd, log)...)
	out, err := attended(cmd)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("not at its end after %v", limit)
	case err != nil:
		return fmt.Errorf("%s: %w\n%s", qemu, err, out)
	}
	return nil
}

func (m *Machine) arguments(initrd, log string) []string {
	accel := accelerator()
	if m.ChangesCode && accel == emulation {
		accel = byTurns
	}
	return []string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-machine", "pc", "-accel", accel, "-cpu", "max", "-smp", "2", "-m", "2048",
		"-kernel", m.Kernel.Image, "-initrd", initrd,
		"-append", "console=ttyS0 loglevel=5 panic=-1 mitigations=off random.trust_cpu=on",
		"-serial", "file:" + log,
		"-virtfs", export("/", job.RootTag, "readonly=on"),
		"-virtfs", export(m.Dir, job.ShareTag, "readonly=off"),
	}
}

func export(path, tag, access string) string {
	// A comma in a path is doubled for QEMU.
	path = strings.ReplaceAll(path, ",", ",,")
	return fmt.Sprintf("local,path=%s,mount_tag=%s,security_model=none,%s,multidevs=remap", path, tag, access)
}

func (m *Machine) writeInitramfs(name string, j job.Job) error {
	guest, err := guestProgram()
	if err != nil {
		return err
	}
	files := []file{{"init", guest}}
	for i, source := range m.Kernel.Modules {
		data, err := readModule(source)
		if err != nil {
			return err
		}
		module := fmt.Sprintf("%02d-%s", i, strings.TrimSuffix(filepath.Base(source), ".xz"))
		files = append(files, file{module, data})
		j.Modules = append(j.Modules, module)
	}
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	packed, err := initramfs(append(files, file{job.File, data}))
	if err != nil {
		return err
	}
	return os.WriteFile(name, packed, 0o644)
}

// readModule reads a module, which some kernels have compressed.
func readModule(name string) ([]byte, error) {
	if !strings.HasSuffix(name, ".xz") {
		return os.ReadFile(name)
	}
	data, err := exec.Command("xz", "-dc", name).Output()
	if err != nil {
		return nil, fmt.Errorf("xz -dc %s: %w", name, err)
	}
	return data, nil
}
