//go:build linux

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// settings are what an ordinary system has set when programs run.
var settings = map[string]string{
	"/proc/sys/kernel/pid_max":  "4194304", // as systemd does
	"/proc/sys/kernel/hostname": "guest",
}

var links = map[string]string{
	"/dev/fd":     "/proc/self/fd",
	"/dev/stdin":  "/proc/self/fd/0",
	"/dev/stdout": "/proc/self/fd/1",
	"/dev/stderr": "/proc/self/fd/2",
}

// optional are file systems that not every kernel has.
var optional = []mount{
	{"mqueue", "/dev/mqueue", "mqueue", 0, ""},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", 0, ""},
	{"binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, ""},
}

func configure() error {
	for file, value := range settings {
		if err := os.WriteFile(file, []byte(value), 0); err != nil {
			return err
		}
	}
	for name, target := range links {
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	for _, m := range optional {
		// Where it is missing, so are the programs that want it.
		_ = attach(m)
	}
	if err := os.Chmod("/tmp", 0o777|os.ModeSticky); err != nil {
		return err
	}
	return raiseLoopback()
}

func raiseLoopback() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("loopback: %w", err)
	}
	return nil
}
