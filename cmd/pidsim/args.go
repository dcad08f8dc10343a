package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// normalize gives -pid the spelling that pflag knows: it returns a copy of
// args in which the flags -pid and -pid=N have two dashes. pflag, by design,
// takes one dash for a cluster of one-letter flags.
//
// Nothing else changes: no other flag gains a second spelling, and neither
// the values of flags nor the words from the first positional one on, which
// belong to the program, are touched.
//
// It also reports the first flag that pflag would swallow in silence:
// anything like -test.v, which pflag leaves to the testing package.
func normalize(fs *pflag.FlagSet, args []string) (out []string, swallowed string) {
	out = slices.Clone(args)
	for i := 0; i < len(out); {
		w := out[i]
		if len(w) < 2 || w[0] != '-' || w == "--" {
			break // positional, or the end of the flags
		}
		if w == "-pid" || strings.HasPrefix(w, "-pid=") {
			w = "-" + w
			out[i] = w
		}
		takes, test, known := inspect(fs, w)
		if test {
			return out, w
		}
		if !known {
			break // pflag stops here with an error
		}
		i++
		if takes {
			i++
		}
	}
	return out, ""
}

// inspect tells of a flag word whether pflag knows what is in it, whether the
// next word is its value, and whether pflag would swallow it as a flag for
// the testing package.
func inspect(fs *pflag.FlagSet, w string) (takesNext, test, known bool) {
	if long, ok := strings.CutPrefix(w, "--"); ok {
		name, _, valued := strings.Cut(long, "=")
		f := fs.Lookup(name)
		if f == nil {
			return false, false, false
		}
		return !valued && f.NoOptDefVal == "", false, true
	}
	for c := w[1:]; c != ""; c = c[1:] {
		if strings.HasPrefix(c, "test.") {
			return false, true, true
		}
		f := fs.ShorthandLookup(c[:1])
		switch {
		case f == nil:
			return false, false, false
		case len(c) > 2 && c[1] == '=':
			return false, false, true // -f=value
		case f.NoOptDefVal == "":
			return len(c) == 1, false, true // -f value, -fvalue
		}
	}
	return false, false, true
}
