// Command pidsim runs an unmodified program so that it is the process with a
// chosen id.
//
//	pidsim -pid 4242 sh -c 'echo "I am process $$"'
//
// The manual page beside this file is the reference. The command promises
// that its exit status is the program's own (125 when pidsim itself failed,
// never 0 when nothing ran), that it stays in the caller's process group and
// session, that it never touches the terminal's settings, and that what it
// says itself goes to standard error or to a file that the user named. It
// does everything through the public API of package tracer.
package main

import (
	"fmt"
	"os"

	"github.com/pidsim/pidsim/tracer"
)

func main() {
	end(dispatch(os.Args[1:]))
}

// dispatch does what the arguments ask for and tells how pidsim is to end. A
// verb counts only as the very first word, so that every program can be run.
func dispatch(args []string) tracer.Status {
	if len(args) > 0 {
		if v := findVerb(args[0]); v != nil {
			return status(v.run(args[1:]))
		}
	}
	st, err := run(args)
	if err != nil {
		return status(err)
	}
	return st
}

// status reports err, if any, and returns the status that goes with it.
func status(err error) tracer.Status {
	if err == nil {
		return tracer.Status{}
	}
	if code, ok := err.(exitStatus); ok {
		return tracer.Status{Code: int(code)}
	}
	if st, ok := err.(ended); ok {
		return tracer.Status(st)
	}
	f := asFailure(err)
	fmt.Fprintln(os.Stderr, "pidsim: "+f.Error())
	return tracer.Status{Code: f.code}
}
