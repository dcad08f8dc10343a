package procfs

import (
	"path"
	"strings"
	"syscall"
)

// Resolve follows a path as the kernel will for the tracee and says what it
// leads to, and which path to give to the kernel instead.
//
// The walk has two results that must not be confused: where it stands, and the
// text for the kernel, which stays as the program spelled it except for ids. A
// link is spelled out in that text only if an id inside the link had to
// change. A relative path stays relative: the tracee may have no right to
// search the directories above its own.
//
// An error is a [syscall.Errno] that the tracee's call should fail with: ELOOP
// for more links or steps than are followed, ENAMETOOLONG when the path does
// not fit into 4096 bytes with real numbers in it.
func Resolve(req Request, fs FS) (Target, error) {
	untouched := Target{Path: req.Path}
	if req.Path == "" || len(req.Path) >= maxPath {
		return untouched, nil // the kernel rejects it
	}
	dir := "/"
	if req.Path[0] != '/' {
		dir = req.Dir
		if dir == "" || dir[0] != '/' {
			return untouched, nil // not a directory, or one that no path reaches
		}
		dir = path.Clean(dir)
	}
	if nextOfInterest(req.Path) < 0 || avoidsProc(req, dir, fs) {
		return untouched, nil
	}

	w := walk{req: &req, fs: fs}
	if req.Path[0] == '/' {
		w.at = position{path: "/"}
		w.out = "/"
	} else {
		// The directory of a process that is gone is nowhere, and the kernel
		// says ESRCH to everything that starts there.
		w.at = position{path: dir}
		w.locate()
	}
	w.push(frame{rest: req.Path})
	if err := w.run(); err != nil {
		return untouched, err
	}
	return w.target()
}

// avoidsProc tells, with few questions, that a path stays outside of procfs:
// every component of interest leads to something outside.
func avoidsProc(req Request, dir string, fs FS) bool {
	for asked, done := 0, 0; ; asked++ {
		next := nextOfInterest(req.Path[done:])
		if next < 0 {
			return asked > 0
		}
		start := done + next
		done = start + len(component(req.Path[start:]))
		upTo := req.Path[:done]
		if done == len(req.Path) && !req.Follow {
			upTo = req.Path[:start]
		}
		where := join(dir, strings.Trim(upTo, "/"))
		if where == "/proc" || strings.HasPrefix(where, "/proc/") {
			return false // very likely procfs
		}
		// Beyond two questions the walk is not dearer.
		if asked == 2 || !fs.Outside(where) {
			return false
		}
	}
}

// target says where the walk ended.
func (w *walk) target() (Target, error) {
	t := Target{Path: w.req.Path}
	if w.changed {
		if len(w.out) >= maxPath {
			return t, syscall.ENAMETOOLONG
		}
		t.Path, t.Changed = w.out, true
	}
	if w.stopped {
		return t, nil
	}
	w.locate()
	switch {
	case w.at.inside:
		t.Kind = Other
		return t, nil
	case w.at.root == "":
		return t, nil
	}
	t.Within = w.at.within(w.at.path)
	n := classify(t.Within)
	t.Kind, t.File, t.Root = n.kind, n.file, w.at.root
	t.PID, t.TID = n.pid, n.tid
	t.VirtualPID, t.VirtualTID = w.at.virtualPID, w.at.virtualTID
	if w.selfLink != 0 {
		t.Kind, t.PID, t.TID = w.selfLink, w.req.TGID, w.req.TID
	}
	if t.File != NoFile && demandsDir(w.req.Path) {
		t.Kind, t.File = Other, NoFile // ENOTDIR
	}
	return t, nil
}

// demandsDir tells whether a path can only name a directory.
func demandsDir(path string) bool {
	return strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.")
}
