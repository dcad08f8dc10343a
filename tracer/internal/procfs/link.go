package procfs

import (
	"strconv"
	"strings"
)

// DeletedMark ends the text that the kernel makes of a directory that is gone,
// such as that of a process that was reaped.
const DeletedMark = " (deleted)"

// TranslateLink rewrites a path that the kernel made up for an object in
// procfs, from real to virtual ids: the result of getcwd(2), and of readlink(2)
// for a magic link. It returns text itself and false when nothing had to
// change.
//
// The text of an ordinary link must not be given to it: that is what a program
// wrote, and already virtual.
func TranslateLink(text string, fs FS, ids IDs) (string, bool) {
	if text == "" || text[0] != '/' {
		return text, false
	}
	path, gone := strings.CutSuffix(text, DeletedMark)
	from := firstID(path)
	for from >= 0 && fs.Place(dirOf(path, from)) != Top {
		next := firstID(path[from:])
		if next < 0 {
			return text, false
		}
		from += next
	}
	if from < 0 {
		return text, false
	}
	out := translateBelow(path[:from], path[from:], ids)
	if gone {
		out += DeletedMark
	}
	return out, out != text
}

// firstID is the index of the first component after a slash that is a number,
// or -1.
func firstID(path string) int {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' && isID(component(path[i+1:])) {
			return i + 1
		}
	}
	return -1
}

// dirOf is the directory of the component that starts at an index.
func dirOf(path string, at int) string {
	if at <= 1 {
		return "/"
	}
	return path[:at-1]
}

// translateBelow puts virtual ids into a path below the root of a procfs.
func translateBelow(root, below string, ids IDs) string {
	pid := component(below)
	rest := below[len(pid):]
	out := root + virtualName(pid, ids)
	if tid, ok := strings.CutPrefix(rest, "/task/"); ok && isID(component(tid)) {
		name := component(tid)
		return out + "/task/" + virtualName(name, ids) + tid[len(name):]
	}
	return out + rest
}

// virtualName is a real id as a component, in virtual form.
func virtualName(name string, ids IDs) string {
	return strconv.Itoa(int(present(idOf(name), ids.VirtualTID)))
}
