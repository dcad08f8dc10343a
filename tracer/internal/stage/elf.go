package stage

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

const (
	base     = 0x400000
	ehdrSize = 64
	phdrSize = 56
	codeAt   = base + ehdrSize + phdrSize
)

// code sleeps for ever. Its one system call instruction serves for every
// injected call.
var code = []byte{
	0xb8, unix.SYS_PAUSE, 0, 0, 0, // mov $pause, %eax
	0x0f, 0x05, // syscall
	0xeb, 0xf7, // jmp to the start
}

// syscallAt is the address of the system call instruction in code.
const syscallAt = codeAt + 5

// image builds a static ELF executable (elf(5)) around code.
func image() []byte {
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little endian */, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	size := uint64(ehdrSize + phdrSize + len(code))
	b = le.AppendUint16(b, 2)  // e_type: ET_EXEC
	b = le.AppendUint16(b, 62) // e_machine: EM_X86_64
	b = le.AppendUint32(b, 1)  // e_version
	b = le.AppendUint64(b, codeAt)
	b = le.AppendUint64(b, ehdrSize) // e_phoff
	b = le.AppendUint64(b, 0)        // e_shoff
	b = le.AppendUint32(b, 0)        // e_flags
	for _, v := range []uint16{ehdrSize, phdrSize, 1, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(b, 1) // p_type: PT_LOAD
	b = le.AppendUint32(b, 5) // p_flags: read, execute
	for _, v := range []uint64{0, base, base, size, size, 0x1000} {
		b = le.AppendUint64(b, v)
	}
	return append(b, code...)
}

// open gives the stage program as an executable file in memory.
func open() (*os.File, error) {
	fd, err := unix.MemfdCreate("pidsim-stage", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3, which is always executable
		fd, err = unix.MemfdCreate("pidsim-stage", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, &StepError{Op: "make a file in memory (memfd_create)", Err: err}
	}
	f := os.NewFile(uintptr(fd), "pidsim-stage")
	if _, err := f.Write(image()); err != nil {
		f.Close()
		return nil, &StepError{Op: "write a file in memory", Err: err}
	}
	return f, nil
}
