package main

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/pidspace/image"
)

// inspectVerb shows what is in an image.
func inspectVerb() *verb {
	return &verb{
		name:  "inspect",
		args:  "IMAGE [--json]",
		short: "show the processes in an image",
		long: `IMAGE is a file of pidsim checkpoint, a directory with a CRIU dump, or a DMTCP
checkpoint. Each process has a line, below that of its parent.
`,
		flags: func() *pflag.FlagSet { return inspectFlags(new(bool)) },
		run:   runInspect,
	}
}

// inspectFlags makes the flags of pidsim inspect.
func inspectFlags(asJSON *bool) *pflag.FlagSet {
	fs := verbFlags("inspect")
	fs.BoolVar(asJSON, "json", false, "write JSON, for programs")
	return withHelp(fs)
}

// runInspect implements pidsim inspect.
func runInspect(args []string) error {
	var asJSON bool
	words, help, err := parseVerb("inspect", inspectFlags(&asJSON), args, 1)
	if err != nil || help {
		return err
	}
	if len(words) == 0 {
		return failed("inspect", "no image", "name one, as in pidsim inspect IMAGE")
	}
	// Looking at an image is harmless, whoever has written it.
	img, err := openImage(words[0], func(string, fs.FileInfo) error { return nil })
	if err != nil {
		return err
	}
	if !asJSON {
		return show(imageText(img))
	}
	b, err := img.JSON()
	if err != nil {
		return err
	}
	return show(string(b))
}

// imageText is the picture of an image.
func imageText(img *image.Image) string {
	return origin(img) + "\n" + treeText(img) + remarks(img)
}

// origin says where an image comes from.
func origin(img *image.Image) string {
	s := map[image.Origin]string{image.Live: "live processes", image.CRIU: "a CRIU dump", image.DMTCP: "a DMTCP checkpoint"}[img.Origin]
	if !img.Taken.IsZero() {
		s += ", taken " + img.Taken.Format(time.DateTime) + " UTC"
	}
	if h := img.Host; h != nil {
		s += " on " + printable(string(h.Name)) + " (Linux " + printable(string(h.Kernel)) + ")"
	}
	return "Identity of " + s + "\n"
}

// treeText has a line for each process. Commands are indented as in ps f.
func treeText(img *image.Image) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%7s %7s %7s %7s %6s %7s  %s\n", "PID", "PPID", "PGID", "SID", "UID", "THREADS", "COMMAND")
	children := img.Children()
	type place struct {
		index int
		lines string // those from the parents to their other children
		last  bool
	}
	stack := []place{{last: true}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		p := &img.Processes[at.index]
		branch, below := "", ""
		if at.index > 0 {
			branch, below = at.lines+` \_ `, at.lines+" |  "
			if at.last {
				below = at.lines + "    "
			}
		}
		fmt.Fprintf(&b, "%7d %7d %7d %7d %6s %7d  %s%s\n", p.PID, p.PPID, p.PGID, p.SID, user(p), 1+len(p.Threads), branch, describe(p))
		for i := len(children[at.index]) - 1; i >= 0; i-- {
			stack = append(stack, place{children[at.index][i], below, i == len(children[at.index])-1})
		}
	}
	return b.String()
}

// user is the effective user id, as far as it is known.
func user(p *image.Process) string {
	if p.Credentials == nil {
		return "?"
	}
	return fmt.Sprint(p.Credentials.UID.Effective)
}

// describe is the command of a process, and what is special about it.
func describe(p *image.Process) string {
	s := command(p)
	if p.State != image.Running {
		s += " (" + string(p.State) + ")"
	}
	if ids, ok := p.At(p.Levels() - 1); ok && p.Levels() > 1 {
		s += fmt.Sprintf(" (process %d of its pid namespace)", ids.PID)
	}
	return s
}

// command is the command line of a process.
func command(p *image.Process) string {
	args := make([]string, 0, len(p.Args))
	for _, a := range p.Args {
		args = append(args, string(a))
	}
	return commandLine(string(p.Name), args)
}

// commandLine is a command as far as a line has room for it, or the name in
// brackets if there are no arguments.
func commandLine(name string, args []string) string {
	if len(args) == 0 {
		if name == "" {
			name = "?"
		}
		return "[" + printable(name) + "]"
	}
	// A program that renames itself leaves the rest of its arguments empty.
	for len(args) > 1 && args[len(args)-1] == "" {
		args = args[:len(args)-1]
	}
	const most = 200
	var words []string
	for _, a := range args {
		words = append(words, word(a))
	}
	s := strings.Join(words, " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " ..."
	}
	return s
}

// printable replaces what could do something to a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}

// remarks says what an image lacks.
func remarks(img *image.Image) string {
	var b strings.Builder
	for i := range img.Processes {
		p := &img.Processes[i]
		if len(p.Unread) == 0 {
			continue
		}
		var names []string
		for _, m := range p.Unread {
			names = append(names, string(m))
		}
		fmt.Fprintf(&b, "Process %d: no permission to read %s\n", p.PID, list(names))
	}
	if b.Len() > 0 {
		return "\n" + b.String()
	}
	return ""
}
