package dmtcp

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pidsim/pidsim/pidspace/image"
)

// header encodes a header as DMTCP does. Names is where the names stand.
func header(names int, ids ...int32) []byte {
	b := make([]byte, headerSize)
	copy(b, "DMTCP_CHECKPOINT_IMAGE_v4.0\n")
	for i := signatureSize; i < names; i++ {
		b[i] = byte(i) | 1 // unique ids, addresses: never zero here
	}
	for i, id := range ids {
		binary.LittleEndian.PutUint32(b[pidAt+4*i:], uint32(id))
	}
	copy(b[names:], "worker\x00garbage")
	copy(b[names+nameSize:], "/opt/a rather long path/worker\x00/")
	return b
}

// compress packs b.
func compress(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRead(t *testing.T) {
	for _, names := range namesAt {
		b := header(names, 40000, 40001, 40002, 40003, 40004)
		for kind, in := range map[string][]byte{"plain": append(b, "memory"...), "gzip": compress(t, append(b, make([]byte, 1<<20)...))} {
			if !IsCheckpoint(in) {
				t.Errorf("%s: not recognized", kind)
			}
			got, err := Read(iotest.OneByteReader(bytes.NewReader(in)))
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			want := &image.Image{Origin: image.DMTCP, Processes: []image.Process{{
				IDs: image.IDs{PID: 40000, PPID: 40001, SID: 40002, PGID: 40003}, State: image.Running,
				Name: "worker", Exe: "/opt/a rather long path/worker"}}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("names at %d, %s (-want +got):\n%s", names, kind, diff)
			}
			if _, err := image.Encode(got); err != nil {
				t.Errorf("the identity is no image: %v", err)
			}
		}
	}
}

// TestWithoutNames reads a header whose names are elsewhere.
func TestWithoutNames(t *testing.T) {
	got, err := Read(bytes.NewReader(header(500, 40000, 1, 40000, 40000, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if p := got.Root(); p.PID != 40000 || p.PPID != 1 || p.Name != "" || p.Exe != "" {
		t.Errorf("%+v", p)
	}
}

// TestEnough: nothing is read or decompressed beyond the header.
func TestEnough(t *testing.T) {
	r := io.MultiReader(bytes.NewReader(header(256, 7, 1, 7, 7, 7)), iotest.ErrReader(errors.New("read too far")))
	if _, err := Read(r); err != nil {
		t.Error(err)
	}
	z := compress(t, append(header(256, 7, 1, 7, 7, 7), make([]byte, 1<<20)...))
	if _, err := Read(bytes.NewReader(z[:len(z)-20])); err != nil {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	good := header(256, 7, 1, 7, 7, 7)
	with := func(at int, s string) []byte {
		b := bytes.Clone(good)
		copy(b[at:], s)
		return b
	}
	tests := map[string]struct {
		in     []byte
		offset int64
		want   string
		err    error
	}{
		"nothing":          {nil, 0, "not a DMTCP checkpoint", image.ErrFormat},
		"something":        {[]byte("something else"), 0, "not a DMTCP checkpoint", image.ErrFormat},
		"zeros":            {make([]byte, 8192), 0, "not a DMTCP checkpoint", image.ErrFormat},
		"version 3":        {with(24, "3.0\n"), 24, `version "3.0" is not known, only 4.0`, image.ErrVersion},
		"version 5":        {with(24, "5.0\n"), 24, `version "5.0"`, image.ErrVersion},
		"longer signature": {with(28, "x"), 24, "is not known", image.ErrVersion},
		"cut short":        {good[:4095], 4095, "it has 4095 bytes", image.ErrFormat},
		"signature alone":  {good[:28], 28, "it has 28 bytes", image.ErrFormat},
		"pid 0":            {with(104, "\x00\x00\x00\x00"), 104, "process id 0", image.ErrInconsistent},
		"pid 2^31":         {with(104, "\x00\x00\x00\x80"), 104, "id -2147483648", image.ErrInconsistent},
		"pid 2^22":         {with(104, "\x00\x00\x40\x00"), 104, "id 4194304", image.ErrInconsistent},
		"own parent":       {with(108, "\x07\x00"), 104, "its own parent", image.ErrInconsistent},
		"session -1":       {with(112, "\xff\xff\xff\xff"), 112, "id -1", image.ErrInconsistent},
		"group too large":  {with(116, "\xff\xff\xff\x7f"), 116, "id 2147483647", image.ErrInconsistent},
		"not really gzip":  {[]byte("\x1f\x8bnothing of the kind"), 0, "damaged gzip", image.ErrFormat},
		"gzip's magic":     {[]byte("\x1f\x8b"), 0, "damaged gzip", image.ErrFormat},
		"gzip of others":   {compress(t, []byte("something else")), 0, "not a DMTCP checkpoint", image.ErrFormat},
		"gzip cut short":   {compress(t, good)[:40], -1, "", image.ErrFormat},
	}
	for name, tt := range tests {
		img, err := Read(bytes.NewReader(tt.in))
		var f *image.FormatError
		if !errors.As(err, &f) || !errors.Is(err, tt.err) || tt.offset >= 0 && f.Offset != tt.offset || !strings.Contains(f.Reason, tt.want) {
			t.Errorf("%s: %v, %v; want offset %d, %q", name, img, err, tt.offset, tt.want)
		}
	}
	broken := errors.New("broken")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, names := range namesAt {
		b := header(names, 7, 1, 7, 7, 7)
		f.Add(b)
		f.Add(compress(f, b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if _, err := image.Encode(img); err != nil {
			t.Error(err)
		}
		if !IsCheckpoint(b) {
			t.Error("not recognized")
		}
	})
}
