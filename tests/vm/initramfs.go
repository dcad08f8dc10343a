package vm

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// archive writes an initramfs in the format that the kernel's documentation
// calls newc. It has no links and all of it belongs to root.
type archive struct {
	w     io.Writer
	inode int
	err   error
}

const (
	modeDir  = 0o040755
	modeFile = 0o100755
	modeChar = 0o020600
)

// entry adds one entry. The numbers are of a character device.
func (a *archive) entry(name string, mode int, major, minor int, data []byte) {
	if a.err != nil {
		return
	}
	a.inode++
	header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0)
	a.padded(append([]byte(header), name+"\x00"...))
	a.padded(data)
}

func (a *archive) padded(data []byte) {
	if a.err != nil {
		return
	}
	zeros := make([]byte, -len(data)&3)
	_, a.err = a.w.Write(append(data[:len(data):len(data)], zeros...))
}

// file is a file of an initramfs.
type file struct {
	name string
	data []byte
}

// initramfs packs files, and what any guest needs beside them to have a
// console and a place for its root.
func initramfs(files []file) ([]byte, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	a := archive{w: z}
	for _, dir := range []string{"dev", "host"} {
		a.entry(dir, modeDir, 0, 0, nil)
	}
	a.entry("dev/console", modeChar, 5, 1, nil)
	for _, f := range files {
		a.entry(f.name, modeFile, 0, 0, f.data)
	}
	a.entry("TRAILER!!!", 0, 0, 0, nil)
	if a.err != nil {
		return nil, a.err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
