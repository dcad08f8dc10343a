package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/pidsim/pidsim/runs"
	"github.com/pidsim/pidsim/tracer"
)

// announce lets pidsim ps find the run of j, concurrently. A run that cannot
// be found runs all the same.
func (o *options) announce(j job) *runs.Announcement {
	started := time.Now()
	describe := func() runs.Run {
		r := runs.Run{
			Root: o.pid, Supervisor: os.Getpid(),
			Started: started, Processes: j.table(),
		}
		r.Backend, r.Space = j.means(o.space.String())
		return r
	}
	return runs.Announce(describe, func(err error) {
		if o.verbose > 0 {
			say("pidsim ps will not list this run: " + err.Error())
		}
	})
}

// table lists the processes of the tree.
func (j ptraceJob) table() []runs.Process { return listed(j.Processes()) }

func (ptraceJob) means(space string) (backend, shown string) { return "ptrace", space }

// listed turns the tracer's processes into those of package runs.
func listed(processes []tracer.Process) []runs.Process {
	list := make([]runs.Process, 0, len(processes))
	for _, p := range processes {
		list = append(list, runs.Process{
			Virtual: p.PID, Real: p.Real, PPID: p.PPID, PGID: p.PGID, SID: p.SID,
			Threads: p.Threads, State: string(rune(p.State)), Name: p.Name, Args: p.Args,
		})
	}
	return list
}

// table has the program alone: what it starts is not under pidsim.
func (j kernelJob) table() []runs.Process {
	p := runs.Process{Virtual: j.PID, Real: j.Root(), Threads: 1, Name: j.Path, Args: j.Args}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Real))
	if err != nil {
		return nil
	}
	// The name, in parentheses, may hold anything (proc(5)).
	from, to := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return nil
	}
	p.Name = string(text[from+1 : to])
	if _, err := fmt.Sscan(string(text[to+1:]), &p.State, &p.PPID, &p.PGID, &p.SID); err != nil {
		return nil
	}
	if j.Root() != j.PID { // in a namespace of its own, where these are others
		p.PPID, p.PGID, p.SID = 0, 0, 0
	}
	return []runs.Process{p}
}

func (j kernelJob) means(string) (backend, shown string) {
	if j.Root() != j.PID {
		return j.Mechanism.Name(), "private"
	}
	return j.Mechanism.Name(), "host"
}
