// Command counter is a program to be moved to another machine. It counts, and it
// knows who it is: its process id is in its pid file, it holds a lock on that
// file, and it leads a session of its own, as daemons do. Told to end (SIGTERM)
// it saves what it has in memory; started again it goes on, for a while.
//
//	counter DIR MORE      count, and, if it was moved, MORE numbers from there
//	counter DIR holder    tell which process holds the lock
//
// It does not expect to be somebody else afterwards: it looks at every step, and
// ends with status 3 if it notices something.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// step is how long counting to the next number takes.
const step = 10 * time.Millisecond

// state is the memory of the program.
type state struct {
	PID     int // of the process that it is
	Group   int
	Session int
	Count   int
}

// errNoticed says that the process is not the one that it was.
var errNoticed = errors.New("this is not who I was")

func main() {
	err := errors.New("usage: counter DIR MORE|holder")
	if len(os.Args) == 3 && os.Args[2] == "holder" {
		err = tellHolder(pidFile(os.Args[1]))
	} else if len(os.Args) == 3 {
		err = run(os.Args[1], os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "counter:", err)
		if errors.Is(err, errNoticed) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

func pidFile(dir string) string { return filepath.Join(dir, "counter.pid") }

func run(dir, limit string) error {
	more, err := strconv.Atoi(limit)
	if err != nil {
		return err
	}
	lock, err := os.OpenFile(pidFile(dir), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close()
	err = unix.FcntlFlock(lock.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	if err != nil {
		return fmt.Errorf("another one is running: %w", err)
	}
	s, err := load(dir)
	last := math.MaxInt
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s, err = begin(lock)
	case err == nil:
		last = s.Count + more
	}
	if err != nil {
		return err
	}
	if err := s.askHolder(dir); err != nil {
		return err
	}
	return s.count(dir, last)
}

// begin is the first start.
func begin(lock *os.File) (*state, error) {
	if _, err := fmt.Fprintln(lock, os.Getpid()); err != nil {
		return nil, err
	}
	session, err := unix.Getsid(0)
	return &state{PID: os.Getpid(), Group: unix.Getpgrp(), Session: session}, err
}

// load is a later one.
func load(dir string) (*state, error) {
	b, err := os.ReadFile(filepath.Join(dir, "state"))
	if err != nil {
		return nil, err
	}
	s := new(state)
	return s, json.Unmarshal(b, s)
}

func (s *state) save(dir string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "state"), b, 0o644)
}

// count counts, until it is at the end or told to stop.
func (s *state) count(dir string, last int) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	for s.Count < last {
		if err := s.look(dir); err != nil {
			return err
		}
		s.Count++
		if _, err := fmt.Fprintf(log, "process %d counts %d\n", os.Getpid(), s.Count); err != nil {
			return err
		}
		select {
		case <-stop:
			return s.save(dir)
		case <-time.After(step):
		}
	}
	return os.Remove(pidFile(dir))
}

// look compares what the process is with what it remembers.
func (s *state) look(dir string) error {
	text, err := os.ReadFile(pidFile(dir))
	if err != nil {
		return err
	}
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return err
	}
	session, err := unix.Getsid(s.PID)
	if err != nil {
		return err
	}
	group, err := unix.Getpgid(s.PID)
	if err != nil {
		return err
	}
	pid := strconv.Itoa(s.PID)
	for _, f := range []struct {
		what      string
		have, had any
	}{
		{"getpid", os.Getpid(), s.PID},
		{"the pid file", strings.TrimSpace(string(text)), pid},
		{"/proc/self", self, pid},
		{"the group", group, s.Group},
		{"the session", session, s.Session},
		{"a signal to it", unix.Kill(s.PID, 0), error(nil)},
	} {
		if f.have != f.had {
			return fmt.Errorf("%w: %s: %v, and it was %v", errNoticed, f.what, f.have, f.had)
		}
	}
	return nil
}

// askHolder has a child find out who holds the lock: nobody is told that of
// locks of its own.
func (s *state) askHolder(dir string) error {
	out, err := exec.Command("/proc/self/exe", dir, "holder").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if want := fmt.Sprintf("%d, child of %d\n", s.PID, s.PID); string(out) != want {
		return fmt.Errorf("%w: the lock is held by %q, and it was by %q", errNoticed, out, want)
	}
	return nil
}

// tellHolder prints who holds the lock on a file, and the parent.
func tellHolder(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil {
		return err
	}
	fmt.Printf("%d, child of %d\n", lock.Pid, os.Getppid())
	return nil
}
