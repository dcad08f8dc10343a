package tracer

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// readlink answers for /proc/self and /proc/thread-self, and looks out for
// links whose text is a path in procfs.
func readlink(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	p := c.row.Paths[0]
	target, err := s.resolveLink(t, p)
	if err != nil {
		return proceed, err
	}
	switch target.Kind {
	case procfs.Self:
		return s.answerLink(t, fmt.Sprint(s.processID(t.proc)))
	case procfs.ThreadSelf:
		return s.answerLink(t, fmt.Sprintf("%d/task/%d", s.processID(t.proc), t.virtual))
	case procfs.MagicLink:
		if _, size := linkBuffer(t); size > 0 && s.maySpeakOf("/proc/"+target.Within) {
			if err := s.catchPath(t, p.Path+1); err != nil {
				return proceed, err
			}
		}
	}
	if !target.Changed && c.caught == 0 {
		return s.letGo(t)
	}
	if err := s.rewritePath(t, p.Path, target); err != nil {
		return proceed, err
	}
	return verdict{pathsDone: true}, nil
}

// resolveLink finds out which link a readlink is about; without a name that is
// the one that is open (readlinkat(2), O_PATH).
func (s *supervisor) resolveLink(t *task, p abi.PathArg) (procfs.Target, error) {
	const reasons = procfs.Number | procfs.SelfLink
	name, err := s.pathArg(t, p)
	if err != nil {
		return procfs.Target{}, err
	}
	if name == "" && p.Dir != abi.AtCWD {
		link, err := s.directory(t, p.Dir)
		if err != nil || path.Base(link) != "self" && path.Base(link) != "thread-self" {
			return procfs.Target{}, nil
		}
		p, name = abi.PathArg{Path: p.Path, Dir: abi.AtCWD}, link
	}
	return s.resolvePath(t, p, name, reasons)
}

// catchPath has the kernel put the path that it gives out into scratch memory,
// whole, so that the program's buffer never holds more than it is to see. The
// arguments are the buffer and its size.
func (s *supervisor) catchPath(t *task, arg int) error {
	at, err := s.scratch(t)
	if err != nil {
		return err
	}
	t.call.caught = at
	if err := s.setArg(t, arg, at); err != nil {
		return err
	}
	return s.setArg(t, arg+1, slotSize/2)
}

// answerLink gives a text for the result of a readlink.
func (s *supervisor) answerLink(t *task, text string) (verdict, error) {
	at, size := linkBuffer(t)
	if size <= 0 {
		return refuse(unix.EINVAL), nil
	}
	text = text[:min(len(text), size)]
	if err := t.write(at, []byte(text)); err != nil {
		return refuse(unix.EFAULT), ignoreFault(err)
	}
	return answer(int64(len(text))), nil
}

// linkBuffer is the program's buffer for the text of a link.
func linkBuffer(t *task) (at uint64, size int) {
	p := t.call.row.Paths[0].Path
	return t.call.args[p+1], int(int32(t.call.args[p+2]))
}

// maySpeakOf tells whether the text of a magic link can hold ids.
func (s *supervisor) maySpeakOf(link string) bool {
	text, err := os.Readlink(link)
	if err != nil || text == "" || text[0] != '/' {
		return false
	}
	_, ours := s.shownBy(text)
	return ours || procfs.Candidate(strings.TrimSuffix(text, procfs.DeletedMark))&procfs.Number != 0
}

// presentLink translates the text of a magic link.
func (s *supervisor) presentLink(t *task, text string) string {
	if f, ok := s.shownBy(text); ok {
		text = f.path()
	}
	out, _ := procfs.TranslateLink(text, procView{s, t}, procView{s, t})
	return out
}

// readlinkDone gives the program what fits of the translated text, without an
// end (readlink(2)).
func readlinkDone(s *supervisor, t *task, result int64) error {
	text, err := s.caughtPath(t, result)
	if err != nil || text == "" {
		return err
	}
	at, size := linkBuffer(t)
	return giveResult(t, at, text[:min(len(text), size)])
}

// getcwd looks whether the working directory can be in procfs.
func getcwd(s *supervisor, t *task) (verdict, error) {
	if !s.maySpeakOf(fmt.Sprintf("/proc/%d/cwd", t.tid)) {
		return s.letGo(t)
	}
	return proceed, s.catchPath(t, 0)
}

// getcwdDone gives the program the translated path with its end, if there is
// room for it (getcwd(2)).
func getcwdDone(s *supervisor, t *task, result int64) error {
	text, err := s.caughtPath(t, result)
	if err != nil || text == "" {
		return err
	}
	text = strings.TrimSuffix(text, "\x00") + "\x00"
	if uint64(len(text)) > t.call.args[1] {
		return ptrace.Poke(t.tid, ptrace.RAX, errnoResult(unix.ERANGE))
	}
	return giveResult(t, t.call.args[0], text)
}

// caughtPath is the path that the kernel has given out, translated; empty if it
// gave none.
func (s *supervisor) caughtPath(t *task, result int64) (string, error) {
	if t.call.caught == 0 || failed(result) || result > slotSize/2 {
		return "", nil
	}
	text := make([]byte, result)
	if err := t.read(t.call.caught, text); err != nil {
		return "", err
	}
	path, end := strings.CutSuffix(string(text), "\x00")
	path = s.presentLink(t, path)
	if end {
		path += "\x00"
	}
	return path, nil
}

// giveResult puts a text into the program's buffer and makes its length the
// result of the call.
func giveResult(t *task, at uint64, text string) error {
	err := t.write(at, []byte(text))
	switch {
	case errors.Is(err, ptrace.ErrGone):
		return err
	case err != nil:
		return ptrace.Poke(t.tid, ptrace.RAX, errnoResult(unix.EFAULT))
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(len(text)))
}

// errnoResult is a result register with an errno.
func errnoResult(errno unix.Errno) uint64 { return uint64(-int64(errno)) }
