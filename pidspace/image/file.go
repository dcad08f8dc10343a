package image

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile writes img to a file that only its owner can read and write. At
// every moment, also after a crash, path is what it was before or the whole
// image; a symbolic link is replaced, not followed.
func WriteFile(path string, img *Image) error {
	b, err := Encode(img)
	if err != nil {
		return err
	}
	if fi, err := os.Lstat(path); err == nil && !fi.Mode().IsRegular() && fi.Mode()&fs.ModeSymlink == 0 {
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("not an ordinary file")}
	}
	temp, err := writeTemp(filepath.Dir(path), b)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp writes b to a new file in dir, through to the disk.
func writeTemp(dir string, b []byte) (_ string, err error) {
	name := filepath.Join(dir, fmt.Sprintf(".pidsim-%s.tmp", rand.Text()))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(name)
		}
	}()
	if err := f.Chmod(0o600); err != nil { // whatever the umask took away
		return "", err
	}
	if _, err := f.Write(b); err != nil {
		return "", err
	}
	return name, f.Sync()
}

// syncDir makes a rename in dir last. A directory that cannot be read, or a file
// system that does not do this, is left to itself.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	if err := d.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
