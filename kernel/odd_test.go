package kernel

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/execpath"
	"github.com/pidsim/pidsim/kernel/internal/script"
)

// odd is set_tid with a start that is out of the ordinary.
type odd struct {
	setTID
	first func(*builder) *script.Step
}

func (o odd) compose(b *builder) *script.Step { return o.first(b) }

// TestStoppedStart: what ^Z does to a start at the wrong moment must not last.
func TestStoppedStart(t *testing.T) {
	needRoot(t)
	clean(t)
	c := Command(odd{first: func(b *builder) *script.Step {
		id, kill := b.Call(unix.SYS_GETPID), b.Call(unix.SYS_KILL, 0, uint64(unix.SIGSTOP))
		id.Keep(kill.Arg(0))
		return script.Chain(id, kill, setTID{}.compose(b))
	}}, free(t), "true")
	if err := c.Run(); err != nil {
		t.Error(err)
	}
}

// TestKilledStart: what ^C does must be told.
func TestKilledStart(t *testing.T) {
	clean(t)
	c := Command(odd{first: func(b *builder) *script.Step {
		id, kill := b.Call(unix.SYS_GETPID), b.Call(unix.SYS_KILL, 0, uint64(unix.SIGINT))
		id.Keep(kill.Arg(0))
		return script.Chain(id, kill, b.quit)
	}}, free(t), "true")
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "killed by sigint") {
		t.Error(err)
	}
}

// TestSilentStart: a starting program that ends without a word is no success.
func TestSilentStart(t *testing.T) {
	clean(t)
	c := Command(odd{first: func(b *builder) *script.Step { return b.quit }}, free(t), "true")
	if err := c.Run(); !errors.Is(err, errEnded) {
		t.Error(err)
	}
}

// TestWrongID: a process with another id than the one wanted does not get to
// the program.
func TestWrongID(t *testing.T) {
	clean(t)
	c := Command(odd{first: func(b *builder) *script.Step {
		fork := b.fork()
		told := b.tell(fork, tagFork, b.quit)
		return fork.When(0, b.program(false)).Fail(told).Next(told)
	}}, free(t), "false")
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "the kernel has given others, 1 times") {
		t.Error(err)
	}
}

// TestLiar: the process's own word on its id does not count without the
// kernel's.
func TestLiar(t *testing.T) {
	clean(t)
	pid := free(t)
	c := Command(odd{first: func(b *builder) *script.Step {
		msg := b.Words(uint64(tagRoot), uint64(pid))
		say := b.Call(unix.SYS_WRITE, b.control, msg, messageSize)
		return script.Chain(say, b.ask())
	}}, pid, "true")
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "cannot verify the process: it says that it is") {
		t.Error(err)
	}
}

// TestMissed: ns-last-pid goes on after misses, and gives up at last.
func TestMissed(t *testing.T) {
	clean(t)
	err := Command(unlucky{}, free(t), "true").Start()
	if err == nil || !strings.Contains(err.Error(), "the kernel has given others, 20 times") {
		t.Error(err)
	}
}

// unlucky is a mechanism that leaves the id to chance.
type unlucky struct{ nsLastPID }

func (unlucky) prepare(*launch) error { return nil }

func (unlucky) tries() int { return 20 }

func (unlucky) compose(b *builder) *script.Step {
	fork := b.fork()
	told := b.tell(fork, tagFork, b.ask().When(replyGo, fork))
	return fork.When(0, b.program(false)).Fail(told).Next(told)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: the right to choose ids")
	}
}

// TestShadow: a starting program that gets the wanted id itself is replaced.
func TestShadow(t *testing.T) {
	needRoot(t)
	clean(t)
	shadowed := 0
	for range 20 {
		// The next id, as far as one can tell.
		c := Command(SetTID, lastPID()+1, "true")
		l := &launch{cmd: c, control: -1, theirs: -1, reports: -1}
		c.env, c.candidates = os.Environ(), execpath.Candidates(c.Path, os.Environ())
		if err := l.start(); err == errShadow {
			shadowed++
		}
		l.release()
		l.abandon()
		if err := c.Run(); err != nil && !errors.Is(err, ErrPIDInUse) {
			t.Error(err)
		}
	}
	if shadowed == 0 {
		t.Error("no start got the id that it wanted for the program")
	}
}

// TestFileCapability gives pidsim's file the capability, which the program
// must not get.
func TestFileCapability(t *testing.T) {
	needRoot(t)
	path := executable(t)
	// struct vfs_cap_data, revision 2: effective, permitted, inheritable.
	var data []byte
	for _, w := range []uint32{0x02000001, 0, 0, 1 << (unix.CAP_CHECKPOINT_RESTORE - 32), 0} {
		data = binary.LittleEndian.AppendUint32(data, w)
	}
	if err := unix.Setxattr(path, "security.capability", data, 0); err != nil {
		t.Skipf("file capabilities: %v", err)
	}
	for _, m := range []Mechanism{SetTID, NSLastPID} {
		o, pid := whileFree(t, func(pid int) outcome {
			cmd := pidsimAs(asNobody, m, pid, "sh", "-c", "echo $$; grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/$$/status")
			cmd.Path = path
			return finish(t, cmd)
		})
		lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
		if o.code != 0 || len(lines) != 5 {
			t.Errorf("%s as %d: %+v", m.Name(), pid, o)
			continue
		}
		for _, line := range lines[1:] {
			if !strings.HasSuffix(line, "\t0000000000000000") {
				t.Errorf("%s: the program has %s", m.Name(), line)
			}
		}
	}
}

// TestAmbientCapability has the caller give the capability to whatever pidsim
// runs: then the program keeps it, as it would from any other parent.
func TestAmbientCapability(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
	path := executable(t)
	o, _ := whileFree(t, func(pid int) outcome {
		cmd := pidsimAs(asRoot, SetTID, pid, "sh", "-c", "grep CapAmb /proc/$$/status")
		cmd.Path = path
		cmd.Args = append([]string{"setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=+checkpoint_restore",
			"--ambient-caps=+checkpoint_restore", path}, cmd.Args[1:]...)
		cmd.Path, _ = exec.LookPath("setpriv")
		return finish(t, cmd)
	})
	if o.stdout != "CapAmb:\t0000010000000000\n" {
		t.Errorf("%+v", o)
	}
}
