package image

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Text is a string of bytes that is usually, but not always, UTF-8: a path or
// an argument. Its form in an image does not depend on the escapes that a
// release of encoding/json prefers.
type Text string

// base64Member is the member of the object that stands for other bytes.
const base64Member = "base64"

// MarshalJSON implements [json.Marshaler].
func (t Text) MarshalJSON() ([]byte, error) {
	if !utf8.ValidString(string(t)) {
		return json.Marshal(map[string][]byte{base64Member: []byte(t)})
	}
	return t.quote(), nil
}

// quote writes t as a JSON string: quotation mark, reverse solidus and control
// characters are escaped, as few others as possible.
func (t Text) quote() []byte {
	b := make([]byte, 0, len(t)+2)
	b = append(b, '"')
	for _, r := range string(t) {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Text(s)
		return nil
	}
	var object map[string]string
	if err := json.Unmarshal(b, &object); err != nil || object == nil {
		return errors.New("neither text nor base64")
	}
	coded, ok := object[base64Member]
	if !ok || len(object) != 1 {
		return errors.New("an object in place of text has the member base64 alone")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil {
		return fmt.Errorf("base64: %w", err)
	}
	*t = Text(raw)
	return nil
}

// clip shortens what a message quotes.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}

// hasNUL tells whether any text holds the byte that none can hold.
func hasNUL(texts ...Text) bool {
	for _, t := range texts {
		if bytes.IndexByte([]byte(t), 0) >= 0 {
			return true
		}
	}
	return false
}
