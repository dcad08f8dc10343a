package checkpoint

import (
	"os"
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
	stat, err := r.proc.Stat()
	if err != nil {
		return nil, err
	}
	h.Booted = time.Unix(int64(stat.BootTime), 0).UTC()
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	h.BootID = image.Text(strings.TrimSpace(string(id)))
	return h, nil
}
