package checkpoint

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace/image"
)

// host describes this machine.
func (r *reader) host() (*image.Host, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, os.NewSyscallError("uname", err)
	}
	h := &image.Host{Name: image.Text(unix.ByteSliceToString(u.Nodename[:])), Kernel: image.Text(unix.ByteSliceToString(u.Release[:]))}
	booted, err := bootTime()
	if err != nil {
		return nil, err
	}
	h.Booted = time.Unix(booted, 0).UTC()
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	h.BootID = image.Text(strings.TrimSpace(string(id)))
	return h, nil
}

// bootTime is when the machine was started, in seconds of the epoch.
func bootTime() (int64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "btime "); ok {
			return strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		}
	}
	return 0, errors.New("/proc/stat has no btime")
}
