package stage

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/internal/memexec"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
)

// Stage is the waiting process, stopped under ptrace.
type Stage struct {
	pid int
	// exited is set when the process is gone and reaped.
	exited bool
	// scratch is memory in the stage for arguments of calls.
	scratch, size uint64
}

// ErrEnded says that the stage was ended from outside during set-up.
var ErrEnded = errors.New("the starting process was killed")

// Start creates the stage with the attributes and seizes it with the ptrace
// options. The caller's thread must be locked. An error of the seize itself
// is a *SeizeError.
func Start(attr syscall.ProcAttr, options int) (*Stage, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sys := syscall.SysProcAttr{}
	if attr.Sys != nil {
		sys = *attr.Sys
	}
	sys.Pdeathsig = syscall.SIGKILL
	attr.Sys = &sys
	pid, err := memexec.ForkExec(f, []string{"pidsim-stage"}, &attr)
	if err != nil {
		return nil, &StepError{Op: "start a process", Err: err}
	}
	s := &Stage{pid: pid}
	if err := ptrace.Seize(pid, options); err != nil {
		s.Kill()
		return nil, &SeizeError{Err: err}
	}
	if err := s.stop(); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

// SeizeError says that the kernel refused to let us trace our own child.
type SeizeError struct{ Err error }

func (e *SeizeError) Error() string { return "ptrace seize: " + e.Err.Error() }

// Unwrap gives the errno.
func (e *SeizeError) Unwrap() error { return e.Err }

// StepError says what it is that could not be done towards a stage or its
// program.
type StepError struct {
	Op  string
	Err error
}

func (e *StepError) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Err }

// PID is the process's real id.
func (s *Stage) PID() int { return s.pid }

// Kill ends and reaps the stage.
func (s *Stage) Kill() {
	if s.exited {
		return
	}
	_ = unix.Kill(s.pid, unix.SIGKILL)
	for {
		_, status, err := ptrace.Wait(s.pid, 0)
		if err != nil || !unix.WaitStatus(status).Stopped() {
			break
		}
		_ = ptrace.Resume(ptrace.Cont, s.pid, 0)
	}
	s.exited = true
}

// stop brings the running stage to a stop in user mode. Any other stop on the
// way, such as that of the stage's own exec, uses the interrupt up
// (kernel/signal.c, ptrace_stop), so each needs a new one.
func (s *Stage) stop() error {
	for {
		if err := ptrace.Interrupt(s.pid); err != nil {
			return s.gone(err)
		}
		status, err := s.wait()
		if err != nil {
			return err
		}
		if status>>16 == unix.PTRACE_EVENT_STOP {
			return nil
		}
		if err := s.resume(ptrace.Cont, status); err != nil {
			return err
		}
	}
}

// wait gives the status of the stage's next stop.
func (s *Stage) wait() (uint32, error) {
	_, status, err := ptrace.Wait(s.pid, 0)
	if err != nil {
		return 0, err
	}
	if !unix.WaitStatus(status).Stopped() {
		s.exited = true
		return 0, ErrEnded
	}
	return status, nil
}

// resume continues from the stop that status reported; a signal that arrived
// is delivered, which by default ends the stage.
func (s *Stage) resume(req ptrace.Request, status uint32) error {
	sig := 0
	if ws := unix.WaitStatus(status); status>>16 == 0 && ws.StopSignal()&0x7f != unix.SIGTRAP {
		sig = int(ws.StopSignal())
	}
	return s.gone(ptrace.Resume(req, s.pid, sig))
}

// gone turns the loss of the stage into its end.
func (s *Stage) gone(err error) error {
	if errors.Is(err, ptrace.ErrGone) {
		s.Kill()
		return ErrEnded
	}
	return err
}

// outcome is how an injected call ended.
type outcome struct {
	result int64
	execed bool
}

// call runs one system call inside the stage and returns its result: a value
// or a negative errno.
func (s *Stage) call(nr uint64, args ...uint64) (outcome, error) {
	var r ptrace.Regs
	if err := ptrace.GetRegs(s.pid, &r); err != nil {
		return outcome{}, s.gone(err)
	}
	r.Rip, r.Rax, r.Orig_rax = syscallAt, nr, ^uint64(0)
	for i, reg := range []*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9} {
		*reg = 0
		if i < len(args) {
			*reg = args[i]
		}
	}
	if err := ptrace.SetRegs(s.pid, &r); err != nil {
		return outcome{}, s.gone(err)
	}
	if err := s.gone(ptrace.Resume(ptrace.Syscall, s.pid, 0)); err != nil {
		return outcome{}, err
	}
	return s.finish()
}

// finish runs the stage to the exit of the call it is about to enter.
func (s *Stage) finish() (outcome, error) {
	for {
		status, err := s.wait()
		if err != nil {
			return outcome{}, err
		}
		if status>>16 == unix.PTRACE_EVENT_EXEC {
			return outcome{execed: true}, nil
		}
		if unix.WaitStatus(status).StopSignal() == unix.SIGTRAP|0x80 {
			var ci ptrace.CallInfo
			if err := ptrace.GetCallInfo(s.pid, &ci); err != nil {
				return outcome{}, s.gone(err)
			}
			if ci.Op == ptrace.OpExit {
				return outcome{result: ci.Result()}, nil
			}
		}
		if err := s.resume(ptrace.Syscall, status); err != nil {
			return outcome{}, err
		}
	}
}

// Call runs one system call inside the stage; an errno of it is an error.
func (s *Stage) Call(nr uint64, args ...uint64) (uint64, error) {
	o, err := s.call(nr, args...)
	if err != nil {
		return 0, err
	}
	if o.result < 0 && o.result > -4096 {
		return 0, unix.Errno(-o.result)
	}
	return uint64(o.result), nil
}
