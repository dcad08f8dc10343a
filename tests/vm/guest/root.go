//go:build linux

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tests/vm/internal/job"
)

// The host's files do not change under the guest in a way that matters, so it
// may keep what it has read.
const (
	rootOptions  = "trans=virtio,version=9p2000.L,msize=262144,cache=loose"
	shareOptions = "trans=virtio,version=9p2000.L,msize=262144"
)

const hostDir = "/host"

type mount struct {
	source, target, kind string
	flags                uintptr
	options              string
}

var systemMounts = []mount{
	{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
	{"sysfs", "/sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
	{"devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID, "mode=0755"},
	{"devpts", "/dev/pts", "devpts", unix.MS_NOSUID | unix.MS_NOEXEC, "gid=5,mode=620,ptmxmode=666"},
	{"tmpfs", "/dev/shm", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, ""},
	{"tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=0755"},
	{"tmpfs", "/tmp", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, ""},
}

// enterRoot makes the host's root file system that of the guest.
func enterRoot(j job.Job) error {
	if err := attach(mount{job.RootTag, hostDir, "9p", unix.MS_RDONLY, rootOptions}); err != nil {
		return err
	}
	visible, err := openAll(j.Visible)
	if err != nil {
		return err
	}
	if err := switchRoot(); err != nil {
		return err
	}
	for _, m := range systemMounts {
		if err := attach(m); err != nil {
			return err
		}
	}
	for i, f := range visible {
		source := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
		if err := attach(mount{source, j.Visible[i], "", unix.MS_BIND, ""}); err != nil {
			return err
		}
		f.Close()
	}
	return attach(mount{job.ShareTag, j.Share, "9p", 0, shareOptions})
}

func openAll(dirs []string) ([]*os.File, error) {
	var files []*os.File
	for _, d := range dirs {
		f, err := os.Open(hostDir + d)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// switchRoot is what switch_root(8) does. A mere chroot would not do: it has
// the kernel refuse user namespaces.
func switchRoot() error {
	if err := os.Chdir(hostDir); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("moving the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	return os.Chdir("/")
}

func attach(m mount) error {
	if err := os.MkdirAll(m.target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(m.source, m.target, m.kind, m.flags, m.options); err != nil {
		return fmt.Errorf("mounting %s at %s: %w", m.source, m.target, err)
	}
	return nil
}
