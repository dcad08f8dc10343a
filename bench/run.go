package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/sys/unix"
)

// An outcome is what a whole run gave.
type outcome struct {
	stdout []byte
	took   time.Duration
	// cpu is the processor time of all its processes.
	cpu time.Duration
	// stops is the number of stops, where they are counted.
	stops float64
}

// statusError says that a program did not end well.
type statusError struct {
	program, end string
	// said is the first line that it wrote to standard error.
	said string
}

func (e *statusError) Error() string {
	if e.said != "" {
		return e.said
	}
	return e.program + " " + e.end
}

// Command prepares a run of program under m, natively if it is nil. Its
// processes are a session of their own: a terminal's ^C reaches only this
// process, and the terminal cannot stop them, as it does others than its
// foreground group that read from it. The program does not survive this
// process.
func (l *Lab) Command(ctx context.Context, m *Mechanism, program ...string) *exec.Cmd {
	argv := l.wrap(m, program)
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	c.Cancel = func() error {
		l.killed = true // seen by Close after Wait
		return unix.Kill(-c.Process.Pid, unix.SIGKILL)
	}
	return c
}

// Start starts c at a place.
func (l *Lab) Start(c *exec.Cmd, p Place) error {
	leave, err := p.enter()
	if err != nil {
		return err
	}
	return errors.Join(c.Start(), leave())
}

// idTries is how often a run whose id somebody else has taken meanwhile is made
// with another.
const idTries = 8

// whole runs program to its end.
func (l *Lab) whole(m *Mechanism, p Place, limit time.Duration, program ...string) (o outcome, err error) {
	for range idTries {
		o, err = l.once(m, p, limit, program)
		var failed *statusError
		if m == nil || m.real == nil || !errors.As(err, &failed) || !strings.Contains(failed.said, "is in use") {
			break
		}
	}
	return o, err
}

// once does so once.
func (l *Lab) once(m *Mechanism, p Place, limit time.Duration, program []string) (o outcome, err error) {
	ctx, cancel := context.WithTimeout(l.ctx, limit)
	defer cancel()
	c := l.Command(ctx, m, program...)
	// Not the pipes of package exec, which would wait for whoever still has
	// the output when the program has ended.
	stdout, err := capture(&c.Stdout)
	if err != nil {
		return o, err
	}
	stderr, err := capture(&c.Stderr)
	if err != nil {
		stdout.finish()
		return o, err
	}
	spent := childTime()
	begin := time.Now()
	if err = l.Start(c, p); err == nil {
		err = c.Wait()
	}
	o.took = time.Since(begin)
	lost := l.Reap()
	o.cpu = childTime() - spent // of orphans too, as bwrap leaves
	stdout.finish()
	stderr.finish()
	var exit *exec.ExitError
	switch {
	case lost != nil:
		return o, lost
	case l.ctx.Err() != nil:
		return o, l.ctx.Err()
	case ctx.Err() != nil:
		return o, fmt.Errorf("it was not done after %v", limit)
	}
	o.stdout = stdout.head
	switch {
	case errors.As(err, &exit):
		said := stderr.head
		if m.Emulates() {
			said = beforeStats(said)
		}
		return o, &statusError{filepath.Base(c.Args[0]), waitStatus(int64(exit.Sys().(syscall.WaitStatus))), firstLine(said)}
	case err != nil:
		return o, err
	}
	if m.Emulates() {
		o.stops, err = stops(string(stderr.tail))
	}
	return o, err
}

// captured is the output of a run: its beginning and its end.
type captured struct {
	head, tail    []byte
	read, written *os.File
	done          chan struct{}
}

// keep is how much of each.
const keep = 16 << 10

// finishLimit is more than it takes to read what a pipe holds.
const finishLimit = time.Second

// capture makes a pipe for an output and reads it.
func capture(output *io.Writer) (*captured, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	*output = w
	c := &captured{read: r, written: w, done: make(chan struct{})}
	go func() {
		_, _ = io.Copy(c, r)
		close(c.done)
	}()
	return c, nil
}

// finish waits until all is read that was written. Nobody should have the pipe
// any more, but a process that could not be ended still may.
func (c *captured) finish() {
	_ = c.written.Close()
	_ = c.read.SetReadDeadline(time.Now().Add(finishLimit))
	<-c.done
	_ = c.read.Close()
}

// Write implements [io.Writer].
func (c *captured) Write(p []byte) (int, error) {
	c.head = append(c.head, p[:min(len(p), keep-len(c.head))]...)
	c.tail = append(c.tail, p...)
	if n := len(c.tail); n > 2*keep {
		c.tail = bytes.Clone(c.tail[n-keep:])
	}
	return len(p), nil
}

// firstLine is the first line of text that is not empty, fit to be shown.
func firstLine(text []byte) string {
	const most = 200
	for line := range strings.Lines(string(text)) {
		line = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
				return -1
			}
			return r
		}, strings.TrimSpace(line))
		if line = strings.TrimPrefix(line, "pidsim: "); line != "" {
			return string([]rune(line)[:min(most, len([]rune(line)))])
		}
	}
	return ""
}

// beforeStats is what was written before the text of --stats.
func beforeStats(text []byte) []byte {
	if heads := regexp.MustCompile(`(?m)^ +stops  at$`).FindAllIndex(text, -1); heads != nil {
		text = text[:heads[len(heads)-1][0]]
	}
	return text
}

// stops finds the number of stops in the text of --stats.
func stops(text string) (float64, error) {
	found := regexp.MustCompile(`(?m)^ *([0-9]+)  in all$`).FindAllStringSubmatch(text, -1)
	if found == nil {
		return 0, errors.New("pidsim --stats did not say how many stops there were")
	}
	return strconv.ParseFloat(found[len(found)-1][1], 64)
}
