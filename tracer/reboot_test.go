package tracer

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestRebootSignal(t *testing.T) {
	const magic, magic2 = unix.LINUX_REBOOT_MAGIC1, unix.LINUX_REBOOT_MAGIC2
	for _, tt := range []struct {
		magic, magic2, how uint32
		want               unix.Signal
	}{
		{magic, magic2, unix.LINUX_REBOOT_CMD_RESTART, unix.SIGHUP},
		{magic, 85072278, unix.LINUX_REBOOT_CMD_RESTART2, unix.SIGHUP},
		{magic, 369367448, unix.LINUX_REBOOT_CMD_POWER_OFF, unix.SIGINT},
		{magic, 537993216, unix.LINUX_REBOOT_CMD_HALT, unix.SIGINT},
		{magic, magic2, unix.LINUX_REBOOT_CMD_CAD_OFF, 0},
		{magic, magic2, unix.LINUX_REBOOT_CMD_KEXEC, 0},
		{magic, magic, unix.LINUX_REBOOT_CMD_HALT, 0},
		{0, magic2, unix.LINUX_REBOOT_CMD_HALT, 0},
	} {
		if got := rebootSignal(tt.magic, tt.magic2, tt.how); got != tt.want {
			t.Errorf("rebootSignal(%#x, %#x, %#x) = %v, want %v", tt.magic, tt.magic2, tt.how, got, tt.want)
		}
	}
}
