// Package execpath tells which files the name of a program can mean. It does not
// look whether they are there: who executes them finds that out.
package execpath

import (
	"os"
	"strings"
)

// itself is the name by which a program can name its own file.
const itself = "/proc/self/exe"

// Candidates are the files that name can mean, in the order in which execvp(3)
// tries them: env is the environment whose PATH counts. What means this program
// itself does so by another name, because the process that is about to execute it
// runs another program.
func Candidates(name string, env []string) []string {
	if name == itself {
		if own, err := os.Executable(); err == nil {
			name = own
		}
	}
	if strings.Contains(name, "/") || name == "" {
		return []string{name}
	}
	search := "/bin:/usr/bin"
	for _, variable := range env {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			search = value
		}
	}
	var paths []string
	for dir := range strings.SplitSeq(search, ":") {
		if dir == "" {
			dir = "."
		}
		paths = append(paths, dir+"/"+name)
	}
	return paths
}
