package bench

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/pidsim/pidsim/kernel"
)

// A Mechanism is a way to run a program other than natively.
type Mechanism struct {
	// Name is what users call it, What says what it is.
	Name, What string
	// argv is the command that is put before a program; pid stands for a
	// process id, pidsim and probe for those programs.
	argv []string
	// real is the kernel's mechanism that gives the id, if one does.
	real kernel.Mechanism
	// Slow says that every system call stops.
	Slow bool
	// Bare says that it is only a lower bound: no ids are translated.
	Bare bool
	// dynamic says that it has no effect on static programs.
	dynamic bool
	// rare ones are measured only if they are asked for.
	rare bool
}

// What stands in argv for something that a Lab knows.
const (
	argPID    = "{pid}"
	argPidsim = "{pidsim}"
	argProbe  = "{probe}"
)

// emulated is the id of programs whose id is emulated.
const emulated = 4242

// Mechanisms lists the mechanisms in the order of reports: pidsim's, then the
// peers.
func Mechanisms() []Mechanism {
	pidsim := func(args ...string) []string {
		return append([]string{argPidsim, "--pid", argPID}, args...)
	}
	ptrace := func(args ...string) []string {
		return append(pidsim("--backend", "ptrace", "--kill-on-exit", "--stats"), args...)
	}
	list := []Mechanism{
		{Name: "host", What: "pidsim: emulation, host space", argv: ptrace("--space", "host")},
		{Name: "private", What: "pidsim: emulation, private space", argv: ptrace("--space", "private")},
		{Name: "host-no-seccomp", What: "pidsim: emulation, host space, every call stops", argv: ptrace("--space", "host", "--no-seccomp"), Slow: true},
		{Name: "private-no-seccomp", What: "pidsim: emulation, private space, every call stops", argv: ptrace("--space", "private", "--no-seccomp"), Slow: true, rare: true},
	}
	for _, m := range kernel.Mechanisms() {
		list = append(list, Mechanism{Name: m.Name(), What: "pidsim: --backend " + m.Name(), argv: pidsim("--backend", m.Name()), real: m})
	}
	return append(list,
		Mechanism{Name: "filter", What: "a seccomp filter that allows all: the least that an emulation costs", argv: []string{argProbe, opAllow}, Bare: true},
		Mechanism{Name: "strace", What: "strace of two calls, by stopping at all", argv: []string{"strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=getpid,gettid", "-e", "signal=none"}, Slow: true},
		Mechanism{Name: "strace-seccomp", What: "strace of two calls, with a filter", argv: []string{"strace", "-f", "-q", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=getpid,gettid", "-e", "signal=none"}},
		Mechanism{Name: "proot", What: "proot without a change", argv: []string{"proot"}},
		Mechanism{Name: "unshare", What: "unshare: user and pid namespaces", argv: []string{"unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"}},
		Mechanism{Name: "bwrap", What: "bwrap: user, mount and pid namespaces", argv: []string{"bwrap", "--dev-bind", "/", "/", "--unshare-user", "--unshare-pid", "--die-with-parent"}},
		Mechanism{Name: "faketime", What: "faketime: a preloaded library", argv: []string{"faketime", "-p", argPID, "now"}, dynamic: true},
	)
}

// MechanismNames lists the names of all.
func MechanismNames() []string {
	return namesOf(Mechanisms(), func(m Mechanism) string { return m.Name })
}

// ChooseMechanisms picks mechanisms by name; without a name, all but rare ones.
func ChooseMechanisms(names []string) (list []Mechanism) {
	for _, m := range Mechanisms() {
		if len(names) == 0 && !m.rare || slices.Contains(names, m.Name) {
			list = append(list, m)
		}
	}
	return list
}

// Emulates tells whether it is pidsim's emulation, whose stops are counted and
// which has a supervisor.
func (m *Mechanism) Emulates() bool { return m != nil && slices.Contains(m.argv, "--stats") }

// native is the name of running without a mechanism.
const native = "native"

func (m *Mechanism) name() string {
	if m == nil {
		return native
	}
	return m.Name
}

// wrap puts the mechanism before a program.
func (l *Lab) wrap(m *Mechanism, program []string) []string {
	if m == nil {
		return program
	}
	var argv []string
	for _, word := range m.argv {
		switch word {
		case argPID:
			word = fmt.Sprint(m.pid())
		case argPidsim:
			word = l.Pidsim
		case argProbe:
			word = l.probe
		}
		argv = append(argv, word)
	}
	return append(argv, program...)
}

// pid is the id for the next program under m. One that the kernel gives must
// be free, which can change any time.
func (m *Mechanism) pid() int {
	if m.real == nil || m.real == kernel.Namespace {
		return emulated
	}
	return kernel.FreePID()
}

// An Availability says whether a mechanism can be measured here.
type Availability struct {
	Outcome  kernel.Outcome
	Why, Fix string
}

// available finds out by asking the kernel package, and by running a program
// that does nothing.
func (l *Lab) available(m *Mechanism) Availability {
	if m.real != nil {
		if f := kernel.Probe(m.real); f.Outcome != kernel.Works {
			return Availability{f.Outcome, f.Why, f.Fix}
		}
	}
	if m.argv[0] != argPidsim && m.argv[0] != argProbe {
		if _, err := exec.LookPath(m.argv[0]); err != nil {
			return Availability{kernel.Absent, "not installed: there is no " + m.argv[0] + " in PATH", "install it"}
		}
	}
	if _, err := l.whole(m, Free, trialLimit, l.probe, opExit); err != nil {
		// pidsim says what to do in its own words.
		why, fix, _ := strings.Cut(err.Error(), "; ")
		return Availability{kernel.Absent, why, fix}
	}
	return Availability{Outcome: kernel.Works}
}
