package procfs

// File is a kind of file whose text holds ids.
type File uint8

const (
	// NoFile is any file that this package does not translate.
	NoFile File = iota
	// Stat is /proc/PID/stat and /proc/PID/task/TID/stat.
	Stat
	// Status is /proc/PID/status and /proc/PID/task/TID/status.
	Status
)

// MaxText is how much of a file the supervisor should be willing to read for
// a translation. The files of this package stay far below it.
const MaxText = 64 << 10

// scope says in which directories a name has its meaning.
type scope uint8

const (
	inProcess scope = 1 << iota // /proc/PID
	inThread                    // /proc/PID/task/TID
)

// content is one row of the table of translated files.
type content struct {
	name      string
	in        scope
	translate func(text []byte, ids IDs) ([]byte, bool)
}

// contents is the table of translated files. To add a file: a constant, a row
// and a translator. Candidate, Resolve and Translate follow it.
var contents = [...]content{
	Stat:   {"stat", inProcess | inThread, TranslateStat},
	Status: {"status", inProcess | inThread, TranslateStatus},
}

// String gives the file's name in its directory.
func (f File) String() string {
	if f == NoFile || int(f) >= len(contents) {
		return ""
	}
	return contents[f].name
}

// Translate rewrites the text of the file from real to virtual ids. It
// returns text itself and false when nothing had to change.
func (f File) Translate(text []byte, ids IDs) ([]byte, bool) {
	if f == NoFile || int(f) >= len(contents) {
		return text, false
	}
	return contents[f].translate(text, ids)
}

// isContentName tells whether some directory has a translated file of that
// name.
func isContentName(name string) bool {
	for i := range contents {
		if i != int(NoFile) && contents[i].name == name {
			return true
		}
	}
	return false
}

// fileIn returns the translated file called name in a directory of a scope.
func fileIn(in scope, name string) File {
	for i := range contents {
		if contents[i].in&in != 0 && contents[i].name == name {
			return File(i)
		}
	}
	return NoFile
}
