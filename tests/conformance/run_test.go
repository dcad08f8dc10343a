package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	host    = "host"
	private = "private"

	seccomp = "seccomp"
	plain   = "no-seccomp"

	asRoot   = "root"
	asNobody = "nobody"

	// nobody is both the user and the group of asNobody.
	nobody = 65534

	// patience bounds one run. The programs give up a while before.
	patience = 90 * time.Second
)

// atOnce bounds the programs that run at the same time.
var atOnce = make(chan struct{}, 2)

// outcome is what is left of a run.
type outcome struct {
	root   int
	code   int
	facts  []string
	ids    []string // without "ids: "
	stderr string
	// tree is what pidsim told about the tree; empty in a native run.
	tree tree
}

// tree maps the virtual ids of a run to the real ones and back.
type tree struct {
	virtual, real map[int]bool
}

// privileged says whether the tests can choose real ids and users.
func privileged() bool { return os.Geteuid() == 0 }

// possible skips a program that this user or this kernel cannot run.
func possible(t *testing.T, p program) {
	t.Helper()
	if p.contained && !privileged() {
		t.Skip("needs root: a pid namespace")
	}
	if p.pidMax != "" && !ownPidMax() {
		t.Skip("needs Linux 6.14: a pid_max that is the namespace's own")
	}
}

// ownPidMax tells whether each pid namespace has a pid_max. In older kernels
// to set it would be to set the whole machine's.
func ownPidMax() bool {
	var name unix.Utsname
	var major, minor int
	if unix.Uname(&name) != nil {
		return false
	}
	n, _ := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	return n == 2 && (major > 6 || major == 6 && minor >= 14)
}

// users are those as whom programs can be run.
func users() []string {
	switch {
	case !privileged():
		return []string{asNobody}
	case testing.Short():
		return []string{asRoot}
	}
	return []string{asRoot, asNobody}
}

// rootIDs are what pidsim is asked for in turn: ids that the kernel could
// give out, and ids above its pid_max with five and with seven digits.
var rootIDs = []int{25000, 70001, 4100000}

var runs atomic.Int64

// simulatedRoot chooses the id for a run under pidsim.
func simulatedRoot(p program) int {
	if p.root != 0 {
		return p.root
	}
	n := int(runs.Add(1))
	return rootIDs[n%len(rootIDs)] + n
}

// freeID finds an id that no process has. The last third below the usual
// pid_max is far from where the kernel is likely to be.
func freeID(p program, try int) int {
	if p.root != 0 {
		return p.root
	}
	for id := 24000 + int(runs.Add(1))*7%8000 + try; ; id++ {
		if _, err := os.Stat("/proc/" + strconv.Itoa(id)); err != nil {
			return id
		}
	}
}

// collect runs cmd and sorts its output.
func collect(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Dir = dir
	cmd.WaitDelay = 5 * time.Second
	// A group of its own: signals for it must not reach another run.
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	o := outcome{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	for line := range strings.Lines(stdout.String()) {
		line = strings.TrimSuffix(line, "\n")
		if id, ok := strings.CutPrefix(line, "ids: "); ok {
			o.ids = append(o.ids, id)
		} else {
			o.facts = append(o.facts, line)
		}
	}
	return o
}

// environment is that of a program that is to be process root.
func environment(p program, root int, space string, outsider int) []string {
	env := append(os.Environ(), p.env...)
	return append(env, fmt.Sprintf("CHECK_ROOT=%d", root), fmt.Sprintf("CHECK_OUTSIDE=%d", outsider), "CHECK_SPACE="+space)
}

// exitInUse is the oracle's status when the id is taken.
const exitInUse = 123

// native runs a program with a real id.
func native(t *testing.T, p program, link, user string) outcome {
	t.Helper()
	if !privileged() {
		return nativeChild(t, p, link)
	}
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		root := freeID(p, try)
		args := oracleFlags(p, user)
		args = append(append(args, strconv.Itoa(root)), argv(t, p, link)...)
		cmd := exec.CommandContext(ctx, oracle(t), args...)
		cmd.Env = environment(p, root, host, outsider(t, user))
		o := collect(t, cmd)
		cancel()
		if o.code != exitInUse || try == 20 {
			o.root = root
			return o
		}
	}
}

func oracleFlags(p program, user string) []string {
	var flags []string
	if p.contained {
		flags = append(flags, "-n")
	}
	if p.pidMax != "" {
		flags = append(flags, "-m", p.pidMax)
	}
	if user == asNobody {
		flags = append(flags, "-u", strconv.Itoa(nobody))
	}
	return flags
}

// nativeChild runs a program under the id that the kernel happens to give it.
func nativeChild(t *testing.T, p program, link string) outcome {
	t.Helper()
	if p.contained { // it would signal every process of the user
		return outcome{code: -1, stderr: "refused: " + p.name + " must not run outside of a pid namespace"}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args := argv(t, p, link)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), p.env...)
	o := collect(t, cmd)
	o.root = cmd.Process.Pid
	return o
}

// simulated runs a program under pidsim.
func simulated(t *testing.T, p program, space, engine, link, user string) outcome {
	t.Helper()
	possible(t, p)
	status, told, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer status.Close()
	root := simulatedRoot(p)
	args := []string{pidsim(t), "-pid", strconv.Itoa(root), "--space", space, "--status-fd", "3"}
	if engine == plain {
		args = append(args, "--no-seccomp")
	}
	args = append(append(args, p.flags...), argv(t, p, link)...)
	if p.contained {
		args = append(append(append([]string{oracle(t)}, oracleFlags(program{contained: true}, user)...), "0"), args...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = environment(p, root, space, outsider(t, user))
	cmd.ExtraFiles = []*os.File{told}
	if privileged() && user == asNobody && !p.contained {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	listened := make(chan tree)
	go func() { listened <- listen(status) }()
	o := collect(t, cmd)
	told.Close()
	o.root, o.tree = root, <-listened
	return o
}

// event is a line of pidsim --status-fd.
type event struct {
	Event   string
	Virtual int
	Real    int
}

// listen reads the ids of the tree until pidsim ends.
func listen(status io.Reader) tree {
	ids := tree{virtual: map[int]bool{}, real: map[int]bool{}}
	for dec := json.NewDecoder(status); ; {
		var e event
		if dec.Decode(&e) != nil {
			return ids
		}
		if e.Real != 0 {
			ids.virtual[e.Virtual], ids.real[e.Real] = true, true
		}
	}
}
