package procfs

import (
	"strconv"
	"strings"
)

// unknownName is UnknownID as a component.
var unknownName = strconv.Itoa(UnknownID)

// position is where a walk stands.
type position struct {
	// path leads there from the tracee's root, in real numbers. It holds
	// no ordinary link, and "." and ".." only as opaque says.
	path string
	// opaque is the part of path that cannot be shortened as text, because
	// it ends in a magic link, or in ".." components after one.
	opaque string
	// root is the root directory of the procfs that the position is known
	// to be in, or empty.
	root string
	// inside: in procfs, but the way from its root is not known.
	inside bool
	// asked is the last path that was found to be elsewhere.
	asked string
	// virtualPID and virtualTID are as in Target.
	virtualPID, virtualTID int32
}

// within is the path from the root of the procfs to a path in it.
func (p *position) within(path string) string {
	return strings.TrimPrefix(path[len(p.root):], "/")
}

// up goes to the parent directory.
func (p *position) up() {
	switch {
	case p.path == "/":
		return
	case p.path == p.opaque:
		*p = position{path: p.path + "/.."}
		p.opaque = p.path
		return
	}
	p.path = parent(p.path)
	p.inside = false
	depth := 0 // below the root of the procfs
	if len(p.path) < len(p.root) {
		p.root = ""
	} else if p.root != "" && p.path != p.root {
		depth = 1 + strings.Count(p.within(p.path), "/")
	}
	if depth < 3 {
		p.virtualTID = 0
	}
	if depth < 1 {
		p.virtualPID = 0
	}
}

// locate finds out whether the position is in procfs.
func (w *walk) locate() {
	p := &w.at
	if p.root != "" || p.inside || p.asked == p.path {
		return
	}
	switch w.place(p.path) {
	case Top:
		p.root = p.path
	case Inside:
		p.inside = !w.climb()
	default:
		p.asked = p.path
	}
}

// climb looks for the root of the procfs above the position.
func (w *walk) climb() bool {
	p := &w.at
	for up := p.path; up != "/" && up != p.opaque; {
		up = parent(up)
		switch w.place(up) {
		case Top:
			p.root = up
			return true
		case Elsewhere:
			return false // a directory of a procfs was bound to another place
		}
	}
	return false
}

// node is what a path inside a procfs names.
type node struct {
	kind     Kind
	pid, tid int32
	file     File
}

// classify tells what a path from the root of a procfs names, numbers being
// real.
func classify(within string) node {
	if within == "" {
		return node{kind: ProcRoot}
	}
	pid, rest, ok := cutID(within)
	if !ok {
		if f := fileIn(inRoot, within); f != NoFile {
			return node{kind: ContentFile, file: f}
		}
		return node{kind: Other}
	}
	n := node{kind: PIDDir, pid: pid}
	in := inProcess
	if rest == "task" {
		n.kind = TaskDir
		return n
	}
	if below, found := strings.CutPrefix(rest, "task/"); found {
		if n.tid, rest, ok = cutID(below); !ok {
			n.kind = Other
			return n
		}
		n.kind, in = TIDDir, inThread
	}
	if rest == "" {
		return n
	}
	n.file = fileIn(in, rest)
	switch {
	case n.file != NoFile:
		n.kind = ContentFile
	case isMagic(rest):
		n.kind = MagicLink
	default:
		n.kind = Other
	}
	return n
}

// cutID splits a number off the front of a path.
func cutID(path string) (id int32, rest string, ok bool) {
	name := component(path)
	rest = strings.TrimPrefix(path[len(name):], "/")
	switch {
	case isID(name):
		return idOf(name), rest, true
	case name == unknownName:
		return UnknownID, rest, true
	}
	return 0, "", false
}

// isMagic tells whether a path from the directory of a process or thread names
// a link that does not lead where its text says, but straight to an object.
func isMagic(rest string) bool {
	switch rest {
	case "cwd", "root", "exe":
		return true
	}
	dir, name, ok := strings.Cut(rest, "/")
	return ok && name != "" && !strings.Contains(name, "/") &&
		(dir == "fd" || dir == "ns" || dir == "map_files")
}
