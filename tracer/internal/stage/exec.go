package stage

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// reserve makes sure that the stage has n bytes of scratch memory.
func (s *Stage) reserve(n int) error {
	if uint64(n) <= s.size {
		return nil
	}
	size := (uint64(n) + 0xffff) &^ 0xffff
	addr, err := s.Call(unix.SYS_MMAP, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uint64(0), 0)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	s.scratch, s.size = addr, size
	return nil
}

// write fills the scratch memory. What is written is read again: all that the
// supervisor does depends on both.
func (s *Stage) write(blob []byte) error {
	if err := ptrace.Write(s.pid, s.scratch, blob); err != nil {
		return &StepError{Op: "write to the program's memory (process_vm_writev)", Err: err}
	}
	if err := ptrace.Read(s.pid, s.scratch, make([]byte, 1)); err != nil {
		return &StepError{Op: "read the program's memory (process_vm_readv)", Err: err}
	}
	return nil
}

// Install puts the seccomp filter on the stage, with no_new_privs only when
// the kernel asks for it (seccomp(2)). It tells whether it had to.
func (s *Stage) Install(prog []bpf.RawInstruction) (noNewPrivs bool, err error) {
	if err := s.reserve(fprogHeader + 8*len(prog)); err != nil {
		return false, err
	}
	blob := Sockfprog(prog, 8, func(off int) uint64 { return s.scratch + uint64(off) })
	if err := s.write(blob); err != nil {
		return false, err
	}
	install := func() error {
		_, err := s.Call(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, s.scratch)
		return err
	}
	if err = install(); errors.Is(err, unix.EACCES) {
		if _, err := s.Call(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
			return false, fmt.Errorf("prctl no_new_privs: %w", err)
		}
		noNewPrivs = true
		err = install()
	}
	if err != nil {
		return noNewPrivs, fmt.Errorf("seccomp: %w", err)
	}
	return noNewPrivs, nil
}

// fprogHeader is the size of what comes before the instructions, of 8 bytes each,
// in what Sockfprog makes.
const fprogHeader = 16

// Sockfprog lays out a struct sock_fprog and its program in one piece of
// memory, for an interface with pointers of word bytes; at gives the address
// of an offset in it.
func Sockfprog(prog []bpf.RawInstruction, word int, at func(off int) uint64) []byte {
	le := binary.LittleEndian
	b := make([]byte, fprogHeader, fprogHeader+8*len(prog))
	le.PutUint16(b, uint16(len(prog)))
	if word == 4 {
		le.PutUint32(b[word:], uint32(at(fprogHeader)))
	} else {
		le.PutUint64(b[word:], at(fprogHeader))
	}
	for _, i := range prog {
		b = le.AppendUint16(b, i.Op)
		b = append(b, i.Jt, i.Jf)
		b = le.AppendUint32(b, i.K)
	}
	return b
}

// Exec replaces the stage by a program. On success the process is stopped at
// PTRACE_EVENT_EXEC; an errno of execve(2) is the error, and the stage lives.
func (s *Stage) Exec(path string, argv, env []string) error {
	blob, _, _ := execBlob(path, argv, env, 0)
	if err := s.reserve(len(blob)); err != nil {
		return err
	}
	blob, argvAt, envAt := execBlob(path, argv, env, s.scratch)
	if err := s.write(blob); err != nil {
		return err
	}
	// The signal that guarded the time before the seize must not reach the
	// program.
	if _, err := s.Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0); err != nil {
		return fmt.Errorf("prctl pdeathsig: %w", err)
	}
	o, err := s.call(unix.SYS_EXECVE, s.scratch, argvAt, envAt)
	if err != nil {
		return err
	}
	if !o.execed {
		return unix.Errno(-o.result)
	}
	return nil
}

// execBlob lays out the pointer arrays and strings of execve for memory at
// base. The path comes first.
func execBlob(path string, argv, env []string, base uint64) (blob []byte, argvAt, envAt uint64) {
	var strs []byte
	str := func(s string) uint64 {
		at := uint64(len(strs))
		strs = append(append(strs, s...), 0)
		return at
	}
	str(path)
	var offsets [2][]uint64
	for i, list := range [][]string{argv, env} {
		for _, s := range list {
			offsets[i] = append(offsets[i], str(s))
		}
	}
	for len(strs)%8 != 0 {
		strs = append(strs, 0)
	}
	blob = strs
	var at [2]uint64
	for i, list := range offsets {
		at[i] = base + uint64(len(blob))
		for _, off := range list {
			blob = binary.LittleEndian.AppendUint64(blob, base+off)
		}
		blob = binary.LittleEndian.AppendUint64(blob, 0)
	}
	return blob, at[0], at[1]
}
