package criu

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/checkpoint-restore/go-criu/v7/magic"

	"github.com/pidsim/pidsim/pidspace/image"
)

// Most bytes that an image file may have, by what is in it.
const (
	maxPstree = 16 << 20 // a record of each process with its threads
	maxCore   = 1 << 20  // registers and signal handlers of one thread
	maxMM     = 32 << 20 // a record with all mappings of one process
	maxFiles  = 64 << 20 // a record of each open file
	maxOther  = 64 << 10
)

// magics are the magic numbers of image files by name.
var magics = sync.OnceValue(magic.LoadMagic)

// record is a message in an image file.
type record struct {
	offset int64
	body   []byte
}

// dump reads a whole file of a dump, if it has no more bytes than most.
type dump func(name string, most int64) ([]byte, error)

// records reads the records of an image file, whose first magic number must be
// that of kind.
func (d dump) records(name, kind string, most int64) ([]record, error) {
	b, err := d(name, most)
	if err != nil {
		return nil, err
	}
	list, err := split(b, kind)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// one reads the only record of an image file into m.
func (d dump) one(name, kind string, most int64, m message) error {
	list, err := d.records(name, kind, most)
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("%s: %w", name, refuse(0, image.ErrFormat, "there are %d records in place of 1", len(list)))
	}
	if err := list[0].decode(m); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// split takes an image file apart: magic numbers, and then records that follow
// their size. The inventory alone lacks the common magic number.
func split(b []byte, kind string) ([]record, error) {
	want := []uint64{magics().ByName["IMG_COMMON"], magics().ByName[kind]}
	if kind == "INVENTORY" {
		want = want[1:]
	}
	at := int64(0)
	for _, number := range want {
		if len(b) < 4 {
			return nil, refuse(at, image.ErrFormat, "the file is cut short")
		}
		if got := uint64(binary.LittleEndian.Uint32(b)); got != number {
			return nil, refuse(at, image.ErrFormat, "not a CRIU image of this kind: %08x in place of %08x", got, number)
		}
		b, at = b[4:], at+4
	}
	var list []record
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, refuse(at, image.ErrFormat, "the file is cut short")
		}
		size := int64(binary.LittleEndian.Uint32(b))
		b, at = b[4:], at+4
		if size > int64(len(b)) {
			return nil, refuse(at-4, image.ErrFormat, "a record has %d bytes, but the file ends after %d", size, len(b))
		}
		if len(list) == maxRecords {
			return nil, refuse(at-4, image.ErrTooLarge, "there are more than %d records", maxRecords)
		}
		list = append(list, record{at, b[:size:size]})
		b, at = b[size:], at+size
	}
	return list, nil
}

// maxRecords bounds the records of a file. Only files.img has more than there
// are processes.
const maxRecords = 1 << 20

// decode decodes the record into m.
func (r record) decode(m message) error {
	if err := unmarshal(r.body, m); err != nil {
		return refuse(r.offset, image.ErrFormat, "the record is damaged: %v", err)
	}
	return nil
}

// refuse makes the error for what is wrong at an offset.
func refuse(at int64, sentinel error, format string, args ...any) error {
	return &image.FormatError{Offset: at, Reason: fmt.Sprintf(format, args...), Err: sentinel}
}
