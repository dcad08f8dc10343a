package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// helpVerb explains pidsim or one of its verbs.
func helpVerb() *verb {
	return &verb{
		name:  "help",
		args:  "[verb]",
		short: "explain pidsim, or a verb",
		flags: helpFlags,
		run:   help,
	}
}

// helpFlags makes the flags of pidsim help.
func helpFlags() *pflag.FlagSet {
	return withHelp(verbFlags("help"))
}

// help implements pidsim help.
func help(args []string) error {
	words, done, err := parseVerb("help", helpFlags(), args, 1)
	if err != nil || done {
		return err
	}
	if len(words) == 0 {
		return show(usage())
	}
	v := findVerb(words[0])
	if v == nil {
		return failed("help "+word(words[0]), "no such verb", "verbs are "+list(verbNames()))
	}
	return show(helpOf(v))
}

// usage is the text of pidsim --help.
func usage() string {
	var b strings.Builder
	b.WriteString(`Usage: pidsim -pid N [flags] [--] program [argument...]
       pidsim verb [flags]

Runs an unmodified program so that it is process N: for itself and for
everything that it starts. N is a decimal number from 1 to 4194303.

  pidsim -pid 4242 sh -c 'echo "I am process $$"'

Flags, which end at the program or at --:
`)
	b.WriteString(flagTable(runFlags(new(options))))
	b.WriteString("\nVerbs, only as the very first word:\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-26s %s\n", strings.TrimSpace(v.name+" "+v.args), v.short)
	}
	b.WriteString(`
The exit status is the program's; pidsim dies of the signal that the program
died of. 125 is a failure of pidsim itself, 126 a program that cannot be
executed, 127 one that was not found. pidsim(1) has the rest.
`)
	return b.String()
}

// helpOf is the text of pidsim help VERB.
func helpOf(v *verb) string {
	s := "Usage: " + strings.TrimSpace("pidsim "+v.name+" "+v.args) + "\n\n" + strings.ToUpper(v.short[:1]) + v.short[1:] + ".\n"
	if v.long != "" {
		s += "\n" + v.long
	}
	return s + "\nFlags:\n" + flagTable(v.flags())
}

// flagTable has one line a flag, in the order of definition.
func flagTable(fs *pflag.FlagSet) string {
	var b strings.Builder
	fs.VisitAll(func(f *pflag.Flag) {
		arg, text := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if f.NoOptDefVal == "" {
			name += " " + arg
		} else if f.DefValue != "false" && f.Value.Type() == "bool" {
			text += " (on)"
		}
		fmt.Fprintf(&b, "  %-18s %s", name, text)
		if f.NoOptDefVal == "" && f.DefValue != "" {
			fmt.Fprintf(&b, " (default %s)", f.DefValue)
		}
		b.WriteByte('\n')
	})
	return b.String()
}

// fold breaks a paragraph into lines.
func fold(text string) string {
	const width = 80
	var b strings.Builder
	at := 0
	for w := range strings.FieldsSeq(text) {
		switch {
		case at == 0:
		case at+1+len(w) > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(w)
		at += len(w)
	}
	return b.String() + "\n"
}
