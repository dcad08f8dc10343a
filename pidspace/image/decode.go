package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxHeader is the length of the longest first line that can be valid.
const maxHeader = len(magic) + len(" 4294967295 ") + len("67108864 ") + 2*sha256.Size + len("\n")

// IsImage tells whether a file that begins with b, which should have at least
// 16 bytes of it, is meant to be an image.
func IsImage(b []byte) bool { return bytes.HasPrefix(b, []byte(magic+" ")) }

// Read reads an image and everything to the end of r, which must be the end of
// the image. The error is that of [Decode], or of r.
func Read(r io.Reader) (*Image, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(maxHeader+MaxBody+1)))
	if err != nil {
		return nil, err
	}
	return Decode(b)
}

// Decode reads an image from b, which must hold it and nothing else. The
// error is a [*FormatError].
func Decode(b []byte) (*Image, error) {
	h, err := readHeader(b)
	if err != nil {
		return nil, err
	}
	body := b[h.size:]
	switch {
	case len(body) < h.length:
		return nil, refuse(len(b), ErrFormat, "the image is cut short: %d bytes are missing", h.length-len(body))
	case len(body) > h.length:
		return nil, refuse(h.size+h.length, ErrFormat, "something follows the end of the image")
	case sha256.Sum256(body) != h.sum:
		return nil, refuse(h.size, ErrFormat, "the image is damaged: the body does not match its hash")
	}
	img, err := readBody(body)
	if err != nil {
		var f *FormatError
		if errors.As(err, &f) {
			f.Offset += int64(h.size)
		}
		return nil, err
	}
	return img, nil
}

// header is the first line of an image.
type header struct {
	length int
	sum    [sha256.Size]byte
	size   int // of the line
}

// readHeader reads the first line.
func readHeader(b []byte) (h header, err error) {
	if !IsImage(b) {
		return h, refuse(0, ErrFormat, "the file does not begin with %q: not an identity image", magic)
	}
	end := bytes.IndexByte(b[:min(len(b), maxHeader)], '\n')
	if end < 0 {
		return h, refuse(min(len(b), maxHeader), ErrFormat, "the first line does not end")
	}
	h.size = end + 1
	at := len(magic) + 1
	version, rest, _ := strings.Cut(string(b[at:end]), " ")
	if n, ok := decimal(version); !ok {
		return h, refuse(at, ErrFormat, "%q is not a format version", clip(version))
	} else if n != Version {
		return h, refuse(at, ErrVersion, "format version %d is not known, only %d", n, Version)
	}
	at += len(version) + 1
	length, sum, _ := strings.Cut(rest, " ")
	n, ok := decimal(length)
	if !ok {
		return h, refuse(at, ErrFormat, "%q is not a length", clip(length))
	}
	if n > MaxBody {
		return h, refuse(at, ErrTooLarge, "the length %d exceeds %d", n, MaxBody)
	}
	h.length = n
	at += len(length) + 1
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != len(h.sum) || strings.ToLower(sum) != sum {
		return h, refuse(at, ErrFormat, "%q is not a SHA-256 hash in lower case", clip(sum))
	}
	h.sum = [sha256.Size]byte(raw)
	return h, nil
}

// decimal reads a number without sign and leading zeros.
func decimal(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0, false
	}
	return int(n), true
}

// readBody reads the JSON of an image. Offsets are those in b.
func readBody(b []byte) (*Image, error) {
	r := &bodyReader{dec: json.NewDecoder(bytes.NewReader(b))}
	r.dec.DisallowUnknownFields()
	if err := r.image(); err != nil {
		return nil, err
	}
	if err := r.img.Check(); err != nil {
		return nil, r.explain(err)
	}
	canonical, err := r.img.body()
	if err != nil {
		return nil, refuse(0, ErrFormat, "%v", err)
	}
	if at := firstDifference(b, canonical); at >= 0 {
		return nil, refuse(at, ErrFormat, "the body is not in canonical form")
	}
	return &r.img, nil
}

// bodyReader reads an image member by member, so that a long list of processes
// is refused before it takes memory.
type bodyReader struct {
	dec *json.Decoder
	img Image
	// at has where each process begins.
	at []int
}

// image reads the object that is the body.
func (r *bodyReader) image() error {
	if err := r.delim('{'); err != nil {
		return err
	}
	for r.dec.More() {
		at := r.offset()
		token, err := r.dec.Token()
		if err != nil {
			return r.syntax(err)
		}
		switch token {
		case "origin":
			err = r.value(&r.img.Origin)
		case "taken":
			err = r.value(&r.img.Taken)
		case "host":
			err = r.value(&r.img.Host)
		case "processes":
			err = r.processes()
		default:
			return refuse(at, ErrFormat, "member %q is not known", clip(fmt.Sprint(token)))
		}
		if err != nil {
			return err
		}
	}
	return r.delim('}')
}

// processes reads the list of processes.
func (r *bodyReader) processes() error {
	if err := r.delim('['); err != nil {
		return err
	}
	for r.dec.More() {
		if len(r.img.Processes) == MaxProcesses {
			return refuse(r.offset(), ErrTooLarge, "there are more than %d processes", MaxProcesses)
		}
		r.at = append(r.at, r.offset())
		r.img.Processes = append(r.img.Processes, Process{})
		if err := r.value(&r.img.Processes[len(r.img.Processes)-1]); err != nil {
			return err
		}
	}
	return r.delim(']')
}

// value reads the next value into v.
func (r *bodyReader) value(v any) error {
	at := r.offset()
	err := r.dec.Decode(v)
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return r.syntax(err)
	case errors.As(err, &kind):
		return refuse(at, ErrFormat, "in the value that begins here, %s cannot be a JSON %s", field(kind.Field), clip(kind.Value))
	}
	return refuse(at, ErrFormat, "in the value that begins here: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// field names a member for a message.
func field(name string) string {
	if name == "" {
		return "it"
	}
	return "member " + clip(name)
}

// delim reads one delimiter.
func (r *bodyReader) delim(want json.Delim) error {
	at := r.offset()
	token, err := r.dec.Token()
	if err != nil {
		return r.syntax(err)
	}
	if token != want {
		return refuse(at, ErrFormat, "%q is missing", want.String())
	}
	return nil
}

// offset is where the reader is.
func (r *bodyReader) offset() int { return int(r.dec.InputOffset()) }

// syntax words an error in the JSON itself.
func (r *bodyReader) syntax(err error) error {
	at := r.offset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = int(syntax.Offset)
	}
	return refuse(at, ErrFormat, "not JSON: %v", err)
}

// explain says where in the body the process is that Check refused.
func (r *bodyReader) explain(err error) error {
	var c *CheckError
	if !errors.As(err, &c) {
		return err
	}
	at := 0
	if c.Index >= 0 {
		at = r.at[c.Index]
	}
	return refuse(at, c.Err, "%s", c.Reason)
}

// firstDifference returns where a and b begin to differ, -1 if they do not.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

// refuse makes the error for what is wrong at an offset.
func refuse(at int, sentinel error, format string, args ...any) error {
	return &FormatError{Offset: int64(at), Reason: fmt.Sprintf(format, args...), Err: sentinel}
}
