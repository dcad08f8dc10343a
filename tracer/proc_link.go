package tracer

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// readlink answers for /proc/self and /proc/thread-self, and looks out for
// links whose text is a path in procfs.
func readlink(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	p := c.row.Paths[0]
	target, err := s.resolve(t, p, procfs.Number|procfs.SelfLink)
	if err != nil {
		return proceed, err
	}
	switch target.Kind {
	case procfs.Self:
		return s.answerLink(t, fmt.Sprint(s.processID(t.proc)))
	case procfs.ThreadSelf:
		return s.answerLink(t, fmt.Sprintf("%d/task/%d", s.processID(t.proc), t.virtual))
	case procfs.MagicLink:
		if text, err := os.Readlink("/proc/" + target.Within); err == nil && s.maySpeakOf(text) {
			c.link = text
		}
	}
	if !target.Changed && c.link == "" {
		return s.letGo(t)
	}
	if err := s.rewritePath(t, p.Path, target); err != nil {
		return proceed, err
	}
	return verdict{pathsDone: true}, nil
}

// answerLink gives a text for the result of a readlink.
func (s *supervisor) answerLink(t *task, text string) (verdict, error) {
	at, size := linkBuffer(t)
	if size <= 0 {
		return refuse(unix.EINVAL), nil
	}
	text = text[:min(len(text), size)]
	if err := ptrace.Write(t.tid, at, []byte(text)); err != nil {
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
func (s *supervisor) maySpeakOf(text string) bool {
	_, ours := s.shownBy(text)
	return ours || text != "" && text[0] == '/' && procfs.Candidate(text)&procfs.Number != 0
}

// presentLink translates the text of a magic link.
func (s *supervisor) presentLink(t *task, text string) string {
	if f, ok := s.shownBy(text); ok {
		text = f.path()
	}
	out, _ := procfs.TranslateLink(text, procView{s, t}, procView{s, t})
	return out
}

// readlinkDone translates the text that the kernel gave. It has cut what did
// not fit, and the virtual text is cut at the same place.
func readlinkDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if c.link == "" || result <= 0 {
		return nil
	}
	at, size := linkBuffer(t)
	given := make([]byte, min(result, unix.PathMax))
	if err := ptrace.Read(t.tid, at, given); err != nil {
		return ignoreFault(err)
	}
	text := string(given)
	if int(result) == size && strings.HasPrefix(c.link, text) {
		text = c.link
	}
	out := s.presentLink(t, text)
	if out == string(given) {
		return nil
	}
	out = out[:min(len(out), size)]
	if err := ptrace.Write(t.tid, at, []byte(out)); err != nil {
		return ignoreFault(err)
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(len(out)))
}

// getcwd looks whether the working directory can be in procfs.
func getcwd(s *supervisor, t *task) (verdict, error) {
	text, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", t.tid))
	if err != nil || !s.maySpeakOf(text) {
		return s.letGo(t)
	}
	t.call.link = text
	return proceed, nil
}

// getcwdDone translates the path, if there is room for it (getcwd(2)).
func getcwdDone(s *supervisor, t *task, result int64) error {
	c := &t.call
	if c.link == "" || result <= 1 || result > unix.PathMax {
		return nil
	}
	given := make([]byte, result-1)
	if err := ptrace.Read(t.tid, c.args[0], given); err != nil {
		return ignoreFault(err)
	}
	out := s.presentLink(t, string(given))
	if out == string(given) {
		return nil
	}
	if uint64(len(out)) >= c.args[1] {
		return ptrace.Poke(t.tid, ptrace.RAX, uint64(errnoResult(unix.ERANGE)))
	}
	if err := ptrace.Write(t.tid, c.args[0], append([]byte(out), 0)); err != nil {
		return ignoreFault(err)
	}
	return ptrace.Poke(t.tid, ptrace.RAX, uint64(len(out)+1))
}

// errnoResult is a result register with an errno.
func errnoResult(errno unix.Errno) int64 { return -int64(errno) }
