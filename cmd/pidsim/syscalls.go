package main

import (
	"bytes"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/tracer"
)

// syscallsVerb shows the table that the supervisor works from.
func syscallsVerb() *verb {
	return &verb{
		name:  "syscalls",
		args:  "[--format FORM]",
		short: "list system calls and files and how completely ids are translated",
		long: `FORM is table, json or csv.

The list is the table that the supervisor itself works from. Each call has a
line, and after the calls each file of /proc and /sys whose name or text can
hold ids. Of the columns, the

CLASS    is translate (ids are replaced), answer (the supervisor answers the
         call), observe (it takes note), pass (there is nothing to do) or
         refuse (the call fails);
STOPS    says how often a call costs a stop of the program, or that opening
         the file does;
SUPPORT  is full, partial or unsupported, and the note says what is missing.
`,
		flags: func() *pflag.FlagSet { return syscallsFlags(new(string)) },
		run:   syscalls,
	}
}

// syscallsFlags makes the flags of pidsim syscalls.
func syscallsFlags(format *string) *pflag.FlagSet {
	fs := verbFlags("syscalls")
	formats := []string{"table", "json", "csv"}
	*format = formats[0]
	fs.Var(&choice{format, "format", formats}, "format", "table, json or csv")
	return withHelp(fs)
}

// syscalls implements pidsim syscalls.
func syscalls(args []string) error {
	var format string
	_, help, err := parseVerb("syscalls", syscallsFlags(&format), args, 0)
	if err != nil || help {
		return err
	}
	var out bytes.Buffer
	if err := tracer.WriteSyscalls(&out, format); err != nil {
		return err
	}
	return show(out.String())
}
