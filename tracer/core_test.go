package tracer

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// Process 5001, virtual 43, dies in thread 5002, virtual 44.
func TestCoreName(t *testing.T) {
	for _, c := range []struct{ pattern, name, want string }{
		{"core", "core", "core"},
		{"core", "core.5001", ""},
		{"core.%p", "core.5001", "core.43"},
		{"core.%p", "core.50011", ""},
		{"%e-%p-%t", "my-prog-5001-1700000000", "my-prog-43-1700000000"},
		{"%e.%p", "5001.5001", "5001.43"},
		{"core.%i.%I.%P", "core.5002.77.88", "core.44.44.43"},
		{"100%%.%p%", "100%.5001", "100%.43"},
		{"a.b%q", "a.b", "a.b"},
		{"a.b", "aXb", ""},
	} {
		n, err := newCoreName(c.pattern, 5001)
		if err != nil {
			t.Errorf("pattern %q: %v", c.pattern, err)
			continue
		}
		got := ""
		if n.pattern.MatchString(c.name) {
			got = n.rename(c.name, 43, 44)
		}
		if got != c.want {
			t.Errorf("pattern %q: %q becomes %q, want %q", c.pattern, c.name, got, c.want)
		}
	}
	for pattern, want := range map[string]string{"core": "core", "core.%p": "core.5001", "100%%.%q%p%": "100%.5001", "%e.%p": ""} {
		if n, err := newCoreName(pattern, 5001); err != nil || n.only != want {
			t.Errorf("pattern %q: the only name is %q (%v), want %q", pattern, n.only, err, want)
		}
	}
	if _, err := newCoreName("core\xff.%p", 5001); err == nil {
		t.Error("a pattern that is not UTF-8 is taken")
	}
	for pattern, want := range map[string]string{"core": "core.%p", "a%p": "a%p", "a%%p": "a%%p.%p"} {
		if got := withPID(pattern); got != want {
			t.Errorf("withPID(%q) = %q, want %q", pattern, got, want)
		}
	}
}

// note is one of an ELF file.
func note(kind uint32, desc []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 5)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(desc)))
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = append(b, "CORE\x00\x00\x00\x00"...)
	b = append(b, desc...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func TestCoreWords(t *testing.T) {
	notes := bytes.Join([][]byte{note(prstatus, make([]byte, 336)), note(77, make([]byte, 3)), note(prpsinfo, make([]byte, 136))}, nil)
	want := []coreWord{
		{abi.TID, 20 + 32, false}, {abi.TGID, 20 + 36, false}, {abi.PGID, 20 + 40, false}, {abi.SID, 20 + 44, false},
		{abi.TGID, 400 + 24, true}, {abi.TGID, 400 + 28, false}, {abi.PGID, 400 + 32, false}, {abi.SID, 400 + 36, false},
	}
	if diff := cmp.Diff(want, coreWords(notes, elf64), cmp.AllowUnexported(coreWord{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Notes are what a file says: no length may lead out of them.
func FuzzCoreWords(f *testing.F) {
	f.Add(note(prstatus, make([]byte, 336)), byte(elf64))
	f.Add(note(prpsinfo, make([]byte, 20)), byte(elf32))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 'C', 'O', 'R', 'E', 0, 0, 0, 0}, byte(elf64))
	f.Fuzz(func(t *testing.T, notes []byte, class byte) {
		for _, w := range coreWords(notes, class) {
			if w.off < 0 || w.off+4 > len(notes) {
				t.Fatalf("a word at %d of %d bytes", w.off, len(notes))
			}
		}
	})
}

func FuzzCoreNotes(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if notes, at, _, err := coreNotes(bytes.NewReader(b)); err == nil && (at < 0 || int(at)+len(notes) > len(b)) {
			t.Fatalf("notes of %d bytes at %d of %d", len(notes), at, len(b))
		}
	})
}
