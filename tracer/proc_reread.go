package tracer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/abi"
)

// fdLink is the link to the file behind the descriptor in the call's first
// argument.
func fdLink(t *task) string {
	return fmt.Sprintf("/proc/%d/fd/%d", t.tid, int32(t.call.args[0]))
}

// shownFD tells what the file behind the call's first argument shows.
func (s *supervisor) shownFD(t *task) (shownFile, bool) {
	text, err := os.Readlink(fdLink(t))
	if err != nil {
		return shownFile{}, false
	}
	if _, ok := s.shownBy(text); !ok {
		return shownFile{}, false
	}
	var st unix.Stat_t
	if unix.Stat(fdLink(t), &st) != nil {
		return shownFile{}, false
	}
	f, ok := s.shown.made.of[st.Ino]
	return f, ok
}

// reread handles calls that can read a file from its beginning again: one that
// shows another is brought up to date, and then the call runs.
func reread(s *supervisor, t *task) (verdict, error) {
	f, ok := s.shownFD(t)
	if !ok {
		return s.letGo(t)
	}
	text, ok := s.fresh(t, f)
	if !ok && t.call.row.Name != "lseek" && t.call.row.Name != "_llseek" {
		return refuse(unix.ESRCH), nil
	}
	if err := rewriteAt(fdLink(t), text); err != nil {
		s.log(2, "%s of %d reads old text: %v", t.call.row.Name, t.virtual, err)
	}
	return s.letGo(t)
}

// fresh gives the present text of a file that is shown. It reports false when
// its process is gone.
func (s *supervisor) fresh(t *task, f shownFile) ([]byte, bool) {
	if f.within != "" {
		text, _, _, ok := s.translated(t, f)
		return text, ok
	}
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/root%s", t.tid, f.group), unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	if !isGroup(t, fmt.Sprintf("/proc/self/fd/%d", fd)) {
		return nil, false // something else has taken its place
	}
	text, _, _, ok := s.translate(t, f, fd)
	return text, ok
}

// fstatfs shows the file system of the file that is shown: the call becomes a
// statfs.
func fstatfs(s *supervisor, t *task) (verdict, error) {
	f, ok := s.shownFD(t)
	if !ok {
		return s.letGo(t)
	}
	path := f.root
	if f.within == "" {
		path = f.group
	}
	at, err := s.scratch(t)
	if err != nil {
		return proceed, err
	}
	if err := t.write(at, append([]byte(path), 0)); err != nil {
		return proceed, err
	}
	nr := injected().statfs
	if t.call.row.Name == "fstatfs64" {
		nr[abi.I386] = injected().statfs64[abi.I386]
	}
	return proceed, s.become(t, nr, at)
}
