package runs

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// maxRuns bounds how many sockets are asked, and atOnce how many at a time.
const (
	maxRuns = 1 << 12
	atOnce  = 16
)

// A SilentError is a run that could not be heard of.
type SilentError struct {
	// Supervisor is the real id of its supervisor, 0 if it is not known.
	Supervisor int
	// Stopped tells that it is stopped, by job control perhaps.
	Stopped bool
	Err     error
}

func (e *SilentError) Error() string {
	return fmt.Sprintf("supervisor %d: %v", e.Supervisor, e.Err)
}

func (e *SilentError) Unwrap() error { return e.Err }

// List asks all runs of this user, the oldest first. Those that give no proper
// answer are in silent. What was left behind by supervisors that were killed is
// removed.
func List() (found []Run, silent []*SilentError) {
	var (
		mu    sync.Mutex
		wait  sync.WaitGroup
		turns = make(chan struct{}, atOnce)
	)
	for _, dir := range directories() {
		defer dir.Close()
		for _, name := range sockets(dir) {
			turns <- struct{}{}
			wait.Go(func() {
				defer func() { <-turns }()
				r, err := ask(dir, name)
				mu.Lock()
				defer mu.Unlock()
				var e *SilentError
				switch {
				case err == nil:
					found = append(found, r)
				case errors.As(err, &e):
					silent = append(silent, e)
				}
			})
		}
	}
	wait.Wait()
	slices.SortFunc(found, func(a, b Run) int {
		return cmp.Or(a.Started.Compare(b.Started), a.Supervisor-b.Supervisor)
	})
	slices.SortFunc(silent, func(a, b *SilentError) int { return a.Supervisor - b.Supervisor })
	return found, silent
}

// sockets lists the sockets in a directory and removes what is left of those
// that never listened.
func sockets(dir *os.File) (names []string) {
	all, _ := dir.Readdirnames(maxRuns)
	for _, name := range all {
		switch {
		case strings.HasSuffix(name, suffix):
			names = append(names, name)
		case strings.HasSuffix(name, suffix+fresh):
			removeOld(dir, name)
		}
	}
	return names
}

// removeOld removes a socket that should long have been listening.
func removeOld(dir *os.File, name string) {
	const long = time.Minute
	var st unix.Stat_t
	if unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && time.Since(time.Unix(st.Mtim.Unix())) > long {
		_ = unix.Unlinkat(int(dir.Fd()), name, 0)
	}
}

// errGone is a run that is over.
var errGone = errors.New("the run is over")

// ask asks one run. Any error but errGone is a *SilentError.
func ask(dir *os.File, name string) (Run, error) {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.Dial("unix", entry(dir, name))
	switch {
	case errors.Is(err, unix.ECONNREFUSED):
		// Nobody has it open, and nobody can open it again.
		_ = unix.Unlinkat(int(dir.Fd()), name, 0)
		return Run{}, errGone
	case errors.Is(err, unix.ENOENT):
		return Run{}, errGone
	case errors.Is(err, unix.EAGAIN):
		return Run{}, &SilentError{Err: errors.New("too many ask it")}
	case err != nil:
		return Run{}, &SilentError{Err: err}
	}
	defer conn.Close()
	pid, err := peer(conn)
	if err != nil {
		return Run{}, &SilentError{Supervisor: pid, Err: err}
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	r, err := decode(conn)
	switch {
	case err == nil:
		return r, nil
	case errors.Is(err, unix.ECONNRESET) || over(dir, name):
		return Run{}, errGone
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("no answer in %v", patience)
	}
	return Run{}, &SilentError{Supervisor: pid, Stopped: stopped(pid), Err: err}
}

// over tells whether a socket has been removed, as at the end of a run.
func over(dir *os.File, name string) bool {
	var st unix.Stat_t
	return unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) == unix.ENOENT
}

// peer is the process at the other end, which must be of the same user.
func peer(conn net.Conn) (pid int, err error) {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var (
		cred  *unix.Ucred
		inner error
	)
	err = raw.Control(func(fd uintptr) {
		cred, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, inner); err != nil {
		return 0, err
	}
	if cred.Uid != uint32(os.Geteuid()) {
		return int(cred.Pid), errForeign
	}
	return int(cred.Pid), nil
}

// stopped tells whether a process is stopped.
func stopped(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	return strings.HasPrefix(rest, "T")
}
