package kernel

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// target is a process to send signals to. They never reach another one that
// got its id after its end.
type target struct {
	mu sync.Mutex
	fd int // a pidfd, -1 after the end. Guarded by mu.
}

// newTarget refers to a process that cannot have been collected yet.
func newTarget(pid int) (*target, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, &SetupError{Op: "refer to the process (pidfd_open)", Err: err, Fix: "it needs Linux 5.3"}
	}
	return &target{fd: fd}, nil
}

func (t *target) signal(sig unix.Signal) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fd < 0 {
		return os.ErrProcessDone
	}
	err := unix.PidfdSendSignal(t.fd, sig, nil, 0)
	if err == unix.ESRCH {
		return os.ErrProcessDone
	}
	return err
}

// close lets go of the process. A nil target has none.
func (t *target) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	closeFD(&t.fd)
}
