package script

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// play runs a script to its end and gives its output.
func play(t *testing.T, s *Script, first *Step) (stdout string, code int) {
	t.Helper()
	f, err := s.Open("script-test", first)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	cmd := exec.Command(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	cmd.Stdout = &out
	err = cmd.Run()
	runtime.KeepAlive(f)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// exit is a last step.
func exit(s *Script, code uint64) *Step {
	st := s.Call(unix.SYS_EXIT_GROUP, code)
	return st.Next(st)
}

// puts is a step that writes a line.
func puts(s *Script, line string) *Step {
	return s.Call(unix.SYS_WRITE, 1, s.String(line+"\n"), uint64(len(line)+1))
}

func TestChain(t *testing.T) {
	var s Script
	end := exit(&s, 7) // the first step need not be made first
	first := Chain(puts(&s, "one"), puts(&s, "two"), end)
	if out, code := play(t, &s, first); out != "one\ntwo\n" || code != 7 {
		t.Errorf("output %q, exit status %d", out, code)
	}
}

// TestBranches has close(2) give each kind of result to each kind of branch.
func TestBranches(t *testing.T) {
	const ebadf = -int64(unix.EBADF)
	tests := []struct {
		name string
		fd   uint64
		want string
		set  func(st, a, b *Step)
	}{
		{"next", 1, "next", func(st, a, b *Step) {}},
		{"next without fail", 99, "next", func(st, a, b *Step) {}},
		{"fail", 99, "a", func(st, a, b *Step) { st.Fail(a) }},
		{"no failure", 1, "next", func(st, a, b *Step) { st.Fail(a) }},
		{"first", 1, "a", func(st, a, b *Step) { st.When(0, a).When(5, b).Fail(b) }},
		{"second", 1, "b", func(st, a, b *Step) { st.When(5, a).When(0, b).Fail(a) }},
		{"neither", 1, "next", func(st, a, b *Step) { st.When(5, a).When(ebadf, b).Fail(a) }},
		{"an errno before fail", 99, "b", func(st, a, b *Step) { st.When(0, a).When(ebadf, b).Fail(a) }},
		{"another errno", 99, "a", func(st, a, b *Step) { st.When(0, b).When(-int64(unix.EINTR), b).Fail(a) }},
	}
	for _, tt := range tests {
		var s Script
		// A duplicate of the output, so that closing it does no harm.
		dup := s.Call(unix.SYS_DUP3, 1, 2, 0)
		st := s.Call(unix.SYS_CLOSE, tt.fd*2)
		a, b, next, end := puts(&s, "a"), puts(&s, "b"), puts(&s, "next"), exit(&s, 0)
		a.Next(end)
		b.Next(end)
		Chain(dup, st, next, end)
		tt.set(st, a, b)
		if out, code := play(t, &s, dup); strings.TrimSpace(out) != tt.want || code != 0 {
			t.Errorf("%s: output %q, exit status %d; want %q", tt.name, out, code, tt.want)
		}
	}
}

// TestKeep passes a result on as data and as an argument.
func TestKeep(t *testing.T) {
	var s Script
	word := s.Words(0)
	open := s.Call(unix.SYS_OPEN, s.String("/dev/null"), unix.O_RDONLY)
	read := s.Call(unix.SYS_READ, 0, word, 8) // from the file opened: 0 bytes
	end := exit(&s, 99)
	open.Keep(read.Arg(0))
	read.Keep(end.Arg(0))
	Chain(open, read, end)
	if _, code := play(t, &s, open); code != 0 {
		t.Errorf("exit status %d", code)
	}

	s = Script{}
	word = s.Words(0)
	id := s.Call(unix.SYS_GETPID).Keep(word)
	Chain(id, s.Call(unix.SYS_WRITE, 1, word, 4), exit(&s, 0))
	out, _ := play(t, &s, id)
	if len(out) != 4 || out == "\x00\x00\x00\x00" {
		t.Errorf("pid %q", out)
	}
}

// TestFork has both processes go on with their own copies of the table.
func TestFork(t *testing.T) {
	var s Script
	status := s.Words(0)
	fork := s.Call(unix.SYS_CLONE, uint64(unix.SIGCHLD), 0, 0, 0, 0)
	wait := s.Call(unix.SYS_WAIT4, ^uint64(0), status, 0, 0)
	child := Chain(puts(&s, "child"), exit(&s, 3))
	fork.When(0, child)
	Chain(fork, wait, puts(&s, "parent"), s.Call(unix.SYS_WRITE, 1, status+1, 1), exit(&s, 4))
	if out, code := play(t, &s, fork); out != "child\nparent\n\x03" || code != 4 {
		t.Errorf("output %q, exit status %d", out, code)
	}
}

func TestExec(t *testing.T) {
	var s Script
	args := []string{"sh", "-c", `echo "$0 $1 $HELLO"`, "zero", strings.Repeat("x", 1<<16)}
	run := s.Call(unix.SYS_EXECVE, s.String("/bin/sh"), s.Strings(args), s.Strings([]string{"HELLO=world"}))
	run.Next(exit(&s, 1))
	want := "zero " + args[4] + " world\n"
	if out, code := play(t, &s, run); out != want || code != 0 {
		t.Errorf("%d bytes of output, exit status %d", len(out), code)
	}
}

func TestMistakes(t *testing.T) {
	var s Script
	if f, err := s.Open("mistake", s.Call(unix.SYS_GETPID)); err == nil || !strings.Contains(err.Error(), "no successor") {
		t.Errorf("Open: %v, %v", f, err)
	}
	panics := func(name string, f func()) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s does not panic", name)
			}
		}()
		f()
	}
	st := exit(&s, 0)
	panics("a third result", func() { st.When(1, st).When(2, st).When(3, st) })
	panics("a second place", func() { st.Keep(1).Keep(2) })
	panics("a seventh argument", func() { s.Call(0, 1, 2, 3, 4, 5, 6, 7) })
}

// TestImage checks the file with a reader that is not ours.
func TestImage(t *testing.T) {
	var s Script
	b, err := s.image(Chain(puts(&s, "x"), exit(&s, 0)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if f.Type != elf.ET_EXEC || f.Machine != elf.EM_X86_64 || len(f.Progs) != 3 {
		t.Errorf("header %+v", f.FileHeader)
	}
	for _, p := range f.Progs {
		if p.Flags&elf.PF_X != 0 && p.Flags&elf.PF_W != 0 {
			t.Errorf("a segment is writable and executable: %+v", p.ProgHeader)
		}
		if p.Off%page != p.Vaddr%page || p.Off+p.Filesz > uint64(len(b)) {
			t.Errorf("segment %+v in a file of %d bytes", p.ProgHeader, len(b))
		}
	}
	if os.Getpagesize() != page {
		t.Errorf("pages have %d bytes", os.Getpagesize())
	}
}
