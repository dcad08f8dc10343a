package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// Options say what to read.
type Options struct {
	// Tree includes the processes that descend from the one asked for,
	// without the one that reads.
	Tree bool
	// Env includes the environments. They often hold secrets.
	Env bool
	// Freeze stops the processes while they are read.
	Freeze bool
}

// Patience: how often a tree is read without two readings in a row agreeing,
// and how long is waited before another; that doubles each time.
const (
	attempts  = 10
	firstWait = time.Millisecond
)

// Read reads the identity of a process, or of a process and what descends from
// it. The error is an [*Error] if it is about a process.
func Read(pid int, o Options) (*image.Image, error) {
	if pid < 1 || pid > pidspace.MaxPID {
		return nil, &Error{PID: pid, Err: ErrGone}
	}
	r := &reader{root: pid, options: o}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	var err error
	img := &image.Image{Origin: image.Live, Taken: time.Now().UTC().Truncate(time.Second)}
	if img.Host, err = r.host(); err != nil {
		return nil, err
	}
	if o.Freeze {
		img.Processes, err = r.frozen()
	} else {
		img.Processes, err = r.settled()
	}
	if err != nil {
		return nil, err
	}
	if unread := img.Root().Unread; len(unread) > 0 {
		return nil, &Error{PID: pid, Err: ErrPermission, Detail: list(unread), Fix: asOwner}
	}
	return img, img.Check()
}

// asOwner is what to do about missing permission.
const asOwner = "run pidsim as its owner or as root"

// list joins members for a message.
func list(members []image.Member) string {
	words := make([]string, len(members))
	for i, m := range members {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}

// reader reads processes.
type reader struct {
	root    int
	options Options
	// tracer is who traces this process, 0 for nobody.
	tracer int
	// details is the thread that details of the current process are read
	// from.
	details details
}

// prepare checks that /proc can be read and that the root is a process.
func (r *reader) prepare() error {
	self := os.Getpid()
	if name, err := os.Readlink("/proc/self"); err != nil || name != strconv.Itoa(self) {
		return ErrProc
	}
	s, err := readStatus(self, self)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProc, err)
	}
	r.tracer = tracer(s)
	if s, err = readStatus(r.root, r.root); err != nil {
		return r.explain(err)
	}
	tgid, err := s.ids("Tgid")
	if err != nil {
		return err
	}
	if tgid[0] != int32(r.root) {
		return &Error{PID: r.root, Err: ErrThread, Detail: fmt.Sprintf("of process %d", tgid[0]),
			Fix: fmt.Sprintf("checkpoint process %d", tgid[0])}
	}
	return nil
}

// explain words an error that came from reading the root.
func (r *reader) explain(err error) error {
	var e *Error
	hidden := gone(err) && errors.Is(unix.Kill(r.root, 0), unix.EPERM)
	switch {
	case errors.As(err, &e):
		return err
	case hidden, forbidden(err):
		return &Error{PID: r.root, Err: ErrPermission, Detail: "the mount option hidepid of /proc", Fix: asOwner}
	case gone(err):
		return &Error{PID: r.root, Err: ErrGone, Fix: "see ps for the processes there are"}
	}
	return &Error{PID: r.root, Err: err}
}

// checkTracer refuses a process whose ids pidsim presents differently. Under
// the same pidsim this process sees them as they are presented.
func (r *reader) checkTracer(pid int, s status) error {
	by := tracer(s)
	if by == 0 || by == r.tracer || by == os.Getpid() {
		return nil
	}
	if name, err := readText(by, by, "comm"); err != nil || name != "pidsim\n" {
		return nil // it may be gone, or hidden, so that nobody can tell
	}
	return &Error{PID: pid, Err: ErrSupervised, Detail: fmt.Sprintf("process %d", by),
		Fix: "run pidsim checkpoint in the same run, from the program itself or its shell"}
}

// tracer returns the process that traces a thread, 0 for none. The kernel
// names the very thread that does.
func tracer(s status) int {
	ids, err := s.ids("TracerPid")
	if err != nil || ids[0] == 0 {
		return 0
	}
	tid := int(ids[0])
	if of, err := readStatus(tid, tid); err == nil {
		if tgid, err := of.ids("Tgid"); err == nil {
			return int(tgid[0])
		}
	}
	return tid
}

// settled reads the tree until two readings in a row agree.
func (r *reader) settled() ([]image.Process, error) {
	var before []image.Process
	for attempt := range attempts {
		now, err := r.tree()
		switch {
		case gone(err):
			now = nil // somebody vanished while the tree was read
		case err != nil:
			return nil, err
		case before != nil && reflect.DeepEqual(before, now):
			return r.checked(now)
		}
		if before = now; attempt > 0 {
			time.Sleep(firstWait << attempt)
		}
	}
	return nil, &Error{PID: r.root, Err: ErrUnsteady, Fix: "stop it for the moment with --freeze"}
}

// checked refuses a root that is not alive.
func (r *reader) checked(tree []image.Process) ([]image.Process, error) {
	if p := tree[0]; p.State == image.Zombie {
		return nil, &Error{PID: r.root, Err: ErrZombie, Detail: fmt.Sprintf("process %d", p.PPID)}
	}
	return tree, nil
}

// rootExists tells whether the root is there, dead or alive.
func (r *reader) rootExists() bool {
	_, err := readStatus(r.root, r.root)
	return err == nil
}

// tree reads the root and, if asked for, what descends from it. An error for
// which gone is true says that some process has ended meanwhile.
func (r *reader) tree() ([]image.Process, error) {
	pids := []int{r.root}
	if r.options.Tree {
		var err error
		if pids, err = r.descendants(); err != nil {
			return nil, err
		}
	}
	if len(pids) > image.MaxProcesses {
		return nil, &Error{PID: r.root, Err: image.ErrTooLarge, Detail: fmt.Sprintf("%d processes", len(pids))}
	}
	tree := make([]image.Process, 0, len(pids))
	for _, pid := range pids {
		p, err := r.process(pid)
		switch {
		case gone(err) && pid == r.root && r.rootExists():
			return nil, err // it has just ended: the next reading will tell
		case err != nil && pid == r.root:
			return nil, r.explain(err)
		case err != nil:
			var e *Error
			if !errors.As(err, &e) && !gone(err) {
				err = &Error{PID: pid, Err: err}
			}
			return nil, err
		}
		tree = append(tree, p)
	}
	return inOrder(tree), nil
}
