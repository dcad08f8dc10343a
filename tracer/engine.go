package tracer

import (
	"golang.org/x/net/bpf"

	"github.com/pidsim/pidsim/tracer/internal/abi"
	filter "github.com/pidsim/pidsim/tracer/internal/bpf"
	"github.com/pidsim/pidsim/tracer/internal/ptrace"
	"github.com/pidsim/pidsim/tracer/internal/stage"
)

type rawInstruction = bpf.RawInstruction

// An engine is a way to stop the tree at system calls. What happens at a stop
// is the same for all.
type engine interface {
	// install prepares the process that the tree starts in. It tells
	// whether setuid programs lose their rights by it.
	install(*stage.Stage) (noNewPrivs bool, err error)
	// run is how a task is resumed that need not stop at the exit of the
	// call it is in.
	run() ptrace.Request
	// escalate gives the filter to append so that the calls of a lazy group
	// stop from now on; nil if they do already.
	escalate(lazy abi.Lazy) ([]rawInstruction, error)
}

// filtered stops where a seccomp filter says so. Other calls cost a filter
// run, which for most numbers the kernel has made in advance.
type filtered struct{ opts filter.Options }

func (e filtered) install(st *stage.Stage) (bool, error) {
	prog, err := filter.Base(e.opts)
	if err != nil {
		return false, err
	}
	return st.Install(prog)
}

func (filtered) run() ptrace.Request { return ptrace.Cont }

func (filtered) escalate(lazy abi.Lazy) ([]rawInstruction, error) {
	return filter.Lazy(lazy)
}

// stepping stops at the entry and the exit of every call.
type stepping struct{}

func (stepping) install(*stage.Stage) (bool, error) { return false, nil }

func (stepping) run() ptrace.Request { return ptrace.Syscall }

func (stepping) escalate(abi.Lazy) ([]rawInstruction, error) {
	return nil, nil
}
