package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// Version is the format that Encode writes.
const Version = 1

// magic begins every image.
const magic = "pidsim-identity"

// Encode returns img as a file. It fails with a [*CheckError] if img is not
// consistent, or larger than an image may be.
func Encode(img *Image) ([]byte, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	body, err := img.body()
	if err != nil {
		return nil, err
	}
	if len(body) > MaxBody {
		return nil, &CheckError{-1, fmt.Sprintf("the body has %d bytes, more than %d", len(body), MaxBody), ErrTooLarge}
	}
	return append(fmt.Appendf(nil, "%s %d %d %x\n", magic, Version, len(body), sha256.Sum256(body)), body...), nil
}

// JSON returns img as indented JSON: what the body of its file would be.
func (img *Image) JSON() ([]byte, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	return img.body()
}

// body writes the canonical JSON of an image that is consistent.
func (img *Image) body() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(img); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return b.Bytes(), nil
}
