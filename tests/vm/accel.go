package vm

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// The processors of an emulated machine run beside each other, or by turns.
const (
	emulation = "tcg,thread=multi"
	byTurns   = "tcg,thread=single"
)

// accelerator is how QEMU is to run guests: with the host's processor if that
// works. The environment variable PIDSIM_VM_ACCEL decides otherwise.
var accelerator = sync.OnceValue(func() string {
	if accel := os.Getenv("PIDSIM_VM_ACCEL"); accel != "" {
		return accel
	}
	if kvmWorks() {
		return "kvm"
	}
	return emulation
})

// bootSector is a program that writes 1 to port 0xf4 and stops:
//
//	mov al, 1; out 0xf4, al; hlt
var bootSector = append(append([]byte{0xb0, 0x01, 0xe6, 0xf4, 0xf4}, make([]byte, 505)...), 0x55, 0xaa)

// kvmWorks tries, with a guest of five bytes: in virtual machines there can be
// a /dev/kvm that looks good and does not work.
func kvmWorks() bool {
	return bootsWith("kvm") == nil
}

func bootsWith(accel string) error {
	dir, err := os.MkdirTemp("", "accel")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	disk := filepath.Join(dir, "disk")
	if err := os.WriteFile(disk, bootSector, 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-machine", "pc", "-accel", accel, "-cpu", "max", "-m", "64",
		"-drive", "if=floppy,format=raw,file="+disk, "-device", "isa-debug-exit,iobase=0xf4,iosize=4")
	_, err = attended(cmd)
	// The device ends QEMU with twice what was written, and one.
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 {
		return nil
	}
	return errors.Join(err, errors.New("a guest of five bytes did not run"))
}
