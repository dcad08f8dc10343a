package kernel

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// Replies to a message of the starting program: how many bytes it reads.
const (
	replyGo    = 1 // go on; after a failed exec: try the next file
	replyShell = 2 // run the file by the shell
)

// builder writes the program that makes the process.
type builder struct {
	script.Script
	cmd *Cmd
	// control is the descriptor for messages, passed those that the
	// mechanism opened. The user's program inherits neither.
	control uint64
	passed  []uint64

	quit   *script.Step
	answer uint64 // memory for replies
}

// newBuilder begins a program that finds its descriptors in slots.
func newBuilder(c *Cmd, slots []int) *builder {
	b := &builder{cmd: c, control: uint64(slots[0])}
	for _, fd := range slots[1:] {
		b.passed = append(b.passed, uint64(fd))
	}
	b.quit = b.Call(unix.SYS_EXIT_GROUP, 1)
	b.quit.Next(b.quit)
	b.answer = b.Words(0)
	return b
}

// tell has the result of st sent, and then what follows. It does not change
// what follows st.
func (b *builder) tell(st *script.Step, about tag, then *script.Step) *script.Step {
	msg := b.Words(uint64(about), 0)
	st.Keep(msg + 8)
	return b.Call(unix.SYS_WRITE, b.control, msg, messageSize).Fail(b.quit).Next(then)
}

// orTell has st tell of its failure and give up.
func (b *builder) orTell(st *script.Step, about tag) *script.Step {
	return st.Fail(b.tell(st, about, b.quit))
}

// ask reads a reply.
func (b *builder) ask() *script.Step {
	return b.Call(unix.SYS_READ, b.control, b.answer, 8).Next(b.quit)
}

// dieWithParent has the calling process killed when the thread that is its
// parent ends. If it has ended already, the next message cannot be sent.
func (b *builder) dieWithParent() *script.Step {
	return b.Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL)).Fail(b.quit)
}

// fork makes a process the child of this script's parent. Only clone3 has an
// argument for the id.
func (b *builder) fork() *script.Step {
	return b.Call(unix.SYS_CLONE, unix.CLONE_PARENT|uint64(unix.SIGCHLD), 0, 0, 0, 0)
}

// forkAs makes a process with an id. CLONE_PARENT goes without a signal of its
// own: the child has its sibling's.
func (b *builder) forkAs(pid int, flags uint64) *script.Step {
	var signal uint64
	if flags&unix.CLONE_PARENT == 0 {
		signal = uint64(unix.SIGCHLD)
	}
	tid := b.Bytes(binary.LittleEndian.AppendUint32(nil, uint32(pid)))
	// struct clone_args as of Linux 5.5: flags, pidfd, child_tid,
	// parent_tid, exit_signal, stack, stack_size, tls, set_tid,
	// set_tid_size.
	args := b.Words(flags, 0, 0, 0, signal, 0, 0, 0, tid, 1)
	return b.Call(unix.SYS_CLONE3, args, 10*8)
}

// program is what the new process does: it checks that it is the right one,
// waits until the parent agrees, and executes the user's program. With bound
// the program stays bound to the parent's life.
func (b *builder) program(bound bool) *script.Step {
	id := b.Call(unix.SYS_GETPID)
	agreed := b.ask()
	id.When(int64(b.cmd.PID), b.tell(id, tagRoot, agreed)).Next(b.quit)
	first := script.Chain(b.dieWithParent(), id)

	steps := []*script.Step{b.Call(unix.SYS_FCNTL, b.control, unix.F_SETFD, unix.FD_CLOEXEC)}
	for _, fd := range b.passed {
		steps = append(steps, b.Call(unix.SYS_CLOSE, fd))
	}
	if b.cmd.extra != nil {
		steps = append(steps, b.restoreCapabilities(b.cmd.extra))
	}
	switch {
	case b.cmd.NewSession:
		steps = append(steps, b.Call(unix.SYS_SETSID))
	case b.cmd.NewGroup:
		steps = append(steps, b.Call(unix.SYS_SETPGID, 0, 0))
	}
	if !bound {
		steps = append(steps, b.Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0))
	}
	steps = append(steps, b.execute())
	agreed.When(replyGo, script.Chain(steps...))
	return first
}

// execute tries the files that the program's name can mean. After each
// failure the parent says how to go on.
func (b *builder) execute() *script.Step {
	if b.cmd.probe {
		end := b.Call(unix.SYS_EXIT_GROUP, 0)
		return end.Next(end)
	}
	var (
		args = b.Strings(b.cmd.Args)
		env  = b.Strings(b.cmd.env)
		next = b.quit
	)
	paths := b.cmd.candidates
	for i := len(paths) - 1; i >= 0; i-- {
		path := b.String(paths[i])
		byShell := append([]string{"sh", paths[i]}, b.cmd.Args[min(1, len(b.cmd.Args)):]...)
		sh := b.attempt(b.String("/bin/sh"), b.Strings(byShell), env, next, b.quit)
		next = b.attempt(path, args, env, next, sh)
	}
	return next
}

// attempt is one execve, and what follows its failure.
func (b *builder) attempt(path, args, env uint64, next, shell *script.Step) *script.Step {
	st := b.Call(unix.SYS_EXECVE, path, args, env)
	return st.Next(b.tell(st, tagExec, b.ask().When(replyGo, next).When(replyShell, shell)))
}
