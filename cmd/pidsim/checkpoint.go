package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/checkpoint"
	"github.com/pidsim/pidsim/pidspace/image"
)

// checkpointVerb writes the identity of live processes.
func checkpointVerb() *verb {
	return &verb{
		name:  "checkpoint",
		args:  "PID [-o IMAGE] [--tree]",
		short: "write the identity of a live process to a file",
		long: `The identity is the ids of a process and its threads, its parent, process
group, session and terminal, its user, groups and capabilities, its limits, its
command and directories. Memory and open files are not in it.

The process goes on as it was. IMAGE is readable only for its owner. Without -o
it is PID.pidsim in the current directory, which is then printed. @FILE in place
of PID takes the id from a pid file.
`,
		flags: func() *pflag.FlagSet { return checkpointFlags(new(checkpointOptions)) },
		run:   runCheckpoint,
	}
}

// checkpointOptions is what the command line of pidsim checkpoint says.
type checkpointOptions struct {
	checkpoint.Options
	output string
}

// checkpointFlags makes the flags of pidsim checkpoint.
func checkpointFlags(o *checkpointOptions) *pflag.FlagSet {
	fs := verbFlags("checkpoint")
	fs.StringVarP(&o.output, "output", "o", "", "write to `IMAGE`, or to standard output for -")
	fs.BoolVar(&o.Tree, "tree", false, "include what descends from the process")
	fs.BoolVar(&o.Env, "env", false, "include environments, which often hold secrets")
	fs.BoolVar(&o.Freeze, "freeze", false, "stop the processes for the moment")
	return withHelp(fs)
}

// runCheckpoint implements pidsim checkpoint.
func runCheckpoint(args []string) error {
	var o checkpointOptions
	words, help, err := parseVerb("checkpoint", checkpointFlags(&o), args, 1)
	if err != nil || help {
		return err
	}
	if len(words) == 0 {
		return failed("checkpoint", "no process id", "name a process, as in pidsim checkpoint 4242")
	}
	var pid int
	if err := processOrFile(&pid).Set(words[0]); err != nil {
		var v *valueError
		if errors.As(err, &v) {
			return failed("checkpoint "+word(words[0]), v.why, v.fix)
		}
		return err
	}
	img, err := checkpoint.Read(pid, o.Options)
	if err != nil {
		return checkpointFailure(err)
	}
	if err := o.write(img); err != nil {
		return err
	}
	for line := range strings.Lines(remarks(img)) {
		if line != "\n" {
			say(strings.ToLower(line[:1]) + line[1:])
		}
	}
	return nil
}

// write writes the image to where the user wants it.
func (o *checkpointOptions) write(img *image.Image) error {
	switch o.output {
	case "-":
		b, err := image.Encode(img)
		if err != nil {
			return err
		}
		return show(string(b))
	case "":
		name := fmt.Sprintf("%d.pidsim", img.Root().PID)
		if err := writeImage(name, img); err != nil {
			return err
		}
		return show(name + "\n")
	}
	return writeImage(o.output, img)
}

// writeImage writes the image to a file.
func writeImage(path string, img *image.Image) error {
	err := image.WriteFile(path, img)
	if err == nil {
		return nil
	}
	_, why := reason(err)
	if errors.Is(err, os.ErrNotExist) {
		return failed(word(path), "cannot write: "+why, "create its directory first")
	}
	return failed(word(path), "cannot write: "+why, "choose another file with -o")
}

// checkpointFailure words why processes could not be read.
func checkpointFailure(err error) error {
	var e *checkpoint.Error
	if !errors.As(err, &e) {
		return failed("checkpoint", err.Error(), "")
	}
	why := e.Err.Error()
	if e.Detail != "" {
		why += " (" + e.Detail + ")"
	}
	return failed(fmt.Sprintf("process %d", e.PID), why, e.Fix)
}
