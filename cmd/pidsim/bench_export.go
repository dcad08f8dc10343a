package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/bench"
)

// exportForms are the forms of a result by the end of a file's name.
var exportForms = []struct {
	suffix string
	write  func(io.Writer, *bench.Result) error
}{
	{".json", bench.Encode},
	{".csv", bench.WriteCSV},
	{".md", bench.WriteMarkdown},
	{".svg", bench.WriteSVG},
}

// exports is the value of --export: names of files, each with a form.
type exports struct{ names *[]string }

// Set implements [pflag.Value].
func (e *exports) Set(s string) error {
	if formOf(s) == nil {
		return &valueError{why: "the end of the name does not tell the form", fix: "name a file that ends in .json, .csv, .md or .svg"}
	}
	for _, known := range *e.names {
		if filepath.Clean(known) == filepath.Clean(s) {
			return &valueError{why: "the file is named twice", fix: "name another"}
		}
	}
	*e.names = append(*e.names, s)
	return nil
}

// String implements [pflag.Value].
func (e *exports) String() string { return strings.Join(*e.names, ",") }

// Type implements [pflag.Value].
func (e *exports) Type() string { return "FILE" }

// formOf finds the writer for a name, or nil.
func formOf(name string) func(io.Writer, *bench.Result) error {
	i := slices.IndexFunc(exportForms, func(f struct {
		suffix string
		write  func(io.Writer, *bench.Result) error
	}) bool {
		return strings.HasSuffix(name, f.suffix) && filepath.Base(name) != f.suffix
	})
	if i < 0 {
		return nil
	}
	return exportForms[i].write
}

// export is a file that a result will be in. Until then it has another name,
// so that an old result is lost only to a whole new one.
type export struct {
	name string
	temp *os.File
}

// exportFiles are those of a run.
type exportFiles []export

// openExports makes the files before anything is measured, so that a name that
// is no good is known at once.
func openExports(names []string) (files exportFiles, err error) {
	for _, name := range names {
		temp, err := openExport(name)
		if err != nil {
			files.discard()
			return nil, failed("bench: --export "+word(name), "cannot write: "+exportReason(err), "choose another file")
		}
		files = append(files, export{name, temp})
	}
	return files, nil
}

var errNotOrdinary = errors.New("it is there and not an ordinary file")

// exportReason words why a file cannot be written.
func exportReason(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no such directory"
	}
	_, why := reason(err)
	return why
}

// openExport makes the file that is to become name.
func openExport(name string) (*os.File, error) {
	switch fi, err := os.Stat(name); {
	case err == nil && !fi.Mode().IsRegular():
		return nil, errNotOrdinary
	case err == nil:
		if err := unix.Access(name, unix.W_OK); err != nil {
			return nil, err
		}
	}
	temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".pidsim-%s.tmp", rand.Text()))
	return os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// write puts a result into every file.
func (files exportFiles) write(r *bench.Result) error {
	var all error
	for i := range files {
		f := &files[i]
		err := errors.Join(formOf(f.name)(f.temp, r), f.temp.Sync(), f.temp.Close())
		if err == nil {
			err = os.Rename(f.temp.Name(), f.name)
		}
		if err != nil {
			all = errors.Join(all, failed("bench: --export "+word(f.name), "cannot write: "+exportReason(err), "the file is as it was"))
		}
	}
	return all
}

// discard removes what has not got its name.
func (files exportFiles) discard() {
	for _, f := range files {
		_ = f.temp.Close()
		_ = os.Remove(f.temp.Name()) // fails after a rename
	}
}
