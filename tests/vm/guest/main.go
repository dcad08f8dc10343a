//go:build linux

// Command guest is the first process of the virtual machines: it brings up the
// host's root file system, runs the commands of a job and switches the machine
// off. It is linked statically and lives in the initramfs.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tests/vm/internal/job"
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "guest: this is the first process of a virtual machine; it does nothing elsewhere")
		os.Exit(1)
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
	}
	unix.Sync()
	// QEMU is told not to reboot, so this ends it.
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	select {}
}

func work() error {
	var j job.Job
	data, err := os.ReadFile("/" + job.File)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("%s: %w", job.File, err)
	}
	for _, m := range j.Modules {
		if err := load("/" + m); err != nil {
			return fmt.Errorf("loading %s: %w", m, err)
		}
	}
	if err := enterRoot(j); err != nil {
		return err
	}
	if err := configure(); err != nil {
		return err
	}
	for n, c := range j.Commands {
		if err := report(j.Share, n, c); err != nil {
			return fmt.Errorf("command %d: %w", n, err)
		}
	}
	return nil
}

func load(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.FinitModule(int(f.Fd()), "", 0)
}
