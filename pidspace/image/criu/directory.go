package criu

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/pidsim/pidsim/pidspace/image"
)

// directory is a directory with a dump.
type directory struct {
	root  *os.Root
	check func(name string, fi fs.FileInfo) error
}

// read reads an ordinary file of the directory.
func (d directory) read(name string, most int64) ([]byte, error) {
	f, err := d.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", name, refuse(0, image.ErrFormat, "not an ordinary file"))
	}
	if d.check != nil {
		if err := d.check(name, fi); err != nil {
			return nil, err
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s: %w", name, refuse(most, image.ErrTooLarge, "the file has more than %d bytes", most))
	}
	return b, nil
}
