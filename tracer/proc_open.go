package tracer

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer/internal/procfs"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// An opening is an open that the program is to get another file from.
type opening struct {
	file  shownFile
	flags uint64
	// memory is the file that the program opens instead, already: then
	// only the rights to do so can be missing. It is nil when the program
	// opens the file itself, which is replaced after that.
	memory *os.File
	// name is scratch memory in the program.
	name uint64
	// source says that reads of the file may give records with ids; there is
	// no other file then.
	source bool
}

// open handles the calls that open files: those whose text holds ids are
// replaced by a file in memory that shows the program's ids.
func open(s *supervisor, t *task) (verdict, error) {
	c := &t.call
	p := c.row.Paths[0]
	name, err := s.pathArg(t, p)
	if err != nil {
		return proceed, err
	}
	target, err := s.resolvePath(t, p, name, procfs.Number|procfs.Content)
	if err != nil {
		return proceed, err
	}
	if target.Kind == procfs.NotProc && maybeRecords(name) {
		c.opening, c.exit = &opening{source: true}, true
	}
	group := target.Kind == procfs.NotProc && isGroupFile(name)
	if target.Kind == procfs.NotProc && !target.Changed && !group && c.opening == nil {
		return s.letGo(t)
	}
	if target.Kind == procfs.ContentFile || group {
		flags, err := openFlags(t)
		if err != nil {
			return proceed, err
		}
		f := shownFile{within: target.Within, root: target.Root}
		if v, err := s.substitute(t, f, target, flags); v != proceed || err != nil {
			return v, err
		}
	}
	if !target.Changed && c.opening == nil {
		return s.letGo(t)
	}
	if err := s.rewritePath(t, p.Path, target); err != nil {
		return proceed, err
	}
	return verdict{pathsDone: true}, nil
}

// maybeRecords tells whether a path may lead to a file whose reads give ids, by
// its text alone.
func maybeRecords(name string) bool {
	return path.Base(name) == "fuse" || strings.Contains(name, "mqueue/")
}

// letGo runs the call untouched, to be seen no more.
func (s *supervisor) letGo(t *task) (verdict, error) {
	if s.tracing() {
		return verdict{pathsDone: true}, nil
	}
	if t.call.became {
		if err := ptrace.Poke(t.tid, ptrace.OrigRAX, t.call.nr); err != nil {
			return taken, err
		}
	}
	if err := restoreArgs(t); err != nil {
		return taken, err
	}
	t.call.slot.release()
	t.call = call{}
	return taken, s.resume(t)
}

// openFlags are the flags of the calls that open.
func openFlags(t *task) (uint64, error) {
	c := &t.call
	switch c.row.Name {
	case "open":
		return c.args[1], nil
	case "openat":
		return c.args[2], nil
	case "creat":
		return unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC, nil
	}
	var how [8]byte // struct open_how begins with them
	err := t.read(c.args[2], how[:])
	return le64(how[:]), err
}

// plainFlags are those that mean the same for a file in memory; asideFlags
// must not get there, and are without effect on a file of procfs.
const (
	plainFlags = unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_LARGEFILE | unix.O_NOCTTY | unix.O_APPEND | unix.O_SYNC | unix.O_DSYNC | unix.O_ACCMODE
	asideFlags = unix.O_NOFOLLOW | unix.O_CREAT | unix.O_TRUNC
)

// substitute decides how the program gets the translated file, if at all. The
// verdict is proceed when the call goes on with its own path.
func (s *supervisor) substitute(t *task, f shownFile, target procfs.Target, flags uint64) (verdict, error) {
	c := &t.call
	writes := flags&unix.O_ACCMODE != unix.O_RDONLY
	switch {
	case flags&unix.O_PATH != 0:
		return proceed, nil
	case writes && target.File != procfs.LastPID && target.Kind == procfs.ContentFile:
		return proceed, nil // nothing but settings is written there
	}
	o := &opening{file: f, flags: flags}
	may := s.mayChange(target.File, cmp.Or(target.TID, target.PID))
	if !direct(t, target, flags) {
		if !may {
			if _, changed, _, ok := s.translated(t, f); ok && !changed {
				return proceed, nil
			}
		}
		var err error
		if o.name, err = s.scratch(t); err == nil {
			c.opening, c.exit = o, true
		}
		return proceed, err
	}
	text, changed, like, ok := s.translated(t, f)
	if !ok || !changed && !may {
		return proceed, nil
	}
	var err error
	if o.name, err = s.scratch(t); err != nil {
		return proceed, err
	}
	if o.memory, err = s.memoryFor(f, target.File, text, like); err != nil {
		s.once(0, "substitute", "/proc files show real ids: %v", err)
		return proceed, nil
	}
	c.opening = o
	return verdict{pathsDone: true}, s.redirect(t, target.Root)
}

// direct tells whether a call can open a file in memory in the place of its
// own: one that everybody may read, that shows everybody the same, and without
// flags that ask for more.
func direct(t *task, target procfs.Target, flags uint64) bool {
	switch target.File {
	case procfs.Stat, procfs.Status, procfs.Children, procfs.Loadavg, procfs.Locks, procfs.LastPID, procfs.PIDMax:
	default:
		return false
	}
	name := t.call.row.Name
	return !t.proc.apart && (name == "open" || name == "openat") && flags&^(plainFlags|asideFlags) == 0
}

// mayChange tells whether a file can come to show ids that it does not show
// now, to somebody who keeps it open.
func (s *supervisor) mayChange(f procfs.File, tid int32) bool {
	switch f {
	case procfs.Sched, procfs.FDInfo:
		return false
	case procfs.Stat, procfs.Status:
		return s.tasks[int(tid)] != nil
	}
	return true
}

// memoryFor gives the file in memory that is to be opened.
func (s *supervisor) memoryFor(f shownFile, kind procfs.File, text []byte, like *unix.Stat_t) (*os.File, error) {
	if kind == procfs.LastPID {
		return s.lastPID(f, text, like)
	}
	file, err := fileInMemory(s.name(f), text, like)
	if err != nil {
		return nil, err
	}
	s.remember(int(file.Fd()), f)
	return file, nil
}

// remember takes down what the file in memory behind a descriptor of this
// process shows.
func (s *supervisor) remember(fd int, f shownFile) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil {
		s.shown.made.add(st.Ino, f)
	}
}

// redirect makes the call open the file in memory through this process's own
// directory of descriptors.
func (s *supervisor) redirect(t *task, root string) error {
	o := t.call.opening
	arg := t.call.row.Paths[0].Path
	if err := t.write(o.name, s.reach(root, o.memory)); err != nil {
		return err
	}
	if o.flags&asideFlags != 0 {
		if err := s.setArg(t, arg+1, o.flags&^asideFlags); err != nil {
			return err
		}
	}
	return s.setArg(t, arg, o.name)
}

// reach is the path of a file of this process for a program that sees procfs
// at root.
func (s *supervisor) reach(root string, f *os.File) []byte {
	if root == "/" {
		root = ""
	}
	return fmt.Appendf(nil, "%s/%d/fd/%d\x00", root, s.self, f.Fd())
}

// drop closes the file in memory of an opening that is over.
func (s *supervisor) drop(o *opening) {
	if o.memory != nil && o.memory != s.shown.last {
		_ = o.memory.Close()
	}
}
