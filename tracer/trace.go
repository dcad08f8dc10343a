package tracer

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

func (s *supervisor) tracing() bool { return s.cmd.Trace != nil }

// traceCall writes a line for a call that was translated: ids are shown as the
// program sees them, with the kernel's number behind where it differs.
func (s *supervisor) traceCall(t *task, result int64, ran bool) {
	c := &t.call
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s(", both(int64(t.virtual), int64(t.tid)), c.row.Name)
	n := argCount(c)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.traceArg(c, i))
	}
	b.WriteString(") = ")
	switch {
	case failed(result):
		errno := unix.Errno(-result)
		fmt.Fprintf(&b, "-1 %s (%s)", unix.ErrnoName(errno), errno.Error())
	default:
		fmt.Fprintf(&b, "%d", result)
	}
	if !ran {
		b.WriteString(" <answered>")
	}
	b.WriteByte('\n')
	_, _ = s.cmd.Trace.Write([]byte(b.String()))
}

// argCount is how many arguments say something: up to the last that the table
// knows a use for, and at least two if there is one.
func argCount(c *call) int {
	n := 0
	for _, u := range c.row.Uses {
		if u.Loc != abi.Result {
			n = max(n, u.Arg+1, 2)
		}
	}
	for _, p := range c.row.Paths {
		n = max(n, p.Path+1, 2)
	}
	return min(n, len(c.args))
}

func (s *supervisor) traceArg(c *call, i int) string {
	for _, u := range c.row.Uses {
		if u.Loc == abi.InReg && u.Arg == i && u.Applies(c.args) {
			return both(int64(int32(c.args[i])), int64(int32(c.sent[i])))
		}
	}
	switch v := c.args[i]; {
	case int64(v) < 0, v>>32 == 0 && int32(v) < 0:
		return fmt.Sprint(int32(v)) // such as AT_FDCWD
	case v > 0xffff:
		return fmt.Sprintf("%#x", v)
	}
	return fmt.Sprint(c.args[i])
}

// both writes an id, and the real one behind it when that is another number.
func both(virtual, real int64) string {
	if virtual == real {
		return fmt.Sprint(virtual)
	}
	return fmt.Sprintf("%d[%d]", virtual, real)
}

// traceSignal writes a line for a delivered signal.
func (s *supervisor) traceSignal(t *task, sig int, si []byte) {
	from := ""
	if at, ok := s.senderIn(si, abi.X86_64); ok {
		from = fmt.Sprintf(" from %d", int32(le32(si[at:])))
	}
	fmt.Fprintf(s.cmd.Trace, "%s --- %s%s ---\n", both(int64(t.virtual), int64(t.tid)), unix.SignalName(unix.Signal(sig)), from)
}
