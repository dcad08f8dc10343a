package main

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/google/gops/agent"
	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

// leftoverNotice is how long the tree may outlive the program before pidsim
// says why it is still there.
const leftoverNotice = 2 * time.Second

// run reads the command line of a run, does it, and returns how the program
// ended. An error means that pidsim failed; then nothing is left running.
func run(args []string) (tracer.Status, error) {
	o, err := parseRun(args)
	switch {
	case err != nil:
		return tracer.Status{}, err
	case o.help:
		return tracer.Status{}, show(usage())
	case o.version:
		return tracer.Status{}, printVersion()
	}
	return o.run()
}

// run opens what the flags name, runs the program, and closes all again.
func (o *options) run() (tracer.Status, error) {
	// First, while every descriptor of this process that is not closed on
	// exec is one that the caller passed.
	report, err := openStatus(o.statusFD)
	if err != nil {
		return tracer.Status{}, err
	}
	st, err := o.open(report)
	code := shellStatus(st)
	if err != nil {
		code = asFailure(err).code
	}
	report.end(code)
	return st, err
}

// open opens the trace file and the agent and supervises the program.
func (o *options) open(report *statusWriter) (tracer.Status, error) {
	cmd := o.command()
	if o.trace != "" {
		f, err := openTrace(o.trace)
		if err != nil {
			return tracer.Status{}, err
		}
		defer f.Close()
		w := &traceWriter{name: o.trace, to: f}
		defer w.report()
		cmd.Trace = w
	}
	if o.gops {
		if err := agent.Listen(agent.Options{ShutdownCleanup: false}); err != nil {
			_, why := reason(err)
			return tracer.Status{}, failed("--gops", "cannot start the agent: "+why, "run without --gops, or set HOME to a directory that can be written")
		}
		defer agent.Close()
	}
	return o.choose(cmd, report)
}

// command prepares the tracer's command.
func (o *options) command() *tracer.Cmd {
	c := tracer.Command(o.pid, o.program[0], o.program[1:]...)
	c.Env = environ(os.Environ(), os.Getpid(), o.pid)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Space, c.Plan = o.space, o.plan
	c.PPID, c.PGID, c.SID = o.ppid, o.pgid, o.sid
	c.PIDMax = o.pidMax
	c.KillOnExit, c.NoSeccomp, c.Strict = o.killOnExit, o.noSeccomp, o.strict
	c.Log = func(level int, msg string) {
		if level <= o.verbose {
			say(msg)
		}
	}
	o.restored.emulated(c)
	return c
}

// supervise runs cmd to the end of its tree, passing signals on meanwhile.
func (o *options) supervise(cmd job, report *statusWriter) (tracer.Status, error) {
	tree := newTree()
	sigs, err := catchSignals()
	if err != nil {
		return tracer.Status{}, err
	}
	cmd.watch(func(e tracer.Event) {
		process := tree.note(e)
		report.event(e, process)
	})
	cmd.atBirth(func(int) { sigs.catchIgnored() })
	if err := cmd.Start(); err != nil {
		if sig := sigs.fatal(); sig != 0 {
			return tracer.Status{Signal: int(sig)}, nil
		}
		return tracer.Status{}, err
	}
	liftLimits()
	defer o.announce(cmd).Withdraw()
	caught := make(chan syscall.Signal)
	go sigs.deliver(caught)
	done := make(chan struct{})
	var term terminal = controllingTerminal{}
	if a, ok := cmd.(attended); ok && a.r.leads != leadsNothing {
		term = apart{}
	}
	r := &relay{program: cmd, tree: tree, terminal: term, held: held, stopSelf: stopSelf, active: cmd.active,
		sent: func(sig syscall.Signal) bool { return aboutLimit(sig) || cmd.sent(sig) }}
	go r.run(caught, cmd.RootExited(), done)
	go mindLeftovers(tree, cmd.RootExited(), done)

	err = cmd.Wait()
	close(done)
	var exit *tracer.ExitError
	if err != nil && !errors.As(err, &exit) {
		return tracer.Status{}, err
	}
	return cmd.Status(), nil
}

// mindLeftovers tells a person at a terminal why pidsim is still there after
// the program's end.
func mindLeftovers(t *tree, rootExited, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-rootExited:
	}
	select {
	case <-done:
	case <-time.After(leftoverNotice):
		if isTerminal(2) {
			say(leftovers(t.processes()))
		}
	}
}

// isTerminal tells whether fd is a terminal. It only looks.
func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
