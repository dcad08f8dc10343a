// Command bench measures what it costs to run under pidsim, as ratios to the
// same work done natively in the same run.
//
//	go run ./tests/bench [-rounds N] [-only ROW,...] [-pidsim PATH]
//
// Native and supervised measurements alternate, so that a machine that slows
// down slows down both. Small operations are timed inside the measured
// process; see probe/probe.c. A cell holds the median ratio over the rounds,
// the lowest and the highest, and the stops of one operation. Where there is
// something to reach it stands at the end of the row, and a median that misses
// it has a mark.
//
// The numbers are for people: no test fails because of them.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// options is what the command line says.
type options struct {
	rounds int
	length time.Duration
	scale  float64
	only   []string
	modes  []string
	places []string
	clock  string
	pidsim string
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if err == flag.ErrHelp {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	l, err := newLab(o)
	if err != nil {
		return err
	}
	defer l.close()
	results, err := l.measureAll(o, progress())
	if err != nil {
		return err
	}
	return report(out, o, results)
}

// progress is what shows a person at a terminal that something happens.
func progress() func(string) {
	if _, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS); err != nil {
		return func(string) {}
	}
	return func(text string) { fmt.Fprintf(os.Stderr, "\r\033[K%s", text) }
}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 7, "measure everything `N` times")
	f.DurationVar(&o.length, "time", 60*time.Millisecond, "repeat a small operation for `T` in a round")
	f.Float64Var(&o.scale, "scale", 1, "multiply the size of the large workloads by `F`")
	only := f.String("only", "", "measure only these `ROWS`, separated by commas: "+strings.Join(rowNames(), " "))
	names := f.String("modes", "", "measure only these `MODES`, separated by commas: "+strings.Join(modeNames(), " "))
	places := f.String("places", "one,free", "where to run: one for all on one CPU, free for any")
	f.StringVar(&o.clock, "clock", "wall", "count the time of this `CLOCK`: wall, or cpu for that of all processes, which other load on the machine disturbs less")
	f.StringVar(&o.pidsim, "pidsim", "", "measure the program at `PATH` instead of building one")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.rounds < 1 || o.scale <= 0 {
		return o, fmt.Errorf("-rounds and -scale must be positive")
	}
	if o.clock != "wall" && o.clock != "cpu" {
		return o, fmt.Errorf("unknown clock %q; there are: wall cpu", o.clock)
	}
	var err error
	if o.only, err = choose(*only, rowNames()); err != nil {
		return o, err
	}
	if o.modes, err = choose(*names, modeNames()); err != nil {
		return o, err
	}
	o.places, err = choose(*places, []string{"one", "free"})
	return o, err
}

// choose takes the words of list out of all, all of them if list is empty.
func choose(list string, all []string) ([]string, error) {
	if list == "" {
		return all, nil
	}
	words := strings.Split(list, ",")
	for _, w := range words {
		if !slices.Contains(all, w) {
			return nil, fmt.Errorf("unknown name %q; there are: %s", w, strings.Join(all, " "))
		}
	}
	return words, nil
}
