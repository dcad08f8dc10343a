package kernel

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/memexec"
)

// launch is a start in progress.
type launch struct {
	cmd *Cmd
	// control is our end of the channel, theirs the other.
	control, theirs int
	// passed are files that the starting program gets besides.
	passed []*os.File
	// reports is our end of the reaper's pipe, or -1.
	reports int
	// first is the starting program where it is not the new process
	// itself, root the new process, init the namespace's reaper: ids as
	// this process sees them, 0 until known.
	first, root, init int
	target, reaper    *target // root and, where it is not the same, init
	misses            int
	refusals          int  // files that could not be executed
	byShell           bool // the last of them is being tried as a script
	refusal           error
}

// pass gives the starting program a file.
func (l *launch) pass(f *os.File) { l.passed = append(l.passed, f) }

// errShadow says that the starting program itself got the wanted id.
var errShadow = errors.New("the starting program has the id")

// start makes the process and leaves it executing the user's program. The
// calling thread must stay, locked, as long as the process may live: it is
// the parent.
func start(c *Cmd) (*launch, error) {
	// The starting program needs an id as well, and may get the very one
	// that is wanted. The next one will not.
	for {
		l := &launch{cmd: c, control: -1, theirs: -1, reports: -1}
		err := l.start()
		l.release()
		if err == nil {
			return l, nil
		}
		l.abandon()
		if err != errShadow {
			return nil, err
		}
	}
}

func (l *launch) start() error {
	if err := l.cmd.Mechanism.prepare(l); err != nil {
		return err
	}
	var err error
	if l.control, l.theirs, err = channel(); err != nil {
		return &SetupError{Op: "make a channel to the program", Err: err}
	}
	if err := l.spawn(); err != nil {
		return err
	}
	if l.first == l.cmd.PID && l.cmd.Mechanism != Namespace {
		return errShadow
	}
	return l.converse()
}

// spawn starts the starting program.
func (l *launch) spawn() error {
	slots := freeSlots(1 + len(l.passed))
	own := ownCapabilities()
	sys := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r, direct := l.cmd.Mechanism.(requester)
	if bit := extraCapability(own); bit != 0 && !direct {
		sys.AmbientCaps = []uintptr{uintptr(bit)}
		l.cmd.extra = &own
	}
	b := newBuilder(l.cmd, slots)
	f, err := b.Open("pidsim-start", l.cmd.Mechanism.compose(b))
	if err != nil {
		return &SetupError{Op: "make the starting program", Err: err}
	}
	defer f.Close()
	files, opened, err := l.files(slots)
	if err != nil {
		return &SetupError{Op: "open " + os.DevNull, Err: cause(err)}
	}
	defer closeAll(opened)
	attr := syscall.ProcAttr{Dir: l.cmd.Dir, Env: []string{}, Files: files, Sys: sys}
	fork := func() (int, error) {
		return memexec.ForkExec(f, []string{"pidsim-start"}, &attr)
	}
	if direct {
		l.root, err = forkRequested(r, l.cmd.PID, fork)
		return err
	}
	if l.first, err = fork(); err != nil {
		return cannotStart(err)
	}
	return nil
}

// forkRequested forks with a request for the id of the new process.
func forkRequested(r requester, pid int, fork func() (int, error)) (int, error) {
	if err := r.request(pid); err != nil {
		return 0, err
	}
	defer r.cancel()
	got, err := fork()
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return got, r.explain(pid, tagFork, errno)
	case err != nil:
		return got, cannotStart(err)
	}
	return got, nil
}

// freeSlots finds n descriptor numbers that the program does not inherit.
func freeSlots(n int) (slots []int) {
	for fd := 3; len(slots) < n; fd++ {
		if !inherited(fd) {
			slots = append(slots, fd)
		}
	}
	return slots
}

// inherited tells whether a descriptor is passed on by exec.
func inherited(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

// files lists what the starting program has under each number up to the last
// of slots. opened are files to be closed once it has them.
func (l *launch) files(slots []int) (files []uintptr, opened []*os.File, err error) {
	for i, f := range []*os.File{l.cmd.Stdin, l.cmd.Stdout, l.cmd.Stderr} {
		if f == nil {
			mode := os.O_WRONLY
			if i == 0 {
				mode = os.O_RDONLY
			}
			if f, err = os.OpenFile(os.DevNull, mode, 0); err != nil {
				return nil, opened, err
			}
			opened = append(opened, f)
		}
		files = append(files, f.Fd())
	}
	ours := append([]uintptr{uintptr(l.theirs)}, descriptors(l.passed)...)
	for fd := 3; len(ours) > 0; fd++ {
		if fd == slots[0] {
			files = append(files, ours[0])
			ours, slots = ours[1:], slots[1:]
		} else {
			files = append(files, uintptr(fd))
		}
	}
	return files, opened, nil
}

func descriptors(files []*os.File) (fds []uintptr) {
	for _, f := range files {
		fds = append(fds, f.Fd())
	}
	return fds
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// release closes what was only for the start.
func (l *launch) release() {
	closeAll(l.passed)
	for _, fd := range []*int{&l.control, &l.theirs} {
		closeFD(fd)
	}
}

func closeFD(fd *int) {
	if *fd >= 0 {
		_ = unix.Close(*fd)
		*fd = -1
	}
}

// abandon ends and collects whatever a failed start has made. The channel is
// closed by now, so that nobody goes on to the user's program.
func (l *launch) abandon() {
	if l.first > 0 {
		l.letEnd(l.first)
	}
	pids := []int{l.init, l.root}
	if l.first > 0 && l.cmd.Mechanism != Namespace {
		// It may have been made and have ended without a word.
		pids = append(pids, l.cmd.PID)
	}
	for _, pid := range pids {
		if pid > 0 {
			// A process in a namespace is not our child; it dies
			// with its init.
			l.collect(pid, true)
		}
	}
	closeFD(&l.reports)
	l.target.close()
}

// letEnd waits for the starting program, which ends by itself but may have
// something to put back before. If it is stopped it is killed.
func (l *launch) letEnd(pid int) {
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if n, err := wait4(pid, nil, unix.WNOHANG|unix.WALL); err != nil || n == pid {
			return
		}
	}
	l.collect(pid, true)
}

// collect waits for a child, and kills it before if asked.
func (l *launch) collect(pid int, kill bool) (ws unix.WaitStatus) {
	if n, err := wait4(pid, &ws, unix.WNOHANG|unix.WALL); err != nil || n == pid {
		return ws // not ours, or at its end
	}
	if kill {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	_, _ = wait4(pid, &ws, unix.WALL)
	return ws
}

// wait4 is wait4(2) without interruptions.
func wait4(pid int, ws *unix.WaitStatus, options int) (int, error) {
	for {
		n, err := unix.Wait4(pid, ws, options, nil)
		if err != unix.EINTR {
			return n, err
		}
	}
}
