package tracer

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/execpath"
	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/tracer/internal/abi"
	filter "github.com/pidsim/pidsim/tracer/internal/bpf"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
	"github.com/pidsim/pidsim/tracer/internal/stage"
)

// newSupervisor makes the space and the supervisor of a command.
func newSupervisor(c *Cmd) (*supervisor, error) {
	if err := checkProc(); err != nil {
		return nil, err
	}
	group, err := groupOf(0)
	if err != nil {
		return nil, err
	}
	session, err := sessionOf(0)
	if err != nil {
		return nil, err
	}
	s := &supervisor{
		cmd: c, mode: abi.Mode{Strict: c.Strict}, self: os.Getpid(), tasks: map[int]*task{}, said: map[string]bool{},
		ownGroup: group, rootUp: make(chan struct{}),
	}
	if c.Credentials != nil {
		s.mode.Creds, s.firstCred = true, modelCredentials(c.Credentials)
	}
	s.space, err = pidspace.New(pidspace.Config{
		Kind: c.Space, Root: pidspace.VTGID(c.PID), PIDMax: c.PIDMax, Plan: c.Plan, Family: c.Family, Reserved: c.Reserved,
		Supervisor: pidspace.RTGID(s.self),
		PPID:       pidspace.VTGID(c.PPID), PGID: pidspace.VPGID(c.PGID), SID: pidspace.VSID(c.SID),
		InheritedPGID: group, InheritedSID: session,
		Policy: c.Policy,
		Gone:   func(r pidspace.RTID) bool { return unix.Kill(int(r), 0) == unix.ESRCH },
	})
	if err != nil {
		return nil, err
	}
	// A plan renumbers processes at once.
	s.quiet = c.Space == pidspace.Host && c.Plan.Len() == 0 && c.Family == nil && c.Reserved == nil && c.Policy == nil && !c.NoSeccomp && c.Trace == nil
	if s.reaper, err = isReaper(c); err != nil {
		return nil, err
	}
	s.quiet = s.quiet && !s.reaper
	if c.NoSeccomp {
		s.engine = stepping{}
	} else {
		s.engine = filtered{filter.Options{Mode: s.mode, Quiet: s.quiet}}
	}
	return s, nil
}

// checkProc makes sure that /proc is that of this pid namespace. In another's,
// what is asked about a process by its id would be answered about some other one.
func checkProc() error {
	self, err := os.Readlink("/proc/self")
	if err != nil || self == strconv.Itoa(os.Getpid()) {
		return nil // without /proc the start fails
	}
	return &SetupError{Op: "follow the processes of a run", Why: "/proc shows those of another pid namespace", Fix: "mount it: mount -t proc proc /proc"}
}

// onStep is called with the name of every step of the start, for tests that
// kill the supervisor there.
var onStep = func(string) {}

// start makes the root process and leaves it stopped before its first
// instruction. The thread is locked and becomes the tracer.
func (s *supervisor) start(files []uintptr) error {
	c := s.cmd
	attr := syscall.ProcAttr{Dir: c.Dir, Env: []string{}, Files: files, Sys: c.SysProcAttr}
	s.placement = newPlacement(unix.Gettid())
	onStep("fork")
	st, err := stage.Start(attr, ptrace.Options)
	if err != nil {
		return explain(err)
	}
	onStep("seized")
	if err := s.setUp(st); err != nil {
		st.Kill()
		return err
	}
	onStep("exec")
	return s.rootUpNow(st.PID())
}

// setUp prepares the stage and turns it into the program.
func (s *supervisor) setUp(st *stage.Stage) (err error) {
	if s.noNewPrivs, err = s.engine.install(st); err != nil {
		return explainFilter(err)
	}
	onStep("filter")
	if s.isInit() {
		if _, err := st.Call(unix.SYS_PRCTL, unix.PR_SET_CHILD_SUBREAPER, 1); err != nil {
			return &SetupError{Op: "make the program a subreaper", Err: err}
		}
	} else if s.cmd.Space == pidspace.Private {
		if s.release, err = becomeReaper(); err != nil {
			return &SetupError{Op: "become a subreaper", Err: err}
		}
	}
	return s.execute(st)
}

// execute runs the program like execvp(3): a file that the kernel does not
// know as an executable is a shell script.
func (s *supervisor) execute(st *stage.Stage) error {
	c := s.cmd
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	var failure error
	for _, path := range execpath.Candidates(c.Path, env) {
		err := st.Exec(path, c.Args, env)
		if errors.Is(err, unix.ENOEXEC) {
			args := append([]string{"sh", path}, c.Args[min(1, len(c.Args)):]...)
			err = st.Exec("/bin/sh", args, env)
		}
		if err == nil {
			return nil
		}
		errno, ok := err.(unix.Errno)
		if !ok { // not of execve
			return explain(err)
		}
		if failure == nil || errno == unix.EACCES {
			failure = &ExecError{Path: path, Err: errno}
		}
		if errno != unix.ENOENT && errno != unix.ENOTDIR && errno != unix.EACCES {
			break
		}
	}
	var e *ExecError
	if errors.As(failure, &e) && e.Err == unix.ENOENT && !strings.Contains(c.Path, "/") {
		e.Path = c.Path
	}
	return failure
}

// rootUpNow records the root, which is stopped at its exec.
func (s *supervisor) rootUpNow(pid int) error {
	v, err := s.space.Root(pidspace.RTGID(pid))
	if err != nil {
		return err
	}
	// SysProcAttr may have given it a session or a group of its own.
	if sid, err := sessionOf(pid); err == nil && int(sid) == pid {
		s.space.Setsid(pidspace.RTGID(pid))
	} else if pgid, err := groupOf(pid); err == nil && pgid != s.ownGroup {
		s.space.Setpgid(pidspace.RTGID(pid), pgid)
	}
	t := &task{tid: pid, state: stateRunning, virtual: int32(v), opts: ptrace.Options}
	t.cred = s.firstCred
	t.proc = &process{pid: pid, root: true, tasks: map[int]*task{pid: t}, mem: &memory{}}
	s.tasks[pid], s.root = t, t.proc
	s.placement.born(pid, 0)
	s.counts.born(1)
	if err := s.setOptions(t); err != nil && !errors.Is(err, ptrace.ErrGone) {
		return err
	}
	s.checkSetuid(t)
	if s.emulates() {
		s.showCreds(t)
	}
	s.event(Event{Kind: "start"}, t)
	s.log(1, "process %d is real process %d", v, pid)
	if err := s.resume(t); err != nil && !errors.Is(err, ptrace.ErrGone) {
		return err
	}
	return nil
}
