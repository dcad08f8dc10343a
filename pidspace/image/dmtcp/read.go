package dmtcp

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// The layout of the header. Three ids of 24 bytes that are unique between
// hosts stand between the signature and the ids of the kernel.
const (
	headerSize    = 4096
	signatureSize = 32
	pidAt         = 104 // then ppid, sid, pgid and the foreground group, 4 bytes each
	nameSize      = 1024
)

// The name of the program and then the path of its executable follow numbers
// that only restarting needs. DMTCP 4.2 has two more of them than 4.0, under
// the same signature.
var namesAt = []int{256, 240}

const (
	signature = "DMTCP_CHECKPOINT_IMAGE_v"
	version4  = "4.0\n"
)

// gzipMagic begins a gzip file.
var gzipMagic = []byte{0x1f, 0x8b}

// IsCheckpoint tells whether a file that begins with b, which should have at
// least 32 bytes of it, can be a checkpoint.
func IsCheckpoint(b []byte) bool {
	return bytes.HasPrefix(b, []byte(signature)) || bytes.HasPrefix(b, gzipMagic)
}

// Read reads the identity in a checkpoint. An error about what was read wraps
// an [*image.FormatError]; its offset is that without compression.
func Read(r io.Reader) (*image.Image, error) {
	in := bufio.NewReader(r)
	r = in
	if start, err := in.Peek(len(gzipMagic)); err == nil && bytes.Equal(start, gzipMagic) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, damaged(0, err)
		}
		r = z
	}
	b := make([]byte, headerSize)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, damaged(n, err)
	}
	return decode(b[:n])
}

// damaged words an error of the decompressor; others it leaves as they are.
func damaged(at int, err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse(at, image.ErrFormat, "damaged gzip: %v", err)
	}
	return err
}

// decode reads a header.
func decode(b []byte) (*image.Image, error) {
	version, ok := strings.CutPrefix(cString(b[:min(len(b), signatureSize)]), signature)
	switch {
	case !ok:
		return nil, refuse(0, image.ErrFormat, "not a DMTCP checkpoint")
	case version != version4 && len(b) >= signatureSize:
		return nil, refuse(len(signature), image.ErrVersion, "DMTCP image version %q is not known, only 4.0", strings.TrimSpace(version))
	case len(b) < headerSize:
		return nil, refuse(len(b), image.ErrFormat, "the header is cut short: it has %d bytes in place of %d", len(b), headerSize)
	}
	var ids [4]int32 // pid, ppid, sid, pgid
	for i := range ids {
		at := pidAt + 4*i
		ids[i] = int32(binary.LittleEndian.Uint32(b[at:]))
		if ids[i] < 0 || ids[i] > pidspace.MaxPID {
			return nil, refuse(at, image.ErrInconsistent, "id %d is not in 1 to %d", ids[i], pidspace.MaxPID)
		}
	}
	p := image.Process{State: image.Running, IDs: image.IDs{
		PID: pidspace.VTGID(ids[0]), PPID: pidspace.VTGID(ids[1]), SID: pidspace.VSID(ids[2]), PGID: pidspace.VPGID(ids[3])}}
	p.Name, p.Exe = names(b)
	img := &image.Image{Origin: image.DMTCP, Processes: []image.Process{p}}
	if err := img.Check(); err != nil {
		return nil, refuse(pidAt, image.ErrInconsistent, "%v", err)
	}
	return img, nil
}

// names finds the name of the program and the path of its executable. The path
// begins with a slash and follows the zero byte at the end of the name's field.
func names(b []byte) (name, exe image.Text) {
	for _, at := range namesAt {
		path := at + nameSize
		if b[path] == '/' && b[path-1] == 0 {
			return image.Text(cString(b[at:path])), image.Text(cString(b[path : path+nameSize]))
		}
	}
	return "", ""
}

// cString returns b up to the first zero byte.
func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// refuse makes the error for what is wrong at an offset.
func refuse(at int, sentinel error, format string, args ...any) error {
	return &image.FormatError{Offset: int64(at), Reason: fmt.Sprintf(format, args...), Err: sentinel}
}
