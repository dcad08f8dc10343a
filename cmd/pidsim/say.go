package main

import (
	"fmt"
	"os"
	"strings"
)

// say writes a line to the person who runs pidsim, on standard error in one
// write, so that it does not mix with the lines of the program.
func say(msg string) {
	_, _ = os.Stderr.WriteString("pidsim: " + strings.TrimRight(msg, "\n") + "\n")
}

// leftovers words why pidsim goes on after the program's end.
func leftovers(n int) string {
	what := "a process that it started still runs"
	if n > 1 {
		what = fmt.Sprintf("%d processes that it started still run", n)
	}
	return "the program has ended, but " + what + " and cannot without pidsim; ^C ends the rest, --kill-on-exit does so at once"
}
