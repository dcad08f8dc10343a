package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/pidspace"
)

const seeHelp = "see pidsim --help"

// options is what the command line of a run says.
type options struct {
	pid             int
	backend         string
	space           pidspace.Kind
	plan            pidspace.Plan
	ppid, pgid, sid int
	pidMax          int
	killOnExit      bool
	trace           string
	verbose         int
	stats           bool
	statusFD        int
	noSeccomp       bool
	strict          bool
	gops            bool
	help, version   bool

	program []string          // the program and its arguments
	given   func(string) bool // whether a flag was given

	restored *restoration // what an image adds, for pidsim restore
}

// runFlags is the one list of a run's flags; help, the manual page and the
// completions are tested against it.
func runFlags(o *options) *pflag.FlagSet {
	*o = options{backend: backends[0], statusFD: -1}
	fs := pflag.NewFlagSet("pidsim", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.SetInterspersed(false)
	fs.Usage = func() {}

	fs.Var(processOrFile(&o.pid), "pid", "run the program as process `N`, or @FILE: that of a pid file (also -pid N)")
	fs.Var(&choice{&o.backend, "backend", backends}, "backend", strings.Join(backends, ", "))
	fs.Var(spaceValue{&o.space}, "space", "host: other processes keep their ids; private: no others")
	fs.Var(&planValue{plan: &o.plan}, "plan", "ids of the next processes, in order of creation: 4243,4250-4260")
	fs.Var(processID(&o.ppid, "a process id"), "ppid", "the program sees process `N` as its parent")
	fs.Var(processID(&o.pgid, "a process group id"), "pgid", "the program sees `N` as its process group")
	fs.Var(processID(&o.sid, "a session id"), "sid", "the program sees `N` as its session")
	fs.Var(&number{&o.pidMax, minPIDMax, pidspace.Limit, "a limit for process ids"}, "pid-max", "hand out only ids below `N`")
	fs.BoolVar(&o.killOnExit, "kill-on-exit", false, "end the other processes when the program has ended")
	fs.StringVar(&o.trace, "trace", "", "write translated system calls to `FILE`, or to standard error for -")
	fs.CountVarP(&o.verbose, "verbose", "v", "say what happens; -vv also every translated call")
	fs.BoolVar(&o.stats, "stats", false, "at the end, say what the run cost")
	fs.Var(&number{&o.statusFD, 0, 1 << 20, "a file descriptor"}, "status-fd", "write a line of JSON for every event to file descriptor `N`")
	fs.BoolVar(&o.noSeccomp, "no-seccomp", false, "stop at every system call: slow, for comparisons")
	fs.BoolVar(&o.strict, "strict", false, "end the run when a program uses an interface that is not translated")
	fs.BoolVar(&o.gops, "gops", false, "start the gops agent of pidsim itself on a loopback port")
	fs.BoolVarP(&o.help, "help", "h", false, "show this help")
	fs.BoolVar(&o.version, "version", false, "show the version")
	return fs
}

// minPIDMax is the smallest --pid-max, that of kernel.pid_max: the ids up to
// 300 are skipped after a wrap, so that less would leave none.
const minPIDMax = 301

// parseRun reads the command line of a run. When help or version is set, the
// rest of it has not been checked.
func parseRun(args []string) (*options, error) {
	o := new(options)
	fs := runFlags(o)
	if err := parse(fs, args); err != nil {
		return nil, err
	}
	o.program, o.given = fs.Args(), fs.Changed
	if o.help || o.version {
		return o, nil
	}
	if !fs.Changed("pid") {
		return nil, noPID(args)
	}
	if len(o.program) == 0 {
		return nil, failed("no program", "-pid says as which process to run it, but nothing to run follows the flags",
			"add the program, as in pidsim -pid 4242 sh")
	}
	if o.program[0] == "" {
		return nil, &failure{`""`, "no program has an empty name", "name the program after the flags", exitNotFound}
	}
	return o, nil
}

// parse reads args into fs and words the errors.
func parse(fs *pflag.FlagSet, args []string) error {
	args, swallowed := normalize(fs, args)
	if swallowed != "" {
		return failed(word(swallowed), "unknown flag", seeHelp)
	}
	var (
		err     = fs.Parse(args)
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return unknownFlag(fs, unknown)
	case errors.As(err, &missing):
		return failed("--"+missing.GetFlag().Name, "the flag needs a value", seeHelp)
	case errors.As(err, &invalid):
		v := explained(invalid.GetFlag(), invalid.Unwrap())
		return failed("--"+invalid.GetFlag().Name+" "+word(invalid.GetValue()), v.why, v.fix)
	case errors.As(err, &syntax):
		return failed(word(syntax.GetSpecifiedFlag()), "not a flag", seeHelp)
	}
	return failed("flags", err.Error(), seeHelp)
}

// unknownFlag words the error for a flag that does not exist, and guesses
// when only a dash is missing.
func unknownFlag(fs *pflag.FlagSet, e *pflag.NotExistError) error {
	cluster := e.GetSpecifiedShortnames()
	if cluster == "" {
		return failed(word("--"+e.GetSpecifiedName()), "unknown flag", seeHelp)
	}
	name, _, _ := strings.Cut(cluster, "=")
	for _, with := range []string{name, "v" + name, "h" + name} {
		if fs.Lookup(with) != nil {
			return failed(word("-"+with), "unknown flag", "did you mean --"+with+"?")
		}
	}
	return failed(word("-"+cluster), "unknown flag", seeHelp)
}

// noPID words the error for a command line without -pid, which may be an
// attempt at a verb.
func noPID(args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return failed(word(args[0]), "not a verb, and a run begins with -pid",
			"write pidsim -pid N "+word(args[0])+" to run it; verbs are "+list(verbNames()))
	}
	return failed("no process id", "a run needs the id that the program is to have",
		"give it first, as in pidsim -pid 4242 sh; "+seeHelp)
}
