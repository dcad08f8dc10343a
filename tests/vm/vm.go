package vm

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pidsim/pidsim/tests/vm/internal/job"
)

// Kernel is a kernel that a guest can run.
type Kernel struct {
	Name    string   // for people
	Image   string   // what QEMU starts
	Modules []string // that the guest loads before it can see the host's files
	Headers string   // to build modules against: make KDIR=
}

// Command is a command of a guest.
type Command struct {
	Args    []string
	Env     []string      // added to the guest's environment
	Dir     string        // to run in, "" is the root
	Timeout time.Duration // 0 is five minutes
}

// Program is the command that runs a program with arguments.
func Program(name string, args ...string) Command {
	return Command{Args: append([]string{name}, args...)}
}

// Shell is the command that has sh run a script.
func Shell(script string) Command { return Program("sh", "-c", script) }

// Result is how a command ended.
type Result struct {
	Command Command
	Output  string // standard output and standard error
	Status  int    // exit status; -1 if it did not exit by itself
	Signal  int    // that ended it, or 0
	Late    bool   // it was killed after its timeout
	Elapsed time.Duration
}

// OK tells whether the command exited with 0.
func (r Result) OK() bool { return r.Status == 0 }

// String says what ended how, with the output.
func (r Result) String() string {
	how := fmt.Sprintf("exit status %d", r.Status)
	switch {
	case r.Late:
		how = "killed after its timeout"
	case r.Signal != 0:
		how = fmt.Sprintf("ended by signal %d", r.Signal)
	}
	return fmt.Sprintf("%s: %s after %v\n%s", strings.Join(r.Command.Args, " "), how, r.Elapsed.Round(time.Millisecond), r.Output)
}

// Machine is a guest that has not been started.
type Machine struct {
	Kernel Kernel

	// Dir is a directory of the host that the guest sees under the same path
	// and can write to. It is removed after the test.
	Dir string

	// Programs is another one, which the guest cannot write to and reads
	// but once. Programs are to be put here: from Dir every page of them
	// would be fetched again for each run.
	Programs string

	// ChangesCode says that the guest changes the code of its kernel while
	// that is under load. Emulated processors must take turns then: QEMU
	// before 8.1 may translate an instruction of which another processor is
	// just writing the successor, and go on running what it has translated.
	ChangesCode bool

	t testing.TB
}

// New prepares a guest. The test is skipped if there is no QEMU.
func New(t testing.TB, k Kernel) *Machine {
	t.Helper()
	needQEMU(t)
	return &Machine{Kernel: k, Dir: t.TempDir(), Programs: t.TempDir(), t: t}
}

// Run runs commands in a new guest, as root and one after the other, and gives
// a result for each of them. A command that fails is a result; if the guest
// does not get to the end, or its kernel complains, the test fails.
func Run(t testing.TB, k Kernel, commands ...Command) []Result {
	t.Helper()
	return New(t, k).Run(commands...)
}

// Run boots the machine for the commands. It can be called again, for another
// boot.
func (m *Machine) Run(commands ...Command) []Result {
	m.t.Helper()
	j, limit := m.job(commands)
	begin := time.Now()
	console, err := m.boot(j, limit)
	if err != nil {
		m.t.Fatalf("%s: %v\nthe end of its console:\n%s", m.Kernel.Name, err, tail(console, 60))
	}
	m.t.Logf("%s: %d commands in %v", m.Kernel.Name, len(commands), time.Since(begin).Round(time.Second))
	if complaint := complaintIn(console); complaint != "" {
		m.t.Errorf("%s: the kernel complained: %s\n%s", m.Kernel.Name, complaint, tail(console, 80))
	}
	results := make([]Result, len(commands))
	for n, c := range commands {
		if results[n], err = m.result(n, c); err != nil {
			m.t.Fatalf("%s: no result of %q: %v\nthe end of its console:\n%s",
				m.Kernel.Name, c.Args, err, tail(console, 60))
		}
		m.t.Logf("command %d took %v: %.60q", n, results[n].Elapsed, c.Args)
	}
	return results
}

// bootTime is what a guest may take besides its commands.
const bootTime = 5 * time.Minute

func (m *Machine) job(commands []Command) (job.Job, time.Duration) {
	j := job.Job{Share: m.Dir, Visible: []string{checkout, m.Programs}}
	limit := bootTime
	for _, c := range commands {
		timeout := c.Timeout
		if timeout == 0 {
			timeout = 5 * time.Minute
		}
		limit += timeout
		j.Commands = append(j.Commands, job.Command{
			Args: c.Args, Env: c.Env, Dir: c.Dir, Seconds: int(timeout.Seconds()),
		})
	}
	return j, limit
}

func (m *Machine) result(n int, c Command) (Result, error) {
	output, err := os.ReadFile(filepath.Join(m.Dir, job.OutputFile(n)))
	if err != nil {
		return Result{}, err
	}
	data, err := os.ReadFile(filepath.Join(m.Dir, job.OutcomeFile(n)))
	if err != nil {
		return Result{}, fmt.Errorf("%w; it wrote:\n%s", err, output)
	}
	var o job.Outcome
	if err := json.Unmarshal(data, &o); err != nil {
		return Result{}, err
	}
	if o.Error != "" {
		return Result{}, fmt.Errorf("not started: %s", o.Error)
	}
	return Result{
		Command: c,
		Output:  string(output),
		Status:  o.Status,
		Signal:  o.Signal,
		Late:    o.Late,
		Elapsed: time.Duration(o.Milliseconds) * time.Millisecond,
	}, nil
}
