package tracer

import (
	"io"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
)

// WriteSyscalls prints how every system call is treated, and every file that
// shows process ids, in one of the formats "table", "json" and "csv". The names
// of files begin with a slash, and they have no numbers.
func WriteSyscalls(w io.Writer, format string) error {
	var files []abi.Line
	for _, f := range procfs.Files() {
		stops := "never"
		if f.Class == abi.Translate.String() {
			stops = "open"
		}
		files = append(files, abi.Line{Name: f.Path, Class: f.Class, Stops: stops, Support: f.Level, Note: f.Note})
	}
	return abi.Render(w, format, files...)
}
