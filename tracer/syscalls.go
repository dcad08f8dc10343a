package tracer

import (
	"io"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// WriteSyscalls prints how every system call is treated, in one of the formats
// "table", "json" and "csv".
func WriteSyscalls(w io.Writer, format string) error { return abi.Render(w, format) }
