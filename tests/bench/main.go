// Command bench measures pidsim's emulation as "pidsim bench" does, with more
// rows, and holds the results against what is to be reached.
//
//	go run ./tests/bench [-rounds N] [-only ROW,...] [-pidsim PATH]
//
// A cell holds the median over the rounds of the ratio to native, the lowest
// and the highest, and the stops of one operation. Where there is something to
// reach it stands at the end of the row, and a median that misses it has a
// mark. The rows besides those of pidsim bench are a build by make, and the
// memory of a supervisor.
//
// The numbers are for people: no test fails because of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/bench"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		if err == flag.ErrHelp {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	result, err := measure(ctx, o, progress())
	if err != nil {
		return err
	}
	return report(out, result)
}

// measure builds pidsim, unless it is given, and measures it.
func measure(ctx context.Context, o options, progress func(float64, string)) (*bench.Result, error) {
	l := &bench.Lab{Pidsim: o.pidsim, Length: o.length, Scale: o.scale, ProcessorTime: o.clock == "cpu"}
	if l.Pidsim == "" {
		dir, err := os.MkdirTemp("", "pidsim-bench-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		l.Pidsim = filepath.Join(dir, "pidsim")
		build := exec.CommandContext(ctx, "go", "build", "-o", l.Pidsim, "github.com/pidsim/pidsim/cmd/pidsim")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as "make build" does
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", strings.Join(build.Args, " "), err, out)
		}
	}
	if err := l.Open(ctx); err != nil {
		return nil, err
	}
	defer l.Close()
	p := bench.Plan{
		Rows:       bench.ChooseRows(allRows(), o.only),
		Mechanisms: bench.ChooseMechanisms(o.modes),
		Rounds:     o.rounds,
		Progress:   progress,
	}
	for _, place := range o.places {
		p.Places = append(p.Places, bench.Place(place))
	}
	if slices.Contains(o.only, "make") {
		progress(0, "writing a project for make")
		if err := writeProject(project(l), max(1, int(sourceFiles*o.scale))); err != nil {
			return nil, err
		}
	}
	return l.Measure(p)
}

// progress is what shows a person at a terminal that something happens.
func progress() func(float64, string) {
	if _, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS); err != nil {
		return func(float64, string) {}
	}
	return func(_ float64, next string) { fmt.Fprintf(os.Stderr, "\r\033[K%s", next) }
}

// modes are the mechanisms that are measured.
var modes = []string{"filter", "host", "private", "host-no-seccomp", "private-no-seccomp"}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 7, "measure everything `N` times")
	f.DurationVar(&o.length, "time", 60*time.Millisecond, "repeat a small operation for `T` in a round")
	f.Float64Var(&o.scale, "scale", 1, "multiply the size of the large workloads by `F`")
	only := f.String("only", "", "measure only these `ROWS`, separated by commas: "+strings.Join(rowNames(), " "))
	names := f.String("modes", strings.Join(modes, ","), "measure only these `MODES`, separated by commas: "+strings.Join(bench.MechanismNames(), " "))
	places := f.String("places", "one,free", "where to run: one for all on one CPU, free for any")
	f.StringVar(&o.clock, "clock", "wall", "count the time of this `CLOCK`: wall, or cpu for that of all processes, which other load on the machine disturbs less")
	f.StringVar(&o.pidsim, "pidsim", "", "measure the program at `PATH` instead of building one")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.rounds < 1 || o.rounds > bench.MaxRounds || o.scale <= 0 {
		return o, fmt.Errorf("-rounds and -scale must be positive, and not too large")
	}
	if o.clock != "wall" && o.clock != "cpu" {
		return o, fmt.Errorf("unknown clock %q; there are: wall cpu", o.clock)
	}
	var err error
	if o.only, err = choose(*only, rowNames()); err != nil {
		return o, err
	}
	if o.modes, err = choose(*names, bench.MechanismNames()); err != nil {
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
