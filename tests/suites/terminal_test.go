package suites

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY makes a pseudo-terminal (pts(4)). The master does not block, so that
// closing it ends a read.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	check(t, err)
	check(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	check(t, err)
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	check(t, err)
	check(t, unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 200}))
	return os.NewFile(uintptr(fd), "master"), slave
}

// A terminal is a user in front of a program.
type terminal struct {
	master *os.File
	ended  chan struct{} // closed when the program has ended

	mu     sync.Mutex
	screen strings.Builder // guarded by mu
}

// errNotSeen is what a user sees who has waited in vain.
var errNotSeen = errors.New("not seen in time")

// glance is how often the user looks.
const glance = 5 * time.Millisecond

// onTerminal runs the command with a controlling terminal while the user does
// something there, and returns how it ended. When the user has finished, the
// terminal hangs up.
func onTerminal(t *testing.T, c *command, user func(*terminal) error) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	master, slave := openPTY(t)
	defer master.Close()
	cmd := c.prepare(ctx)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr.Setctty = true
	check(t, cmd.Start())
	slave.Close()
	term := &terminal{master: master, ended: make(chan struct{})}
	read := make(chan struct{})
	go term.watch(read)
	var err error
	go func() {
		err = cmd.Wait()
		close(term.ended)
	}()
	userErr := user(term)
	if userErr != nil {
		t.Errorf("%s: %v; the screen:\n%s", c.way.name, userErr, tail(term.text()))
		cancel()
	}
	<-term.ended
	master.Close()
	<-read
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Errorf("%s: %v", c.way.name, err)
	}
	return result{out: term.text(), code: cmd.ProcessState.ExitCode(), timedOut: ctx.Err() != nil}
}

// watch reads what the program writes until nobody can write any more.
func (term *terminal) watch(done chan<- struct{}) {
	defer close(done)
	buf := make([]byte, 4096)
	for {
		n, err := term.master.Read(buf)
		term.mu.Lock()
		term.screen.Write(buf[:n])
		term.mu.Unlock()
		if err != nil { // EIO: no program has the terminal open
			return
		}
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.String()
}

// press sends keys.
func (term *terminal) press(keys string) error {
	_, err := term.master.WriteString(keys)
	return err
}

// foreground is the real id of the terminal's foreground process group.
func (term *terminal) foreground() int {
	raw, err := term.master.SyscallConn()
	if err != nil {
		return 0
	}
	group := 0
	err = raw.Control(func(fd uintptr) { group, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPGRP) })
	if err != nil {
		return 0
	}
	return int(int32(group))
}

// await looks until something is so.
func (term *terminal) await(what string, limit time.Duration, so func() bool) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(glance) {
		if so() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: %w", what, errNotSeen)
		}
	}
}
