package bench

import "unsafe"

// entry is the first byte of the probe's code.
func entry() *byte

// probeCode is the code of the probe, up to its mark, which the assembler's
// source has at the end.
func probeCode() []byte {
	first := entry()
	for n := 0; ; n++ {
		if string(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(first), n)), len(probeMark))) == probeMark {
			return unsafe.Slice(first, n)
		}
	}
}
