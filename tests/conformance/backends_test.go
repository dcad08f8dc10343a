package conformance

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// way is one of the kernel's own mechanisms and the user to use it as.
type way struct{ backend, user string }

// ways are those that this machine and these rights have to allow, and
// setforkpid where it is installed, which auto takes then.
func ways(t *testing.T) (all []way) {
	t.Helper()
	if privileged() {
		all = append(all, way{"set-tid", asRoot}, way{"ns-last-pid", asRoot}, way{"namespace", asRoot})
		if exec.Command(pidsim(t), "check", "--feature", "setforkpid").Run() == nil {
			all = append(all, way{"setforkpid", asRoot}, way{"auto", asRoot})
		}
	}
	return append(all, way{"namespace", asNobody})
}

// space is what the program is to be told about others.
func (w way) space() string {
	if w.backend == "namespace" {
		return private
	}
	return host
}

// difference is a program whose facts are not all as natively, because of
// what the mechanism is. Without facts, none can be compared.
type difference struct {
	backends []string
	program  string
	facts    []string
	why      string
}

var realIDs = []string{"setforkpid", "auto", "set-tid", "ns-last-pid"}

const groupOutside = "the group and the session that the program inherits lie outside of the namespace, where they have the id 0"

// differences are all there are.
var differences = []difference{
	{[]string{"namespace"}, "getpgid", []string{"own: getpgrp is positive", "own: getsid(0) is positive"}, groupOutside},
	{[]string{"namespace"}, "setpgid", []string{"setpgid(child, own group): it is back", "setpgid(child, group that is gone)", "setpgid of -1 into the own group"}, groupOutside},
	{[]string{"namespace"}, "setsid", []string{"setsid when that group is gone gives the own id"}, groupOutside},
	{[]string{"namespace"}, "reuse_wrap", []string{"first lap: all ids are below pid_max", "second lap: all ids are below pid_max", "second lap: a freed id comes back"},
		"a new pid namespace has a pid_max of its own since Linux 6.14"},
	{[]string{"namespace"}, "proc_events", nil, "the process connector tells the ids of the outermost namespace"},
	{realIDs, "kill_all", nil, "pidsim is a process like others, which kill(-1) reaches and SIGKILL ends"},
}

// differs finds the entry for a program.
func (w way) differs(p program) *difference {
	i := slices.IndexFunc(differences, func(d difference) bool {
		return d.program == p.name && slices.Contains(d.backends, w.backend)
	})
	if i < 0 {
		return nil
	}
	return &differences[i]
}

// TestBackends runs the programs under the kernel's own mechanisms, where they
// must find what they find natively.
func TestBackends(t *testing.T) {
	for _, w := range ways(t) {
		for _, p := range programs {
			t.Run(w.backend+"/"+w.user+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				compareReal(t, p, w)
			})
		}
	}
}

// compareReal runs a program by a mechanism and holds it against the native
// run.
func compareReal(t *testing.T, p program, w way) {
	t.Helper()
	d := w.differs(p)
	if d != nil && d.facts == nil {
		t.Skip(d.why)
	}
	want := truth(t, p, dynamic, w.user).facts
	got := really(t, p, w)
	facts := got.facts
	if d == nil {
		holds(t, got)
	} else {
		want, facts = d.without(t, want, facts)
		for _, f := range facts {
			if strings.HasSuffix(f, ": NO") {
				t.Error(f)
			}
		}
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("facts differ (-native +%s):\n%s%s", w.backend, diff, got.stderr)
	}
}

// without leaves out the facts that may differ, each of which must do so.
func (d *difference) without(t *testing.T, native, got []string) (a, b []string) {
	t.Helper()
	for _, fact := range d.facts {
		of := func(line string) bool { return strings.HasPrefix(line, fact+": ") }
		i, j := slices.IndexFunc(native, of), slices.IndexFunc(got, of)
		if i < 0 || j < 0 || native[i] == got[j] {
			t.Errorf("%s: %q does not differ", d.program, fact)
			continue
		}
		native = slices.Delete(slices.Clone(native), i, i+1)
		got = slices.Delete(slices.Clone(got), j, j+1)
	}
	return native, got
}

// really runs a program under pidsim by a mechanism.
func really(t *testing.T, p program, w way) outcome {
	t.Helper()
	if p.contained && !privileged() {
		t.Skip("needs root: a pid namespace")
	}
	for try := 0; ; try++ {
		root := freeID(p, try)
		args := append([]string{pidsim(t), "-pid", strconv.Itoa(root), "--backend", w.backend}, argv(t, p, dynamic)...)
		if p.contained {
			args = append(append(append([]string{oracle(t)}, oracleFlags(p, w.user)...), "0"), args...)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Env = environment(p, root, w.space(), outsider(t, w.user))
		if privileged() && w.user == asNobody && !p.contained {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		o := collect(t, cmd)
		cancel()
		if o.root = root; try == 20 || !strings.Contains(o.stderr, " is in use ") {
			return o
		}
	}
}
