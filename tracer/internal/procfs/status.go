package procfs

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"

	"github.com/pidsim/pidsim/tracer/internal/cred"
)

// stateNames are the words that the kernel prints for the letters of task
// states (fs/proc: task_state_array).
var stateNames = map[byte]string{
	'R': "R (running)",
	'S': "S (sleeping)",
	'D': "D (disk sleep)",
	'T': "T (stopped)",
	't': "t (tracing stop)",
	'X': "X (dead)",
	'Z': "Z (zombie)",
	'P': "P (parked)",
	'I': "I (idle)",
}

// TranslateStatus rewrites the text of /proc/PID/status: the ids, and what
// would give the supervisor away (TracerPid, the state of a task that it
// holds, its seccomp filters and no_new_privs), and emulated credentials.
//
// The lines NStgid, NSpid, NSpgid and NSsid have a column for every pid
// namespace from that of the procfs mount inwards to the task's own. The first
// column is therefore the reader's, the same number as in the lines Tgid and
// Pid, and is translated; the others are numbers of namespaces that were made
// inside the tree, and the tree knows them by these numbers.
//
// The command name cannot pretend to be another line: the kernel escapes
// newlines in it.
func TranslateStatus(text []byte, ids IDs) ([]byte, bool) {
	real, _ := parseID(valueOf(text, "Pid"))
	t := status{edit: edit{text: text}, ids: ids, task: real, cred: ids.Credentials(real)}
	t.measureFilters()
	for at := 0; at < len(text); {
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n
		}
		if colon := bytes.IndexByte(text[at:end], ':'); colon >= 0 {
			from := at + colon + 1
			for from < end && text[from] == '\t' {
				from++
			}
			t.line(string(text[at:at+colon]), from, end)
		}
		at = end + 1
	}
	return t.result()
}

// status is a translation in progress.
type status struct {
	edit
	ids  IDs
	task int32
	// hidesNNP: no_new_privs is the supervisor's. filters is how many
	// seccomp filters to show, and hidesMode whether to show none at all.
	hidesNNP, hidesMode bool
	filters             int
	cred                *cred.Cred
}

// line translates the value text[from:end] of a key.
func (t *status) line(key string, from, end int) {
	if t.cred != nil && t.credential(key, from, end) {
		return
	}
	switch key {
	case "State":
		if from < end && t.text[from] == 't' {
			if name := stateNames[t.ids.RunState(t.task)]; name != "" {
				t.replace(from, end, name)
			}
		}
	case "Tgid", "PPid":
		t.id(from, end, t.ids.VirtualTGID)
	case "Pid", "Ngid":
		t.id(from, end, t.ids.VirtualTID)
	case "TracerPid":
		t.replace(from, end, "0")
	case "NStgid":
		t.firstColumn(from, end, t.ids.VirtualTGID)
	case "NSpid":
		t.firstColumn(from, end, t.ids.VirtualTID)
	case "NSpgid":
		t.firstColumn(from, end, t.ids.VirtualPGID)
	case "NSsid":
		t.firstColumn(from, end, t.ids.VirtualSID)
	case "NoNewPrivs":
		if t.hidesNNP {
			t.replace(from, end, "0")
		}
	case "Seccomp":
		if t.hidesMode {
			t.replace(from, end, "0")
		}
	case "Seccomp_filters":
		if _, ok := parseID(t.text[from:end]); ok {
			t.replace(from, end, strconv.Itoa(t.filters))
		}
	}
}

// credential shows what the task is told of its credentials; false if the line
// is about something else.
func (t *status) credential(key string, from, end int) bool {
	ids := func(i cred.IDs) string {
		return fmt.Sprintf("%d\t%d\t%d\t%d", i.Real, i.Effective, i.Saved, i.Filesystem)
	}
	set := func(s cred.Set) string { return fmt.Sprintf("%016x", uint64(s)) }
	var text string
	switch c := t.cred; key {
	case "Uid":
		text = ids(c.UID)
	case "Gid":
		text = ids(c.GID)
	case "Groups":
		for _, g := range c.Groups {
			text += strconv.FormatUint(uint64(g), 10) + " "
		}
		text = cmp.Or(text, " ") // as the kernel has it
	case "CapInh":
		text = set(c.Inheritable)
	case "CapPrm":
		text = set(c.Permitted)
	case "CapEff":
		text = set(c.Effective)
	case "CapBnd":
		text = set(c.Bounding)
	case "CapAmb":
		text = set(c.Ambient)
	default:
		return false
	}
	t.replace(from, end, text)
	return true
}

func (t *status) firstColumn(from, end int, virtual func(int32) (int32, bool)) {
	if tab := bytes.IndexByte(t.text[from:end], '\t'); tab >= 0 {
		end = from + tab
	}
	t.id(from, end, virtual)
}

// measureFilters finds out what the seccomp lines would say without the
// supervisor. Kernels before 5.9 print no count; a task that has filters of
// ours is then shown without any.
func (t *status) measureFilters() {
	const modeFilter = "2" // SECCOMP_MODE_FILTER
	ours, nnp := t.ids.HideFilters(t.task)
	t.hidesNNP = nnp
	all, counted := parseID(valueOf(t.text, "Seccomp_filters"))
	if counted {
		t.filters = max(int(all)-max(ours, 0), 0)
	}
	if ours > 0 && t.filters == 0 {
		t.hidesMode = string(valueOf(t.text, "Seccomp")) == modeFilter
	}
}

// valueOf finds the value of a key in the text of a status file.
func valueOf(text []byte, key string) []byte {
	mark := "\n" + key + ":\t"
	i := bytes.Index(text, []byte(mark))
	if i < 0 {
		return nil
	}
	value := text[i+len(mark):]
	if end := bytes.IndexByte(value, '\n'); end >= 0 {
		value = value[:end]
	}
	return value
}
