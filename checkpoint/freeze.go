package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace/image"
)

// freezeTime is how long it may take to stop all threads.
const freezeTime = 5 * time.Second

// frozen reads the tree while it is stopped.
func (r *reader) frozen() (tree []image.Process, err error) {
	onThread(func() {
		f := &freezer{r: r, stopped: make(map[int]int), end: time.Now().Add(freezeTime)}
		defer f.thaw()
		if err = f.freeze(); err != nil {
			return
		}
		if tree, err = r.tree(); gone(err) {
			err = &Error{PID: r.root, Err: ErrUnsteady, Detail: "a stopped process was killed"}
		}
		if err == nil {
			tree, err = r.checked(tree)
		}
	})
	return tree, err
}

// onThread runs do on a thread of its own, the tracer, and returns when that
// has ended: then the kernel has let go of every tracee, whatever has gone
// wrong, and of those that could not stop.
func onThread(do func()) {
	ended := make(chan int)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		tid := unix.Gettid()
		if tid == os.Getpid() {
			// This thread never ends, but is not taken twice.
			onThread(do)
			runtime.UnlockOSThread()
			ended <- 0
			return
		}
		do()
		ended <- tid
	}()
	tid := <-ended
	for pause := shortest; tid != 0 && unix.Tgkill(os.Getpid(), tid, 0) == nil; pause = min(2*pause, longest) {
		time.Sleep(pause)
	}
}

// The pauses between two looks at a thread that is to stop or to end.
const (
	shortest = 50 * time.Microsecond
	longest  = 10 * time.Millisecond
)

// freezer stops the threads of a tree with ptrace.
type freezer struct {
	r *reader
	// stopped has the threads that are stopped, with the signal that each
	// was about to receive, or 0.
	stopped map[int]int
	end     time.Time
}

// freeze stops thread after thread until there are no new ones.
func (f *freezer) freeze() error {
	for {
		tids, err := f.tids()
		if err != nil {
			return err
		}
		fresh := false
		for tid, pid := range tids {
			if _, ok := f.stopped[tid]; ok {
				continue
			}
			fresh = true
			if err := f.stop(pid, tid); err != nil {
				return err
			}
		}
		if !fresh {
			return nil
		}
		if time.Now().After(f.end) {
			return &Error{PID: f.r.root, Err: ErrUnsteady, Detail: "it could not be stopped in " + freezeTime.String()}
		}
	}
}

// tids lists the live threads of the tree with the process of each.
func (f *freezer) tids() (map[int]int, error) {
	pids := []int{f.r.root}
	if f.r.options.Tree {
		var err error
		if pids, err = f.r.descendants(); err != nil {
			return nil, err
		}
	}
	tids := make(map[int]int)
	for _, pid := range pids {
		tasks, err := threadsOf(pid)
		if gone(err) && pid != f.r.root {
			continue
		}
		if err != nil {
			return nil, f.r.explain(err)
		}
		for _, t := range tasks {
			stat, err := t.stat()
			if err == nil && stat.Flags&kernelThread != 0 {
				return nil, &Error{PID: pid, Err: ErrKernelThread}
			}
			if err == nil && stat.State != 'Z' && stat.State != 'X' {
				tids[t.id] = pid
			}
		}
	}
	return tids, nil
}

// stop stops one thread. One that ends meanwhile is no error.
func (f *freezer) stop(pid, tid int) error {
	s, err := readStatus(pid, tid)
	if err != nil {
		return nil // it is gone, and will not be listed again
	}
	if err := f.r.checkTracer(pid, s); err != nil {
		return err
	}
	switch err := unix.PtraceSeize(tid); {
	case errors.Is(err, unix.ESRCH):
		return nil
	case errors.Is(err, unix.EPERM):
		return f.refused(pid, tid)
	case err != nil:
		return &Error{PID: pid, Err: fmt.Errorf("ptrace seize: %w", err)}
	}
	if err := unix.PtraceInterrupt(tid); err != nil && !errors.Is(err, unix.ESRCH) {
		return &Error{PID: pid, Err: fmt.Errorf("ptrace interrupt: %w", err)}
	}
	return f.wait(pid, tid)
}

// refused finds out why a thread cannot be traced.
func (f *freezer) refused(pid, tid int) error {
	s, err := readStatus(pid, tid)
	if err != nil || s["State"] == "" || s["State"][0] == 'Z' {
		return nil // it has ended
	}
	if by := tracer(s); by != 0 {
		return &Error{PID: pid, Err: ErrTraced, Detail: fmt.Sprintf("process %d", by), Fix: "end the tracer, or do without --freeze"}
	}
	return &Error{PID: pid, Err: ErrPermission, Detail: "ptrace", Fix: "run pidsim as root, or do without --freeze"}
}

// wait waits until a seized thread has stopped. A thread in uninterruptible
// sleep, such as one that waits for its vfork child, cannot stop but does not
// do anything either.
func (f *freezer) wait(pid, tid int) error {
	for pause := shortest; ; pause = min(2*pause, longest) {
		var ws unix.WaitStatus
		got, err := unix.Wait4(tid, &ws, unix.WALL|unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil, got == tid && !ws.Stopped():
			return nil // it has ended
		case got == tid:
			f.stopped[tid] = 0
			if int(ws)>>16 == 0 { // about to receive a signal
				f.stopped[tid] = int(ws.StopSignal())
			}
			return nil
		}
		if pause > time.Millisecond {
			s, err := readStatus(pid, tid)
			if err == nil && s["State"] != "" && s["State"][0] == 'D' {
				f.stopped[tid] = 0
				return nil
			}
		}
		if time.Now().After(f.end) {
			return &Error{PID: pid, Err: ErrUnsteady, Detail: fmt.Sprintf("thread %d could not be stopped in %v", tid, freezeTime)}
		}
		time.Sleep(pause)
	}
}

// thawTime is how long thaw waits for threads that could not be stopped.
const thawTime = 200 * time.Millisecond

// thaw lets every thread go on, and gives it the signal that it was about to
// receive. One that could not stop does so as soon as others go on, and is let
// go of then; whatever is left the kernel frees at the end of this thread.
func (f *freezer) thaw() {
	var late []int
	for tid, sig := range f.stopped {
		if detach(tid, sig) == unix.ESRCH {
			late = append(late, tid)
		}
	}
	end := time.Now().Add(thawTime)
	for _, tid := range late {
		for pause := 50 * time.Microsecond; !released(tid) && time.Now().Before(end); pause = min(2*pause, 10*time.Millisecond) {
			time.Sleep(pause)
		}
	}
}

// released lets go of a thread if it has stopped meanwhile, and tells whether it
// is free, or has ended.
func released(tid int) bool {
	var ws unix.WaitStatus
	got, err := unix.Wait4(tid, &ws, unix.WALL|unix.WNOHANG, nil)
	switch {
	case errors.Is(err, unix.EINTR), err == nil && got == 0:
		return false
	case err != nil, !ws.Stopped():
		return true
	}
	sig := 0
	if int(ws)>>16 == 0 { // about to receive a signal
		sig = int(ws.StopSignal())
	}
	return detach(tid, sig) != unix.ESRCH
}

func detach(tid, sig int) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(tid), 0, uintptr(sig), 0, 0)
	return errno
}
