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
		short: "list the system calls and how completely ids are translated",
		long: `FORM is table, json or csv.

The list is the table that the supervisor itself works from. For each call
and architecture it has what is done with the call, how complete that is, and
a note where it is not.
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
