package procfs

import "strings"

// component is the first component of a path that does not begin with a slash.
func component(path string) string {
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return path
}

// join appends one or more components to a directory.
func join(dir, name string) string {
	if name == "" {
		return dir
	}
	if dir == "" || dir[len(dir)-1] == '/' {
		return dir + name
	}
	return dir + "/" + name
}

// parent is the directory part of an absolute path without links.
func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/"
	}
	return path[:i]
}

// ofInterest tells whether the meaning of a component depends on its directory
// being in procfs.
func ofInterest(name string, last bool) bool {
	return isID(name) || name == "self" || name == "thread-self" || last && (isContentName(name) || isLinkName(name))
}

// nextOfInterest is the index of the first component of interest, or -1.
func nextOfInterest(path string) int {
	for i := 0; i < len(path); {
		if path[i] == '/' {
			i++
			continue
		}
		name := component(path[i:])
		if ofInterest(name, i+len(name) == len(path)) {
			return i
		}
		i += len(name)
	}
	return -1
}
