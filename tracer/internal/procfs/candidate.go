package procfs

// Reason says why a path may need the supervisor's work; zero means that it
// cannot need any.
type Reason uint8

const (
	// Number: a component could be a process or thread id.
	Number Reason = 1 << iota
	// Content: the last component has the name of a file whose text holds
	// ids.
	Content
	// SelfLink: the last component has the name of a link whose text may
	// hold ids and that has no number itself. This concerns only calls
	// that look at the link itself: readlink(2) and those that do not
	// follow links.
	SelfLink
)

// Candidate tells from the text of a path alone whether it could need work.
// It is called for every path of every call that stops, and so it neither
// allocates nor asks anybody.
//
// Everything that names a process without a number, such as /proc/self/maps,
// is right as it is.
func Candidate(path string) Reason {
	var reason Reason
	start := 0
	digits := true
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '/' {
			if digits && isID(path[start:i]) {
				reason |= Number
			}
			start, digits = i+1, true
			continue
		}
		digits = digits && c-'0' <= 9
	}
	last := path[start:]
	switch {
	case digits && isID(last):
		reason |= Number
	case last == "0": // a descriptor
		reason |= Content | SelfLink
	case isContentName(last):
		reason |= Content
	case isLinkName(last):
		reason |= SelfLink
	}
	return reason
}

// isLinkName tells whether a link of that name may show ids.
func isLinkName(name string) bool {
	switch name {
	case "self", "thread-self", "cwd", "root", "0":
		return true
	}
	return false
}

// maxDigits is the length of the largest id, 4194303. The kernel accepts
// longer numbers as names, but no task ever has one.
const maxDigits = 7

// isID tells whether a path component is a number that could be an id. The
// kernel takes no leading zero and no sign (fs/proc: name_to_int).
func isID(name string) bool {
	if len(name) == 0 || len(name) > maxDigits || name[0] == '0' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if name[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// idOf is the value of a component for which isID holds.
func idOf(name string) int32 {
	var n int32
	for i := 0; i < len(name); i++ {
		n = n*10 + int32(name[i]-'0')
	}
	return n
}
