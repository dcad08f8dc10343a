package runs

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// delay is how old a run is when it is announced: one that is over at
	// once is not worth a thread and a socket, which take 0.1 ms.
	delay = 2 * time.Millisecond
	// patience is how long a peer may take.
	patience = 2 * time.Second
	// maxPeers is how many are answered at the same time, and backlog how
	// many may wait for that.
	maxPeers = 8
	backlog  = 128
)

// suffix ends the names of sockets that answer; fresh those of sockets that do
// not yet.
const (
	suffix = ".run"
	fresh  = ".new"
)

// An Announcement is what List finds.
type Announcement struct {
	describe func() Run
	begin    *time.Timer
	// peers has a token for everyone who is being answered.
	peers chan struct{}

	mu        sync.Mutex
	withdrawn bool
	dir       *os.File // of the socket; nil before it exists
	name      string
	socket    int
}

// Announce makes the calling program one that List finds, in a few milliseconds.
// From then on describe may be called, several times at once. If that cannot be
// done, failed is called with the reason.
func Announce(describe func() Run, failed func(error)) *Announcement {
	a := &Announcement{describe: describe, peers: make(chan struct{}, maxPeers)}
	a.begin = time.AfterFunc(delay, func() {
		socket, err := a.open()
		if err != nil {
			failed(err)
			return
		}
		if socket >= 0 {
			a.accept(socket)
		}
	})
	return a
}

// Withdraw removes the socket and returns when that is done.
func (a *Announcement) Withdraw() {
	a.begin.Stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.withdrawn = true
	if a.dir != nil {
		_ = unix.Unlinkat(int(a.dir.Fd()), a.name, 0)
		_ = unix.Shutdown(a.socket, unix.SHUT_RDWR) // ends accept
		_ = unix.Rmdir(a.dir.Name())                // if this was the last run
		a.dir.Close()
		a.dir = nil
	}
}

// open makes the socket; -1 if it is not wanted any more.
func (a *Announcement) open() (socket int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.withdrawn {
		return -1, nil
	}
	for range attempts {
		var dir *os.File
		if dir, err = directory(); err != nil {
			return -1, err
		}
		if a.socket, a.name, err = listen(dir); err == nil {
			a.dir = dir
			return a.socket, nil
		}
		dir.Close()
		if !errors.Is(err, unix.ENOENT) {
			break
		}
	}
	return -1, err
}

// attempts bounds how often the directory may be removed between its opening
// and its use, by a run that ends then.
const attempts = 5

// listen makes a socket that listens. It appears under its name only then:
// List takes one that refuses for one that was left behind.
func listen(dir *os.File) (socket int, name string, err error) {
	var unique [8]byte
	if _, err := rand.Read(unique[:]); err != nil {
		return -1, "", err
	}
	name = hex.EncodeToString(unique[:]) + suffix
	// The program must not wait in here for others: a blocking accept costs
	// nothing while there are none.
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, "", fmt.Errorf("socket: %w", err)
	}
	at, first := int(dir.Fd()), name+fresh
	if err = present(fd, at, entry(dir, first), first, name); err != nil {
		_ = unix.Unlinkat(at, first, 0)
		unix.Close(fd)
		return -1, "", fmt.Errorf("socket in %s: %w", dir.Name(), err)
	}
	return fd, name, nil
}

// present gives a socket its mode, its place and its name, in this order.
func present(fd, dir int, path, first, name string) error {
	if err := unix.Fchmod(fd, 0o600); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return err
	}
	return unix.Renameat(dir, first, dir, name)
}

// accept answers everyone who connects, until the socket is shut down.
func (a *Announcement) accept(socket int) {
	defer unix.Close(socket)
	for {
		fd, _, err := unix.Accept4(socket, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		switch {
		case err == nil:
			a.peers <- struct{}{} // one of those who are answered leaves in time
			go a.answer(fd)
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		case a.over():
			return
		default: // out of files or memory, which may pass
			time.Sleep(patience / 8)
		}
	}
}

// over tells whether the announcement was withdrawn.
func (a *Announcement) over() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.withdrawn
}

// answer describes the run to one peer.
func (a *Announcement) answer(fd int) {
	defer func() { <-a.peers }()
	f := os.NewFile(uintptr(fd), "peer")
	conn, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return
	}
	defer conn.Close()
	if _, err := peer(conn); err != nil {
		return
	}
	r := a.describe()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_ = encode(conn, r)
}
