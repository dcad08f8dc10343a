package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/runs"
)

// psVerb lists what runs.
func psVerb() *verb {
	return &verb{
		name:  "ps",
		args:  "[--json]",
		short: "list the runs of this user and their processes",
		long: `Each process of a run has a line: its id, parent, group and session as the
run sees them, its real id, its state as in ps(1), and its command. Within a run
the list is the same; the real ids in it mean nothing there.

The exit status is 1 when a run did not answer.
`,
		flags: func() *pflag.FlagSet { return psFlags(new(bool)) },
		run:   ps,
	}
}

// psFlags makes the flags of pidsim ps.
func psFlags(asJSON *bool) *pflag.FlagSet {
	fs := verbFlags("ps")
	fs.BoolVar(asJSON, "json", false, "write JSON, for programs")
	return withHelp(fs)
}

// ps implements pidsim ps.
func ps(args []string) error {
	var asJSON bool
	_, help, err := parseVerb("ps", psFlags(&asJSON), args, 0)
	if err != nil || help {
		return err
	}
	found, silent := runs.List()
	for _, e := range silent {
		say(silence(e))
	}
	text := psText(found)
	if asJSON {
		if text, err = psJSON(found); err != nil {
			return err
		}
	}
	if err := show(text); err != nil {
		return err
	}
	if len(silent) > 0 {
		return exitStatus(1)
	}
	return nil
}

// silence words that a run did not answer.
func silence(e *runs.SilentError) string {
	f := failure{what: "a run does not answer", why: e.Err.Error(), fix: "it is not in the list"}
	if e.Supervisor > 0 {
		f.what = fmt.Sprintf("the run under process %d does not answer", e.Supervisor)
	}
	if e.Stopped {
		f.why, f.fix = "it is stopped", fmt.Sprintf("continue it, as with kill -CONT %d", e.Supervisor)
	}
	return f.Error()
}

// psJSON is a list, which may be empty.
func psJSON(found []runs.Run) (string, error) {
	if found == nil {
		found = []runs.Run{}
	}
	b, err := json.MarshalIndent(found, "", "  ")
	return escapeControls(string(b)) + "\n", err
}

// escapeControls escapes in JSON the control characters that encoding/json lets
// pass, and that terminals obey: DEL and those of ISO 6429 from U+0080 on.
func escapeControls(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// psText has a heading for each run and a line for each process.
func psText(found []runs.Run) string {
	if len(found) == 0 {
		return "No runs.\n"
	}
	var b strings.Builder
	for i := range found {
		r := &found[i]
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "Process %d%s, %s space, by %s, under process %d since %s\n", r.Root, outlived(r),
			printable(r.Space), printable(r.Backend), r.Supervisor, r.Started.Local().Format(time.DateTime))
		fmt.Fprintf(&b, "%7s %7s %7s %7s %7s %s %s\n", "PID", "PPID", "PGID", "SID", "REAL", "S", "COMMAND")
		for _, p := range r.Processes {
			fmt.Fprintf(&b, "%7d %7d %7d %7d %7d %s %s\n", p.Virtual, p.PPID, p.PGID, p.SID, p.Real, printable(p.State), commandLine(p.Name, p.Args))
		}
	}
	return b.String()
}

// outlived says that the program of a run is no more, only what it has left.
func outlived(r *runs.Run) string {
	for _, p := range r.Processes {
		if p.Virtual == r.Root {
			return ""
		}
	}
	return " (ended)"
}
