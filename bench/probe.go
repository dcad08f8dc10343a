package bench

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
)

// What the probe can be told to do, as in its source. The small operations are
// repeated; the others are done once.
const (
	opGetuid = "u"
	opGetpid = "p"
	opGettid = "t"
	opOpen   = "o" // opens and closes a file
	opFork   = "f" // forks, ends the child and waits for it
	opVfork  = "v"
	opThread = "T" // starts a thread and joins it
	opExec   = "e" // forks and executes a program
	opSpawn  = "s" // spawns a program
	opRun    = "r" // runs a program
	opAllow  = "a" // becomes a program under a filter that allows all
	opIdle   = "i" // holds processes until its input ends
	opExit   = "x" // ends
)

// The probe's memory, and the executable's headers (elf(5)).
const (
	probeCodeAt = 0x400000
	probeDataAt = 0x10000000
	probeData   = 0x40000
	ehdrSize    = 64
	phdrSize    = 56
	probeStart  = ehdrSize + 2*phdrSize
)

// probeMark ends the probe's code: an instruction that no program has.
const probeMark = "\x0f\x0bpidsim-probe\x0f\x0b"

// probeImage is the probe as a static executable.
func probeImage() []byte {
	code := probeCode()
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2 /* 64-bit */, 1 /* little endian */, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint16(b, 2)  // e_type: ET_EXEC
	b = le.AppendUint16(b, 62) // e_machine: EM_X86_64
	b = le.AppendUint32(b, 1)  // e_version
	b = le.AppendUint64(b, probeCodeAt+probeStart)
	b = le.AppendUint64(b, ehdrSize) // e_phoff
	b = le.AppendUint64(b, 0)        // e_shoff
	b = le.AppendUint32(b, 0)        // e_flags
	for _, v := range []uint16{ehdrSize, phdrSize, 2, 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	size := uint64(probeStart + len(code))
	for _, g := range []struct {
		flags          uint32 // PF_X 1, PF_W 2, PF_R 4
		at, file, size uint64
	}{{5, probeCodeAt, size, size}, {6, probeDataAt, 0, probeData}} {
		b = le.AppendUint32(b, 1) // p_type: PT_LOAD
		b = le.AppendUint32(b, g.flags)
		for _, v := range []uint64{0, g.at, g.at, g.file, g.size, 0x1000} {
			b = le.AppendUint64(b, v)
		}
	}
	return append(b, code...)
}

// writeProbe makes the probe's file.
func writeProbe(path string) error {
	// Closed before it is executed: a program that is open for writing
	// cannot be, and a fork elsewhere in this process would keep it open.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, probeImage(), 0o755)
}

// probeResult is what the probe writes: four words.
type probeResult struct {
	count, ns, warm uint64
}

const probeResultSize = 4 * 8

// readProbe reads a probe's result.
func readProbe(b []byte) (probeResult, error) {
	if len(b) != probeResultSize {
		return probeResult{}, fmt.Errorf("the probe wrote %d bytes, want %d", len(b), probeResultSize)
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i*8:]) }
	if word(0) != 1 {
		code := int64(word(1))
		if code < 0 {
			return probeResult{}, fmt.Errorf("a system call of the probe failed: %w", syscall.Errno(-code))
		}
		return probeResult{}, fmt.Errorf("what the probe started %s", waitStatus(code))
	}
	r := probeResult{count: word(1), ns: word(2), warm: word(3)}
	if r.count == 0 || r.ns == 0 {
		return probeResult{}, fmt.Errorf("the probe measured nothing")
	}
	return r, nil
}

// waitStatus words how a child of the probe ended.
func waitStatus(status int64) string {
	ws := syscall.WaitStatus(uint32(status))
	if ws.Signaled() {
		return fmt.Sprintf("died of signal %d", int(ws.Signal()))
	}
	return fmt.Sprintf("ended with status %d", ws.ExitStatus())
}
