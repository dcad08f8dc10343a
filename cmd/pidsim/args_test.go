package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func TestNormalize(t *testing.T) {
	tests := map[string]struct{ in, want, swallowed string }{
		"none":               {"", "", ""},
		"two words":          {"-pid 7 sh", "--pid 7 sh", ""},
		"one word":           {"-pid=7 sh", "--pid=7 sh", ""},
		"already long":       {"--pid 7 sh", "--pid 7 sh", ""},
		"empty value":        {"-pid= sh", "--pid= sh", ""},
		"negative value":     {"-pid -1 sh", "--pid -1 sh", ""},
		"value like flag":    {"-pid -pid sh", "--pid -pid sh", ""},
		"at the end":         {"-v -pid", "-v --pid", ""},
		"after a switch":     {"-v -pid 7 sh", "-v --pid 7 sh", ""},
		"after a cluster":    {"-vv -pid 7 sh", "-vv --pid 7 sh", ""},
		"after a bool":       {"--stats -pid 7 sh", "--stats --pid 7 sh", ""},
		"after a long value": {"--trace x -pid 7 sh", "--trace x --pid 7 sh", ""},
		"after an = value":   {"--trace=x -pid 7 sh", "--trace=x --pid 7 sh", ""},
		"a value -pid":       {"--trace -pid --pid 7 sh", "--trace -pid --pid 7 sh", ""},
		"a value -pid=N":     {"--trace -pid=7 sh -pid 1", "--trace -pid=7 sh -pid 1", ""},
		"twice":              {"-pid 7 -pid 8 sh", "--pid 7 --pid 8 sh", ""},
		"program's own":      {"-pid 7 sh -pid 8 -pid=9", "--pid 7 sh -pid 8 -pid=9", ""},
		"after --":           {"-pid 7 -- -pid -pid=9", "--pid 7 -- -pid -pid=9", ""},
		"after -":            {"-pid 7 - -pid 8", "--pid 7 - -pid 8", ""},
		"other names":        {"-pids 7 -pid 8", "-pids 7 -pid 8", ""},
		"ppid keeps a dash":  {"-ppid 7 sh", "-ppid 7 sh", ""},
		"unknown stops":      {"--nosuch -pid 7", "--nosuch -pid 7", ""},
		"go test flag":       {"-test.v -pid 7 sh", "-test.v -pid 7 sh", "-test.v"},
		"go test in cluster": {"-vtest.v sh", "-vtest.v sh", "-vtest.v"},
		"go test as value":   {"--trace -test.v sh", "--trace -test.v sh", ""},
		"go test of program": {"-pid 7 sh -test.v", "--pid 7 sh -test.v", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := strings.Fields(tt.in)
			before := slices.Clone(in)
			got, swallowed := normalize(runFlags(new(options)), in)
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Errorf("normalize(%q) (-want +got):\n%s", tt.in, diff)
			}
			if swallowed != tt.swallowed {
				t.Errorf("swallowed %q, want %q", swallowed, tt.swallowed)
			}
			if !slices.Equal(in, before) {
				t.Error("the caller's slice was changed")
			}
		})
	}
}

// testFlags has flags of every shape that decides whether the next word is a
// value; the run's own flags have no shorthand with a value.
func testFlags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.SetInterspersed(false)
	fs.Usage = func() {}
	fs.String("pid", "", "")
	fs.StringP("out", "o", "", "")
	fs.BoolP("bool", "b", false, "")
	fs.CountP("verbose", "v", "")
	fs.Bool("help", false, "")
	fs.BoolP("h", "h", false, "")
	fs.StringP("optional", "z", "", "")
	fs.Lookup("optional").NoOptDefVal = "none"
	return fs
}

// firstPositional finds where the program begins in args by asking pflag
// about one flag word at a time: independent of the walk in normalize. Flags
// holds the indexes of the words that are flags. It reports failure at the
// first word that is an error by itself.
func firstPositional(args []string) (flags []int, positional int, ok bool) {
	for i := 0; i < len(args); {
		w := args[i]
		if w == "--" {
			return flags, i, true
		}
		if w == "-pid" || strings.HasPrefix(w, "-pid=") {
			w = "-" + w
		}
		fs := testFlags()
		err := fs.Parse([]string{w})
		var value *pflag.ValueRequiredError
		switch {
		case errors.As(err, &value):
			flags = append(flags, i)
			i += 2
		case err != nil:
			return flags, i, false
		case fs.NArg() > 0:
			return flags, i, true
		default:
			flags = append(flags, i)
			i++
		}
	}
	return flags, len(args), true
}

// FuzzNormalize checks the promises of normalize on arguments that are
// separated by zero bytes.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		"-pid 7 sh -pid 8", "-o -pid -pid=3 x", "-bo -pid -pid 3", "-bvo=-pid -pid", "-z -pid 1 x", "--out -- -pid 1",
		"-pid -- -pid", "-v=2 -pid=5 --", "-test.x -pid 3", "--optional -pid 1", "- -pid", "-o= -pid 1", "-o=x -pid 1", "-é -pid 1",
	} {
		f.Add(strings.ReplaceAll(seed, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, joined string) {
		in := strings.Split(joined, "\x00")
		out, swallowed := normalize(testFlags(), in)
		if len(out) != len(in) {
			t.Fatalf("normalize(%q) has %d words, not %d", in, len(out), len(in))
		}
		flags, positional, ok := firstPositional(in)
		for i := range in {
			isPID := in[i] == "-pid" || strings.HasPrefix(in[i], "-pid=")
			switch {
			case swallowed != "", !ok && i >= positional:
				// An error ends the parse; the rest does not matter.
			case isPID && slices.Contains(flags, i):
				if out[i] != "-"+in[i] {
					t.Errorf("normalize(%q): the flag %d became %q", in, i, out[i])
				}
			case out[i] != in[i]:
				t.Errorf("normalize(%q): word %d became %q", in, i, out[i])
			}
		}
		if swallowed != "" {
			if !strings.Contains(swallowed, "test.") {
				t.Errorf("normalize(%q) reports %q", in, swallowed)
			}
			return
		}
		fs := testFlags()
		err := fs.Parse(out)
		if ok && positional <= len(in) && err == nil {
			want := in[positional:]
			if positional < len(in) && in[positional] == "--" {
				want = in[positional+1:]
			}
			if !slices.Equal(fs.Args(), want) {
				t.Errorf("normalize(%q) = %q: the program is %q, want %q", in, out, fs.Args(), want)
			}
		}
		if !ok && err == nil {
			t.Errorf("normalize(%q) = %q: pflag accepts what it must refuse", in, out)
		}
	})
}
