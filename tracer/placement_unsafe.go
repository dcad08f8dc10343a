package tracer

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// currentCPU is the processor that the calling thread is on (getcpu(2)).
func currentCPU() (int, error) {
	var cpu uint32
	_, _, e := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(cpu), nil
}
