package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/pidsim/pidsim/internal/procstat"
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
	dir := fmt.Sprintf("/proc/%d", j.Root())
	stat, err := procstat.Read(dir)
	if err != nil {
		return nil
	}
	p := runs.Process{
		Virtual: j.PID, Real: j.Root(), PPID: stat.PPID, PGID: stat.PGRP, SID: stat.Session,
		Threads: stat.Threads, State: string(rune(stat.State)), Name: stat.Comm,
	}
	if text, err := os.ReadFile(dir + "/cmdline"); err == nil && len(text) > 0 { // none of a zombie
		p.Args = firstArgs(strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"))
	}
	if j.Root() != j.PID { // in a namespace of its own, where these are others
		p.PPID, p.PGID, p.SID = 0, 0, 0
	}
	return []runs.Process{p}
}

// firstArgs cuts arguments to what is worth telling.
func firstArgs(args []string) []string {
	room := 1024
	for i, a := range args {
		if len(a) >= room {
			return append(args[:i:i], a[:room])
		}
		room -= len(a)
	}
	return args
}

func (j kernelJob) means(string) (backend, shown string) {
	if j.Root() != j.PID {
		return j.Mechanism.Name(), "private"
	}
	return j.Mechanism.Name(), "host"
}
