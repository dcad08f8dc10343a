package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/kernel"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer"
)

// checkVerb tells what works on this machine.
func checkVerb() *verb {
	return &verb{
		name:  "check",
		args:  "[--json] [--feature NAME]",
		short: "find out what works on this machine",
		long: `Each feature is tried, by making a process that ends at once. It works, is
absent, for the reason that follows, or it is unknown: it could not be told.

The exit status is 0 when pidsim -pid N works here, 1 when it does so with
limits, and 2 when it does not. With --feature it is 0 when the feature works,
1 when that could not be told, and 2 when it is absent. NAME is one of
` + list(featureNames()) + `.
`,
		flags: func() *pflag.FlagSet { return checkFlags(new(checkOptions)) },
		run:   check,
	}
}

// checkOptions is what the command line of pidsim check says.
type checkOptions struct {
	json    bool
	feature string
}

// checkFlags makes the flags of pidsim check.
func checkFlags(o *checkOptions) *pflag.FlagSet {
	fs := verbFlags("check")
	fs.BoolVar(&o.json, "json", false, "write JSON, for programs")
	fs.Var(&choice{&o.feature, "feature", featureNames()}, "feature", "check only this one")
	return withHelp(fs)
}

// feature is something that may work on a machine or not.
type feature struct {
	name    string
	purpose string
	probe   func() kernel.Finding
}

// features lists them in the order of the report.
func features() []feature {
	all := []feature{
		{"ptrace", "the emulation, for --backend ptrace and auto", probePtrace},
		{"seccomp", "the emulation at full speed; without it only with --no-seccomp", probeSeccomp},
	}
	for _, m := range kernel.Mechanisms() {
		purpose := "a real id, for --backend " + m.Name()
		switch m {
		case kernel.SetForkPID:
			purpose += " and auto"
		case kernel.Namespace:
			purpose = "a real id in a namespace, for --backend namespace"
		}
		all = append(all, feature{m.Name(), purpose, func() kernel.Finding { return kernel.Probe(m) }})
	}
	return append(all, feature{"pid_max", "which ids can be real", kernel.PIDMax})
}

func featureNames() (names []string) {
	for _, f := range features() {
		names = append(names, f.name)
	}
	return names
}

// checked is a feature and what was found, as it is written in JSON.
type checked struct {
	Name    string         `json:"name"`
	Outcome kernel.Outcome `json:"outcome"`
	Purpose string         `json:"purpose"`
	Why     string         `json:"why,omitempty"`
	Fix     string         `json:"fix,omitempty"`
}

func (f feature) check() checked {
	found := f.probe()
	return checked{f.name, found.Outcome, f.purpose, found.Why, found.Fix}
}

// Exit statuses of pidsim check.
const (
	checkGood     = 0
	checkDegraded = 1
	checkUnusable = 2
)

// check implements pidsim check.
func check(args []string) error {
	var o checkOptions
	_, help, err := parseVerb("check", checkFlags(&o), args, 0)
	if err != nil || help {
		return err
	}
	var (
		all    []checked
		result any
		code   int
		text   string
	)
	for _, f := range features() {
		if o.feature == "" || o.feature == f.name {
			all = append(all, f.check())
		}
	}
	if o.feature != "" {
		result, text = all[0], line(all[0])
		code = map[kernel.Outcome]int{kernel.Works: checkGood, kernel.Unknown: checkDegraded, kernel.Absent: checkUnusable}[all[0].Outcome]
	} else {
		v := judge(all)
		result, text, code = reported{v.word, all}, checkText(all, v), v.code
	}
	if o.json {
		b, err := json.MarshalIndent(result, "", "  ")
		if err != nil {
			return err
		}
		text = string(b) + "\n"
	}
	if err := show(text); err != nil {
		return err
	}
	return exitStatus(code)
}

// reported is the whole report in JSON.
type reported struct {
	Verdict  string    `json:"verdict"`
	Features []checked `json:"features"`
}

// verdict sums a report up.
type verdict struct {
	word, text string
	code       int
}

// judge decides how good a machine is for the default backend.
func judge(all []checked) verdict {
	outcome := make(map[string]kernel.Outcome)
	for _, c := range all {
		outcome[c.Name] = c.Outcome
	}
	ptrace, seccomp, setforkpid := outcome["ptrace"], outcome["seccomp"], outcome["setforkpid"]
	switch {
	case ptrace == kernel.Works && seccomp == kernel.Works:
		return verdict{"good", "pidsim -pid N works here.", checkGood}
	case ptrace == kernel.Works:
		return verdict{"degraded", "pidsim -pid N works here only with --no-seccomp, which is slow.", checkDegraded}
	case setforkpid == kernel.Works:
		return verdict{"degraded", "pidsim -pid N works here only for an id that is free: it cannot be emulated.", checkDegraded}
	case ptrace == kernel.Unknown:
		return verdict{"degraded", "whether pidsim -pid N works here could not be told.", checkDegraded}
	}
	for _, c := range all {
		if c.Outcome == kernel.Works && kernel.Find(c.Name) != nil {
			return verdict{"degraded", "pidsim -pid N works here only with --backend " + c.Name + ".", checkDegraded}
		}
	}
	return verdict{"unusable", "pidsim -pid N does not work here.", checkUnusable}
}

// checkText is the report for people.
func checkText(all []checked, v verdict) string {
	var b strings.Builder
	for _, c := range all {
		b.WriteString(line(c))
	}
	return b.String() + "\n" + strings.ToUpper(v.word[:1]) + v.word[1:] + ": " + v.text + "\n"
}

// line is a feature's line, and others below for the reason and the way out.
func line(c checked) string {
	s := fmt.Sprintf("%-11s  %-7s  %s\n", c.Name, c.Outcome, c.Purpose)
	for _, more := range []string{c.Why, c.Fix} {
		if more != "" {
			s += fmt.Sprintf("%-11s  %-7s  - %s\n", "", "", more)
		}
	}
	return s
}

// probePtrace tells whether programs can be supervised at all.
func probePtrace() kernel.Finding { return emulate("ptrace", true) }

// probeSeccomp tells whether they can be supervised with a filter, so that
// only some system calls stop them.
func probeSeccomp() kernel.Finding { return emulate("seccomp", false) }

// emulate runs a program that checks its own id, one that this machine is
// unlikely to give.
func emulate(name string, noSeccomp bool) kernel.Finding {
	found := kernel.Finding{Name: name}
	witness, err := kernel.Witness(pidspace.MaxPID)
	if err != nil {
		found.Why = err.Error()
		return found
	}
	defer witness.Close()
	c := tracer.Command(pidspace.MaxPID, "/proc/self/fd/0")
	c.Stdin, c.NoSeccomp = witness, noSeccomp
	var (
		setup *tracer.SetupError
		exit  *tracer.ExitError
	)
	switch err := c.Run(); {
	case err == nil:
		found.Outcome = kernel.Works
	case errors.As(err, &setup):
		f := setupFailure(setup)
		found.Outcome, found.Why, found.Fix = kernel.Absent, f.reason(), f.fix
	case errors.As(err, &exit) && exit.Status.Code == 1:
		found.Outcome, found.Why = kernel.Absent, "the program did not see the id"
	default:
		found.Why = asFailure(err).reason()
	}
	return found
}

// exitStatus ends pidsim with a status other than 0 that is no failure.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
