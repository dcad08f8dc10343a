package tracer

import "testing"

func TestServedBy(t *testing.T) {
	const mounts = "1 0 0:1 / / rw - ext4 /dev/sda rw\n" +
		"2 1 0:2 / /mnt/a\\040b rw shared:1 - fuse.sshfs host: rw\n" +
		"3 1 0:3 / /mnt/a\\040b/over rw - tmpfs none rw\n" +
		"4 1 0:4 / /covered rw - fuse x rw\n" +
		"5 4 0:5 / /covered rw - tmpfs none rw\n" +
		"bad\n"
	for path, want := range map[string]bool{
		"/": false, "/mnt": false, "/mnt/a b": true, "/mnt/a b/c": true, "/mnt/a bc": false,
		"/mnt/a b/over/c": false, "/covered/x": false,
	} {
		if got := servedBy(mounts, path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
