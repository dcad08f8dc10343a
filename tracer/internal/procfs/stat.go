package procfs

import "bytes"

// TranslateStat rewrites the text of /proc/PID/stat: the ids in fields 1, 4, 5,
// 6 and 8, and the state in field 3 of a task that the supervisor holds.
//
// The command name in field 2 is what the program made it and may contain
// blanks, newlines and parentheses; the fields after it start behind the last
// closing one, since they are numbers. Text of another shape is returned as it
// is.
func TranslateStat(text []byte, ids IDs) ([]byte, bool) {
	open := bytes.IndexByte(text, '(')
	end := bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return text, false
	}
	pid := len(bytes.TrimRight(text[:open], " "))
	real, ok := parseID(text[:pid])
	if !ok {
		return text, false
	}
	e := edit{text: text}
	e.id(0, pid, ids.VirtualTID)

	field := 3
	for at := end + 1; at < len(text) && field <= 8; field++ {
		for at < len(text) && text[at] == ' ' {
			at++
		}
		from := at
		for at < len(text) && text[at] != ' ' && text[at] != '\n' {
			at++
		}
		switch field {
		case 3:
			if string(text[from:at]) == "t" {
				if s := ids.RunState(real); stateNames[s] != "" {
					e.replace(from, at, string(rune(s)))
				}
			}
		case 4:
			e.id(from, at, ids.VirtualTGID)
		case 5:
			e.id(from, at, ids.VirtualPGID)
		case 6:
			e.id(from, at, ids.VirtualSID)
		case 8:
			e.id(from, at, ids.VirtualPGID)
		}
	}
	return e.result()
}
