package tracer

import (
	"encoding/binary"
	"io"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// rewriteCoreFile puts virtual ids into the notes of a core file, if it is one
// of the task's process. It returns the thread that was dumped.
func (s *supervisor) rewriteCoreFile(t *task, d *coreDir, name string) (thread int32, err error) {
	f, err := d.open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	notes, at, class, err := coreNotes(f)
	if err != nil {
		return 0, errNoCore
	}
	words := coreWords(notes, class)
	if !ofProcess(notes, words, int32(t.proc.pid)) {
		return 0, errNoCore
	}
	thread = int32(t.tid)
	for i, w := range words {
		real := int32(le32(notes[w.off:]))
		if i == 0 {
			thread = real // of the first status, which is the dumped thread's
		}
		putLE32(notes[w.off:], uint32(s.toVirtual(w.kind, real)))
	}
	_, err = f.WriteAt(notes, at)
	return thread, err
}

// Types and sizes of ELF core files (elf(5)).
const (
	elfCore   = 4
	elfNote   = 4
	elf32     = 1
	elf64     = 2
	prstatus  = 1
	prpsinfo  = 3
	maxPhdrs  = 16 // the kernel puts the notes first
	maxNotes  = 16 << 20
	noteFixed = 12
)

// coreNotes reads the notes of a core file, and where they are in it.
func coreNotes(f io.ReaderAt) (notes []byte, at int64, class byte, err error) {
	le := binary.LittleEndian
	var h [64]byte
	if _, err := f.ReadAt(h[:], 0); err != nil {
		return nil, 0, 0, err
	}
	class = h[4]
	if string(h[:4]) != "\x7fELF" || le.Uint16(h[16:]) != elfCore || class != elf32 && class != elf64 {
		return nil, 0, 0, errNoCore
	}
	phoff, size, n := int64(le.Uint64(h[32:])), 56, int(le.Uint16(h[56:]))
	if class == elf32 {
		phoff, size, n = int64(le.Uint32(h[28:])), 32, int(le.Uint16(h[44:]))
	}
	for i := range min(n, maxPhdrs) {
		var p [56]byte
		if _, err := f.ReadAt(p[:size], phoff+int64(i*size)); err != nil {
			return nil, 0, 0, err
		}
		if le.Uint32(p[:]) != elfNote {
			continue
		}
		at, length := int64(le.Uint64(p[8:])), int64(le.Uint64(p[32:]))
		if class == elf32 {
			at, length = int64(le.Uint32(p[4:])), int64(le.Uint32(p[16:]))
		}
		if length < 0 || length > maxNotes {
			return nil, 0, 0, errNoCore
		}
		notes = make([]byte, length)
		_, err = f.ReadAt(notes, at)
		return notes, at, class, err
	}
	return nil, 0, 0, errNoCore
}

// A coreWord is an id in the notes; of psinfo notes own says which is the id of
// the process itself.
type coreWord struct {
	kind abi.Kind
	off  int
	own  bool
}

// coreWords finds the ids in notes: pid, ppid, pgrp and sid one after the other
// in struct elf_prstatus and struct elf_prpsinfo.
func coreWords(notes []byte, class byte) (words []coreWord) {
	status, info := 32, 24
	if class == elf32 {
		status, info = 24, 12
	}
	for at := 0; at+noteFixed <= len(notes); {
		name, size, kind := int64(le32(notes[at:])), int64(le32(notes[at+4:])), le32(notes[at+8:])
		desc := int64(at+noteFixed) + (name+3)&^3
		next := desc + (size+3)&^3
		if next > int64(len(notes)) {
			break
		}
		off := 0
		switch {
		case string(notes[at+noteFixed:][:min(name, 5)]) != "CORE\x00":
		case kind == prstatus:
			off = status
		case kind == prpsinfo:
			off = info
		}
		if off != 0 && int64(off+16) <= size {
			own := abi.TID
			if kind == prpsinfo {
				own = abi.TGID
			}
			for i, k := range []abi.Kind{own, abi.TGID, abi.PGID, abi.SID} {
				words = append(words, coreWord{k, int(desc) + off + 4*i, i == 0 && kind == prpsinfo})
			}
		}
		at = int(next)
	}
	return words
}

// ofProcess tells whether notes are those of a process.
func ofProcess(notes []byte, words []coreWord, pid int32) bool {
	for _, w := range words {
		if w.own {
			return int32(le32(notes[w.off:])) == pid
		}
	}
	return false
}
