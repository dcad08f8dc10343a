package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/pidsim/pidsim/bench"
)

// The flag sets are the only lists of flags. Help is made from them; these
// tests hold the manual page and the completions against them, both ways.

// flagSets has every flag set of pidsim by verb; "" is a run.
func flagSets() map[string]*pflag.FlagSet {
	sets := map[string]*pflag.FlagSet{"": runFlags(new(options))}
	for _, v := range verbs() {
		sets[v.name] = v.flags()
	}
	return sets
}

// allFlags are the long names of all flags.
func allFlags() (names []string) {
	for _, fs := range flagSets() {
		fs.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// read returns a file of this directory.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameFlags compares the names that the first group of re finds in text with
// all flags.
func sameFlags(t *testing.T, name, text string, re *regexp.Regexp) {
	t.Helper()
	var got []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	for _, want := range allFlags() {
		if !slices.Contains(got, want) {
			t.Errorf("%s lacks --%s", name, want)
		}
	}
	for _, g := range got {
		if !slices.Contains(allFlags(), g) {
			t.Errorf("%s has --%s, which does not exist", name, g)
		}
	}
}

func TestHelpHasEveryFlag(t *testing.T) {
	text := usage()
	for _, v := range verbs() {
		text += helpOf(v)
		if !strings.Contains(usage(), "\n  "+v.name) {
			t.Errorf("help lacks the verb %s", v.name)
		}
	}
	sameFlags(t, "help", text, regexp.MustCompile(`--([a-z][a-z-]*)`))
	for line := range strings.Lines(usage()) {
		if len(line) > 96 {
			t.Errorf("a line of help has %d columns: %s", len(line), line)
		}
	}
}

func TestManualHasEveryFlag(t *testing.T) {
	text := read(t, "pidsim.1")
	sameFlags(t, "the manual page", text, regexp.MustCompile(`Fl -([a-z][a-z-]*)`))
	for _, f := range allFlags() {
		// In the list of flags, not only in the synopsis.
		if item := regexp.MustCompile(`(?m)^\.It (.* )?Fl -` + f + `( |$)`); !item.MatchString(text) {
			t.Errorf("the manual page does not explain --%s", f)
		}
	}
	for _, v := range verbs() {
		if !strings.Contains(text, "\n.It Cm "+v.name) {
			t.Errorf("the manual page does not explain the verb %s", v.name)
		}
	}
	for _, name := range append(bench.RowNames(), bench.MechanismNames()...) {
		if !regexp.MustCompile(`(?m)^\.(It )?Cm (.* , )?` + name + `( |$)`).MatchString(text) {
			t.Errorf("the manual page does not explain %s, which can be measured", name)
		}
	}
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("groff is not installed: the page's form was not checked")
	}
	out, err := exec.Command("groff", "-mdoc", "-Tascii", "-ww", "-z", "pidsim.1").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}

func TestCompletionsHaveEveryFlag(t *testing.T) {
	for name, re := range map[string]string{
		"bash": `(?m)(?:^|[\s'|])--([a-z][a-z-]*)`,
		"zsh":  `(?:['{,]|\))--([a-z][a-z-]*)`,
		"fish": `(?m)^complete .*-l ([a-z][a-z-]*)`,
	} {
		text := read(t, "completions/pidsim."+name)
		sameFlags(t, name, text, regexp.MustCompile(re))
		for _, v := range verbs() {
			if !strings.Contains(text, v.name) {
				t.Errorf("%s lacks the verb %s", name, v.name)
			}
		}
		for _, b := range backends {
			if !strings.Contains(text, b) {
				t.Errorf("%s lacks the backend %s", name, b)
			}
		}
		for _, b := range append(bench.RowNames(), bench.MechanismNames()...) {
			if !strings.Contains(text, b) {
				t.Errorf("%s lacks %s, which can be measured", name, b)
			}
		}
		for fs := range strings.FieldsSeq("-pid -v -h") {
			if name != "fish" && !strings.Contains(text, fs) {
				t.Errorf("%s lacks %s", name, fs)
			}
		}
	}
}

// TestBashCompletion completes command lines in a real bash. The word to
// complete is the last one; "=" is a word of its own there.
func TestBashCompletion(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	const flags = "-pid --pid --backend --space --plan --ppid --pgid --sid --pid-max --kill-on-exit --trace -v --verbose --stats --status-fd --no-seccomp --strict --gops -h --help --version"
	tests := []struct{ line, want string }{
		{"pidsim|", flags + " check checkpoint restore inspect ps syscalls bench version help"},
		{"pidsim|s", "syscalls"},
		{"pidsim|-p", "-pid"},
		{"pidsim|p", "ps"},
		{"pidsim|-pid|7|--s", "--space --sid --stats --status-fd --strict"},
		{"pidsim|-pid|", ""},
		{"pidsim|--backend|", "auto ptrace setforkpid set-tid ns-last-pid namespace"},
		{"pidsim|--backend|=", "auto ptrace setforkpid set-tid ns-last-pid namespace"},
		{"pidsim|--backend|=|p", "ptrace"},
		{"pidsim|-pid|7|--backend|set", "setforkpid set-tid"},
		{"pidsim|-pid|=|7|--space|=|", "host private"},
		{"pidsim|-pid|7|--space|h", "host"},
		{"pidsim|-v|--trace|/etc/host.c", "/etc/host.conf"},
		{"pidsim|-pid|7|--stats|mkfif", "mkfifo"},
		{"pidsim|-pid|7|--|mkfif", "mkfifo"},
		{"pidsim|-pid|7|cat|/etc/host.c", "/etc/host.conf"},
		{"pidsim|-pid|7|cat|--sta", ""},
		{"pidsim|ps|--j", "--json"},
		{"pidsim|syscalls|", "--format -h --help"},
		{"pidsim|syscalls|--format|j", "json"},
		{"pidsim|syscalls|--format|=|c", "csv"},
		{"pidsim|help|v", "version"},
		{"pidsim|help|c", "check checkpoint"},
		{"pidsim|checkpoint|--t", "--tree"},
		{"pidsim|checkpoint|1|-o|/etc/host.c", "/etc/host.conf"},
		{"pidsim|inspect|/etc/host.c", "/etc/host.conf"},
		{"pidsim|restore|--p", "--process --plan --ppid --pgid --pid-max"},
		{"pidsim|restore|/etc/host.c", "/etc/host.conf"},
		{"pidsim|restore|x|mkfif", "mkfifo"},
		{"pidsim|restore|--process|7|x|--|mkfif", "mkfifo"},
		{"pidsim|restore|x|--own", "--own-creds"},
		{"pidsim|restore|x|cat|/etc/host.c", "/etc/host.conf"},
		{"pidsim|check|", "--json --feature -h --help"},
		{"pidsim|check|--feature|s", "seccomp setforkpid set-tid"},
		{"pidsim|check|--json|--feature|=|n", "ns-last-pid namespace"},
		{"pidsim|version|--", "--help"},
		{"pidsim|bench|--c", "--command --clock --compare"},
		{"pidsim|bench|--rows|ge", "getpid gettid getuid"},
		{"pidsim|bench|--rows|=|fork,ge", "fork,getpid fork,gettid fork,getuid"},
		{"pidsim|bench|--mechanisms|st", "strace strace-seccomp"},
		{"pidsim|bench|--rounds|", ""},
		{"pidsim|bench|--export|/etc/host.c", "/etc/host.conf"},
		{"pidsim|bench|--compare|/etc/host.c", "/etc/host.conf"},
	}
	for _, tt := range tests {
		words := strings.Split(tt.line, "|")
		script := `. completions/pidsim.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pidsim; echo "${COMPREPLY[@]}"`
		cmd := exec.Command("bash", append([]string{"--norc", "-c", script, "bash"}, words...)...)
		cmd.Env = []string{"PATH=/usr/bin"} // where each command is found once
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%s: %v, %q; want %q", tt.line, err, got, tt.want)
		}
	}
}

func TestList(t *testing.T) {
	for n, want := range []string{"none", "a", "a and b", "a, b and c"} {
		if got := list([]string{"a", "b", "c"}[:n]); got != want {
			t.Errorf("list of %d: %q, want %q", n, got, want)
		}
	}
	if got := fmt.Sprint(verbNames()); got != "[check checkpoint restore inspect ps syscalls bench version help]" {
		t.Errorf("verbs: %s", got)
	}
}
