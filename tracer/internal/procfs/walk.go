package procfs

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
)

// frame is a text that is being walked: the request's path, or a link's.
type frame struct {
	// rest is what has not been walked.
	rest string
	// real: numbers in the text are real ones, since the kernel made it up
	// for a magic link.
	real bool
	// changed: an id in the text, or in a link met in it, was replaced.
	changed bool
	// spelled is the output with the link itself as its last component; it
	// becomes the output again when the frame ends unchanged.
	spelled string
}

// walk is the state of a resolution.
type walk struct {
	req *Request
	fs  FS
	at  position
	// out is the text for the kernel so far; changed tells at the end
	// whether it differs from the request's in an id.
	out     string
	changed bool
	// frames are the texts being walked, the innermost link last.
	frames []frame
	// links and asks count towards maxLinks and maxAsks.
	links, asks int
	// stopped: nothing in the pending texts can matter.
	stopped bool
	// selfLink is Self or ThreadSelf when the path ends on that link.
	selfLink Kind
}

func (w *walk) push(f frame)  { w.frames = append(w.frames, f) }
func (w *walk) top() *frame   { return &w.frames[len(w.frames)-1] }
func (w *walk) emit(s string) { w.out = join(w.out, s) }

func (w *walk) place(path string) Place {
	w.asks++
	return w.fs.Place(path)
}

func (w *walk) readlink(path string) (string, error) {
	w.asks++
	return w.fs.Readlink(path)
}

// run walks until the texts are used up or nothing of interest remains.
func (w *walk) run() error {
	for len(w.frames) > 0 {
		f := w.top()
		pending := strings.TrimLeft(f.rest, "/")
		if pending == "" || w.nothingPending() {
			w.pop(pending)
			continue
		}
		name := component(pending)
		f.rest = pending[len(name):]
		w.step(name)
		if w.asks > maxAsks || w.links > maxLinks {
			return syscall.ELOOP
		}
	}
	return nil
}

// nothingPending tells, outside of procfs, whether no component of the request
// remains that is of interest; the walk then ends where it is.
func (w *walk) nothingPending() bool {
	if w.stopped {
		return true
	}
	if w.at.root != "" || w.at.inside || len(w.frames) > 1 || nextOfInterest(w.top().rest) >= 0 {
		return false
	}
	w.stopped = true
	return true
}

// pop ends the innermost text; what was not walked of it goes to the output.
func (w *walk) pop(pending string) {
	f := *w.top()
	w.frames = w.frames[:len(w.frames)-1]
	w.emit(pending)
	if pending == "" && f.rest != "" && !strings.HasSuffix(w.out, "/") {
		w.out += "/" // a slash at the end demands a directory
	}
	switch {
	case len(w.frames) == 0:
		w.changed = f.changed
	case f.changed:
		w.top().changed = true
	default:
		w.out = f.spelled
	}
}

// last tells whether no component follows the one just taken, and follow
// whether a link there is followed.
func (w *walk) last() (last, follow bool) {
	follow = w.req.Follow
	for i := range w.frames {
		rest := w.frames[i].rest
		if strings.TrimLeft(rest, "/") != "" {
			return false, true
		}
		follow = follow || rest != ""
	}
	return true, follow
}

// step walks one component.
func (w *walk) step(name string) {
	last, follow := w.last()
	switch name {
	case ".":
		if last {
			w.emit(name) // demands a directory
		}
		return
	case "..":
		w.at.up()
		w.emit(name)
		return
	}
	if ofInterest(name, last) {
		w.locate()
	}
	if w.at.root == "" {
		w.ordinary(name, follow)
		return
	}
	here := classify(w.at.within(w.at.path))
	child := join(w.at.path, name)
	switch {
	case isID(name) && (here.kind == ProcRoot || here.kind == TaskDir):
		w.number(name, here.kind)
	case here.kind == ProcRoot && (name == "self" || name == "thread-self"):
		w.self(name, follow)
	case classify(w.at.within(child)).kind == MagicLink && follow:
		w.magic(child, name)
	case here.pid != 0:
		// The directories of processes hold no ordinary links.
		w.at.path = child
		w.emit(name)
	default:
		w.ordinary(name, follow)
	}
}

// number walks a process or thread id below a directory of the given kind.
func (w *walk) number(name string, dir Kind) {
	f := w.top()
	virtual, text := int32(0), name
	if !f.real {
		virtual = idOf(name)
		real, ok := w.req.Real(virtual)
		if !ok || real <= 0 {
			real = UnknownID
		}
		text = strconv.Itoa(int(real))
	}
	if text != name {
		f.changed = true
	}
	w.at.path = join(w.at.path, text)
	w.emit(text)
	if dir == ProcRoot {
		w.at.virtualPID = virtual
	} else {
		w.at.virtualTID = virtual
	}
}

// self walks /proc/self or /proc/thread-self. The text stays: it is right for
// the tracee, and the number would be longer lived than the link.
func (w *walk) self(name string, follow bool) {
	w.emit(name)
	tgid := strconv.Itoa(int(w.req.TGID))
	switch {
	case !follow && name == "self":
		w.selfLink = Self
	case !follow:
		w.selfLink = ThreadSelf
	case name == "self":
		w.at.path = join(w.at.path, tgid)
		w.links++
	default:
		w.at.path = join(w.at.path, tgid+"/task/"+strconv.Itoa(int(w.req.TID)))
		w.links++
	}
}

// magic follows a link that leads straight to an object. Only when that is in
// procfs again does its place matter; then the link's text tells it.
func (w *walk) magic(child, name string) {
	w.links++
	text, err := w.readlink(child)
	if err == nil && strings.HasPrefix(text, "/") && w.place(text) != Elsewhere {
		w.push(frame{rest: text, real: true, spelled: join(w.out, name)})
		w.at = position{path: "/"}
		return
	}
	w.at = position{path: child, opaque: child, asked: child}
	w.emit(name)
}

// ordinary walks a component that has no meaning of its own and may be a link.
func (w *walk) ordinary(name string, follow bool) {
	child := join(w.at.path, name)
	if child == "/proc" && w.place(child) == Top {
		// Nearly every path that gets this far; it saves a question.
		w.at = position{path: child, root: child}
		w.emit(name)
		return
	}
	text, err := w.readlink(child)
	if err != nil || !follow || text == "" {
		if err != nil && !errors.Is(err, syscall.EINVAL) && w.at.root == "" {
			w.stopped = true // the kernel will get no further either
		}
		w.at.path = child
		w.emit(name)
		return
	}
	w.links++
	w.push(frame{rest: text, real: w.top().real, spelled: join(w.out, name)})
	if text[0] == '/' {
		w.at = position{path: "/"}
		w.out = "/"
	}
}
