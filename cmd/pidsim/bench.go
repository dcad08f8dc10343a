package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/bench"
	"github.com/pidsim/pidsim/tracer"
)

// benchVerb measures what the backends cost.
func benchVerb() *verb {
	return &verb{
		name:  "bench",
		args:  "[flags]",
		short: "compare the speed of the backends, and of other tools",
		long: `The same work is done natively and then under each mechanism that works here,
in rounds: with all processes on one CPU, and on any CPU. A result is a multiple
of the native time of the same round, with the range of all rounds. Small
operations are timed from inside. What cannot be measured is listed, with the
reason.

` + fold("Rows are "+list(bench.RowNames())+".") + fold("Mechanisms are "+list(bench.MechanismNames())+".") + `
The form of a FILE follows from the end of its name: .json, .csv, .md, or .svg
for a plot. --compare takes two results in JSON and says what has changed:

  pidsim bench --compare OLD.json NEW.json
`,
		flags: func() *pflag.FlagSet { return benchFlags(new(benchOptions)) },
		run:   runBench,
	}
}

// benchOptions is what the command line of pidsim bench says.
type benchOptions struct {
	rows, mechanisms, places []string
	rounds                   int
	length                   time.Duration
	command, clock           string
	exports                  []string
	compare                  bool
}

// benchFlags makes the flags of pidsim bench.
func benchFlags(o *benchOptions) *pflag.FlagSet {
	*o = benchOptions{rounds: 5, length: 50 * time.Millisecond, clock: "wall"}
	fs := verbFlags("bench")
	fs.Var(&choices{p: &o.rows, what: "row", known: bench.RowNames}, "rows", "measure only this work")
	fs.Var(&choices{p: &o.mechanisms, what: "mechanism", known: bench.MechanismNames}, "mechanisms", "measure only these mechanisms")
	fs.Var(&choices{p: &o.places, what: "place", known: placeNames}, "places", "measure only here: one (CPU) or free")
	fs.Var(&number{&o.rounds, 1, bench.MaxRounds, "a number of rounds"}, "rounds", "measure everything `N` times")
	fs.Var(&duration{&o.length, time.Millisecond, 10 * time.Second}, "time", "repeat a small operation for this `TIME` in a round")
	fs.StringVar(&o.command, "command", "", "measure this `COMMAND` of the shell as well")
	fs.Var(&choice{&o.clock, "clock", []string{"wall", "cpu"}}, "clock", "wall, or cpu for the processor time of all processes")
	fs.Var(&exports{&o.exports}, "export", "also write the result to `FILE`; may be repeated")
	fs.BoolVar(&o.compare, "compare", false, "compare two results instead of measuring")
	return withHelp(fs)
}

func placeNames() (names []string) {
	for _, p := range bench.Places() {
		names = append(names, string(p))
	}
	return names
}

// runBench implements pidsim bench.
func runBench(args []string) error {
	var o benchOptions
	fs := benchFlags(&o)
	words, help, err := parseVerb("bench", fs, args, 2)
	switch {
	case err != nil || help:
		return err
	case o.compare && fs.NFlag() > 1:
		return failed("bench --compare", "it measures nothing", "leave the other flags out")
	case o.compare:
		return compareBenches(words)
	case len(words) > 0:
		return failed("bench: "+word(words[0]), "one word too many", "see pidsim help bench")
	case fs.Changed("command") && strings.TrimSpace(o.command) == "":
		return failed(`bench: --command ""`, "there is nothing to run", "give a command of the shell")
	case len(o.command) > maxCommand:
		return failed("bench: --command", fmt.Sprintf("it has more than %d bytes", maxCommand), "put it into a script")
	case o.command == "" && len(o.rows) > 0 && !without(o.rows, "command"):
		return failed("bench: --rows command", "there is no command", "give it with --command")
	}
	ctx, ending := untilSignal() // before there is something to leave behind
	files, err := openExports(o.exports)
	if err != nil {
		return err
	}
	defer files.discard()
	result, err := o.measure(ctx, ending)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := bench.WriteText(&text, result); err != nil {
		return err
	}
	// The files first: a reader of standard output that has gone is the end of
	// this process, by SIGPIPE.
	return errors.Join(files.write(result), show(text.String()))
}

// maxCommand is how long a command may be, so that a result can hold it.
const maxCommand = 1000

// without tells whether no row besides name is among words.
func without(words []string, name string) bool {
	for _, w := range words {
		if w == name {
			return false
		}
	}
	return true
}

// untilSignal gives a context that ends with a signal that would end pidsim,
// and then that signal.
func untilSignal() (context.Context, <-chan syscall.Signal) {
	ctx, stop := context.WithCancel(context.Background())
	caught := make(chan os.Signal, 1)
	ending := make(chan syscall.Signal, 1)
	for sig := range ends {
		if !ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
	go func() {
		if sig, ok := (<-caught).(syscall.Signal); ok {
			ending <- sig
			stop()
		}
	}()
	return ctx, ending
}

// measure makes the measurements. When ctx ends, so do they.
func (o *benchOptions) measure(ctx context.Context, ending <-chan syscall.Signal) (*bench.Result, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, failed("bench", "cannot find pidsim itself: "+err.Error(), "mount /proc")
	}
	p := bench.Plan{
		Rows:       bench.ChooseRows(bench.Rows(o.command), o.rowNames()),
		Mechanisms: bench.ChooseMechanisms(o.mechanisms),
		Places:     bench.Places(),
		Rounds:     o.rounds, Command: o.command, Progress: progressLine(),
	}
	if len(o.places) > 0 {
		p.Places = nil
		for _, place := range o.places {
			p.Places = append(p.Places, bench.Place(place))
		}
	}
	l := &bench.Lab{Pidsim: self, Length: o.length, ProcessorTime: o.clock == "cpu"}
	if err = l.Open(ctx); err == nil {
		defer l.Close()
		var result *bench.Result
		if result, err = l.Measure(p); err == nil {
			result.Machine.Pidsim = moduleVersion()
			return result, nil
		}
	}
	p.Progress(1, "")
	return nil, benchFailure(err, ending)
}

// rowNames are the rows that the user wants: the command, if one is given, is
// always one of them.
func (o *benchOptions) rowNames() []string {
	if o.command != "" && len(o.rows) > 0 {
		return append(o.rows, "command")
	}
	return o.rows
}

// benchFailure words why there is no result.
func benchFailure(err error, ending <-chan syscall.Signal) error {
	var command *bench.CommandError
	switch {
	case bench.Interrupted(err):
		return ended(tracer.Status{Signal: int(<-ending)})
	case errors.As(err, &command):
		return failed("bench: --command "+word(command.Command), "without pidsim it "+command.End, "give a command that succeeds")
	}
	return failed("bench: "+err.Error(), "", "")
}

// moduleVersion is the version of pidsim, or nothing if it has none.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}

// progressLine is what shows a person at a terminal that something happens.
func progressLine() func(part float64, next string) {
	if !isTerminal(2) {
		return func(float64, string) {}
	}
	return func(part float64, next string) {
		line := ""
		if next != "" {
			line = fmt.Sprintf("%3.0f %%  %s", part*100, next)
		}
		if size, err := unix.IoctlGetWinsize(2, unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			line = line[:min(len(line), int(size.Col)-1)]
		}
		fmt.Fprintf(os.Stderr, "\r\033[K%s", line)
	}
}

// compareBenches implements pidsim bench --compare.
func compareBenches(names []string) error {
	if len(names) != 2 {
		return failed("bench --compare", fmt.Sprintf("it needs two results, not %d", len(names)), "write pidsim bench --compare OLD.json NEW.json")
	}
	var results [2]*bench.Result
	for i, name := range names {
		r, err := readBench(name)
		if err != nil {
			return err
		}
		results[i] = r
	}
	var text strings.Builder
	if err := bench.WriteComparison(&text, results[0], results[1]); errors.Is(err, bench.ErrNothingCommon) {
		return failed("bench --compare", err.Error(), "measure the same rows and mechanisms")
	} else if err != nil {
		return err
	}
	return show(text.String())
}

// readBench reads a result.
func readBench(name string) (*bench.Result, error) {
	// A pipe that nobody writes to must not block.
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		_, why := reason(err)
		return nil, failed(word(name), "cannot read: "+why, "name a file that pidsim bench --export has written")
	}
	defer f.Close()
	r, err := bench.Decode(f)
	var version *bench.VersionError
	var format *bench.FormatError
	switch {
	case err == nil:
		return r, nil
	case errors.As(err, &version):
		return nil, failed(word(name), version.Error(), "measure again with this pidsim")
	case errors.As(err, &format):
		return nil, failed(word(name), format.Error(), "name a file that pidsim bench --export FILE.json has written")
	}
	_, why := reason(err)
	return nil, failed(word(name), "cannot read: "+why, "")
}
