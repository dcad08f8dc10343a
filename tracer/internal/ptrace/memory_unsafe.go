package ptrace

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

const pageSize = 4096

// shortString is longer than nearly every path, and shorter than what takes
// longer to copy than to ask for.
const shortString = 256

// vm moves bytes between the supervisor and a tracee; it returns how many.
func vm(trap uintptr, tid int, addr uint64, b []byte) (int, error) {
	local := unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(b)}
	n, _, e := unix.RawSyscall6(trap, uintptr(tid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	switch e {
	case 0:
		return int(n), nil
	case unix.ESRCH:
		return 0, ErrGone
	}
	return 0, e
}

// Read fills b from the tracee's memory at addr, or fails with EFAULT.
func Read(tid int, addr uint64, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := vm(unix.SYS_PROCESS_VM_READV, tid, addr, b)
	if err == nil && n < len(b) {
		err = unix.EFAULT
	}
	return err
}

// Write copies b to the tracee's memory at addr, or fails with EFAULT. Memory
// that the tracee itself cannot write is not written.
func Write(tid int, addr uint64, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := vm(unix.SYS_PROCESS_VM_WRITEV, tid, addr, b)
	if err == nil && n < len(b) {
		err = unix.EFAULT
	}
	return err
}

// ReadString reads a NUL-terminated string of at most len(buf) bytes, the NUL
// included, into buf and returns it without the NUL. Read is how memory of the
// tracee is read, a part of a page at a time. It never reads past the
// page that holds the NUL. A string without NUL in that space fails with
// ENAMETOOLONG, as it would in the kernel.
func ReadString(read func(addr uint64, b []byte) error, addr uint64, buf []byte) ([]byte, error) {
	got := 0
	for got < len(buf) {
		n := min(pageSize-int((addr+uint64(got))%pageSize), len(buf)-got)
		if got == 0 {
			n = min(n, shortString)
		}
		if err := read(addr+uint64(got), buf[got:got+n]); err != nil {
			return nil, err
		}
		if i := bytes.IndexByte(buf[got:got+n], 0); i >= 0 {
			return buf[:got+i], nil
		}
		got += n
	}
	return nil, unix.ENAMETOOLONG
}
