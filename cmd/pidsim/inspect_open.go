package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/pidspace/image/criu"
	"github.com/pidsim/pidsim/pidspace/image/dmtcp"
)

// openImage reads the identities in an image, in a directory with a CRIU dump
// or in a DMTCP checkpoint, whichever is at path. Check is asked about each
// file, and about the directory, before they are read.
func openImage(path string, check func(path string, fi fs.FileInfo) error) (*image.Image, error) {
	// A pipe that nobody writes to must not block.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		errno, why := reason(err)
		fix := "name an image, a directory with a CRIU dump, or a DMTCP checkpoint"
		if errno == unix.EACCES {
			fix = "images are readable only for their owners"
		}
		return nil, failed(word(path), why, fix)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err == nil {
		err = check(path, fi)
	}
	if err != nil {
		return nil, err
	}
	var img *image.Image
	if fi.IsDir() {
		img, err = openDump(path, check)
	} else {
		img, err = readImage(f)
	}
	return img, imageFailure(path, err)
}

// openDump reads a CRIU dump.
func openDump(dir string, check func(string, fs.FileInfo) error) (*image.Image, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return criu.Read(root, func(name string, fi fs.FileInfo) error { return check(filepath.Join(dir, name), fi) })
}

// readImage reads an image, or what else has the identity in one file.
func readImage(f *os.File) (*image.Image, error) {
	const enough = 32 // bytes, to recognize each
	in := bufio.NewReader(f)
	start, err := in.Peek(enough)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case dmtcp.IsCheckpoint(start):
		return dmtcp.Read(in)
	}
	return image.Read(in)
}

// imageFailure words the error of reading what is at path; nil for none.
func imageFailure(path string, err error) error {
	var f *failure
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, image.ErrVersion):
		return failed(word(path), err.Error(), "a newer pidsim may read it")
	case errors.Is(err, criu.ErrUnfinished):
		return failed(word(path), err.Error(), "name the directory of a dump that has succeeded")
	case errors.Is(err, image.ErrFormat), errors.Is(err, image.ErrInconsistent), errors.Is(err, image.ErrTooLarge):
		return failed(word(path), err.Error(), "take it again where it comes from")
	}
	why := err.Error()
	if p, ok := err.(*fs.PathError); ok { // about path itself
		why = "cannot read: " + p.Err.Error()
	}
	return failed(word(path), why, "check the file and its permissions")
}
