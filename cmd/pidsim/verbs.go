package main

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// verb is something that pidsim does besides running a program.
type verb struct {
	name  string
	args  string // what follows the name, for people
	short string // one line
	long  string // more, for pidsim help
	flags func() *pflag.FlagSet
	run   func(args []string) error
}

// verbs lists the verbs in the order of pidsim help.
func verbs() []*verb {
	return []*verb{checkVerb(), checkpointVerb(), restoreVerb(), inspectVerb(), psVerb(), syscallsVerb(), benchVerb(), versionVerb(), helpVerb()}
}

// findVerb returns the verb called name, or nil.
func findVerb(name string) *verb {
	if strings.HasPrefix(name, "-") { // nearly always; the list takes a while
		return nil
	}
	for _, v := range verbs() {
		if v.name == name {
			return v
		}
	}
	return nil
}

// verbNames lists the verbs' names.
func verbNames() (names []string) {
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return names
}

// parseVerb reads a verb's flags into fs and returns the words after them;
// help tells that the user asked for help and got it.
func parseVerb(name string, fs *pflag.FlagSet, args []string, most int) (words []string, help bool, err error) {
	if err := parse(fs, args); err != nil {
		f := asFailure(err)
		f.what = name + ": " + f.what
		if f.fix == seeHelp {
			f.fix = "see pidsim help " + name
		}
		return nil, false, f
	}
	if h, err := fs.GetBool("help"); err == nil && h {
		return nil, true, show(helpOf(findVerb(name)))
	}
	if fs.NArg() > most {
		return nil, false, failed(name+": "+word(fs.Arg(most)), "one word too many", "see pidsim help "+name)
	}
	return fs.Args(), false, nil
}

// verbFlags makes the flag set of a verb; all have --help.
func verbFlags(name string) *pflag.FlagSet {
	fs := pflag.NewFlagSet("pidsim "+name, pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	return fs
}

// withHelp adds the flag that every flag set ends with.
func withHelp(fs *pflag.FlagSet) *pflag.FlagSet {
	fs.BoolP("help", "h", false, "show this help")
	return fs
}

// show writes text to standard output. A result that cannot be written is a
// failure, so that it is not mistaken for an empty one.
func show(text string) error {
	return writing(io.WriteString(os.Stdout, text))
}

// writing words the failure of a write to standard output.
func writing(_ int, err error) error {
	if err == nil {
		return nil
	}
	_, why := reason(err)
	return failed("standard output", "cannot write: "+why, "the result is incomplete")
}
