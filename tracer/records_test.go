package tracer

import "testing"

// TestRecordLength: a record that the program has written over does not lead to
// steps of a byte, nor out of what is looked at.
func TestRecordLength(t *testing.T) {
	head := make([]byte, fanotifySize)
	for length, want := range map[uint32]int{0: fanotifySize, 1: fanotifySize, 56: 56, 1 << 31: recordsLimit} {
		putLE32(head, length)
		if n, _ := fanotifyRecords.ids(head); n != want {
			t.Errorf("a length of %d: %d, want %d", length, n, want)
		}
	}
}
