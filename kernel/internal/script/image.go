package script

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// code carries a table out. The comments give the offsets in a step. The first
// step's address goes into the first instruction.
var code = []byte{
	0xbb, 0x00, 0x00, 0x00, 0x00, // mov $first, %ebx
	0x48, 0x8b, 0x03, //             again: mov 0(%rbx), %rax: the number
	0x48, 0x8b, 0x7b, 0x08, //       mov 8(%rbx), %rdi: the arguments
	0x48, 0x8b, 0x73, 0x10, //       mov 16(%rbx), %rsi
	0x48, 0x8b, 0x53, 0x18, //       mov 24(%rbx), %rdx
	0x4c, 0x8b, 0x53, 0x20, //       mov 32(%rbx), %r10
	0x4c, 0x8b, 0x43, 0x28, //       mov 40(%rbx), %r8
	0x4c, 0x8b, 0x4b, 0x30, //       mov 48(%rbx), %r9
	0x0f, 0x05, //                   syscall
	0x48, 0x8b, 0x4b, 0x38, //       mov 56(%rbx), %rcx: keep
	0x48, 0x89, 0x01, //             mov %rax, (%rcx)
	0x48, 0x8b, 0x53, 0x40, //       mov 64(%rbx), %rdx: next
	0x48, 0x85, 0xc0, //             test %rax, %rax
	0x48, 0x0f, 0x48, 0x53, 0x48, // cmovs 72(%rbx), %rdx: fail
	0x48, 0x3b, 0x43, 0x50, //       cmp 80(%rbx), %rax: the first result
	0x48, 0x0f, 0x44, 0x53, 0x58, // cmove 88(%rbx), %rdx: and its step
	0x48, 0x3b, 0x43, 0x60, //       cmp 96(%rbx), %rax: the second
	0x48, 0x0f, 0x44, 0x53, 0x68, // cmove 104(%rbx), %rdx
	0x48, 0x89, 0xd3, //             mov %rdx, %rbx
	0xeb, 0xb9, //                   jmp again
}

// Sizes of the ELF headers (elf(5)), and the alignment of segments in the file.
const (
	ehdrSize = 64
	phdrSize = 56
	page     = 0x1000
	headers  = ehdrSize + 3*phdrSize
)

// segment is a part of the file that is mapped.
type segment struct {
	at      uint64
	flags   uint32 // PF_X 1, PF_W 2, PF_R 4
	content []byte
}

// image builds the static executable.
func (s *Script) image(first *Step) ([]byte, error) {
	scratch := s.Words(0)
	steps, err := s.encode(scratch)
	if err != nil {
		return nil, err
	}
	text := append(make([]byte, headers), code...)
	binary.LittleEndian.PutUint32(text[headers+1:], uint32(first.at))
	segments := []segment{
		{codeBase, 5, text},
		{stepBase, 6, steps},
		{dataBase, 6, s.data},
	}
	var body, phdrs []byte
	le := binary.LittleEndian
	for _, g := range segments {
		size, off := uint64(len(g.content)), uint64(len(body))
		phdrs = le.AppendUint32(phdrs, 1) // p_type: PT_LOAD
		phdrs = le.AppendUint32(phdrs, g.flags)
		for _, v := range []uint64{off, g.at, g.at, size, size, page} {
			phdrs = le.AppendUint64(phdrs, v)
		}
		body = append(body, g.content...)
		body = append(body, make([]byte, -len(body)&(page-1))...)
	}
	copy(body, append(elfHeader(len(segments)), phdrs...))
	return body, nil
}

// elfHeader is the file's first header.
func elfHeader(segments int) []byte {
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little endian */, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2)  // e_type: ET_EXEC
	b = le.AppendUint16(b, 62) // e_machine: EM_X86_64
	b = le.AppendUint32(b, 1)  // e_version
	b = le.AppendUint64(b, codeBase+headers)
	b = le.AppendUint64(b, ehdrSize) // e_phoff
	b = le.AppendUint64(b, 0)        // e_shoff
	b = le.AppendUint32(b, 0)        // e_flags
	for _, v := range []uint16{ehdrSize, phdrSize, uint16(segments), 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	return b
}

// Open makes the program that begins with a step, as an executable file that
// exists only in memory.
func (s *Script) Open(name string, first *Step) (*os.File, error) {
	b, err := s.image(first)
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3, which is always executable
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(b); err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return f, nil
}
