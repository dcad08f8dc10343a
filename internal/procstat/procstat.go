// Package procstat reads the stat file of a process or thread (proc(5)) and lists
// them. It imports nothing that has to be initialised, because pidsim is started
// more often than it looks at processes.
package procstat

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Stat is what the file says, as far as pidsim asks.
type Stat struct {
	Comm                     string
	State                    byte
	PPID, PGRP, Session, TTY int
	Flags                    uint64
	Nice, Threads            int
	Start                    uint64 // in clock ticks since the machine was started
	RTPriority, Policy       int
}

// Read reads dir/stat, for which dir is /proc/PID or /proc/PID/task/TID.
func Read(dir string) (Stat, error) {
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Stat{}, err
	}
	s, err := parse(text)
	if err != nil {
		return Stat{}, fmt.Errorf("%s/stat: %w", dir, err)
	}
	return s, nil
}

// Places of the fields behind the command's name, from 0. Only that may hold
// spaces and parentheses.
const (
	state = iota
	ppid
	pgrp
	session
	tty
	_
	flags
	nice       = 16
	threads    = 17
	start      = 19
	rtPriority = 37
	policy     = 38
)

func parse(text []byte) (s Stat, err error) {
	first, last := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if first < 0 || last < first {
		return s, fmt.Errorf("no name in %q", text)
	}
	fields := bytes.Fields(text[last+1:])
	if len(fields) <= policy {
		return s, fmt.Errorf("%d fields behind the name", len(fields))
	}
	s.Comm, s.State = string(text[first+1:last]), fields[state][0]
	for i, to := range map[int]*int{ppid: &s.PPID, pgrp: &s.PGRP, session: &s.Session, tty: &s.TTY, nice: &s.Nice, threads: &s.Threads, rtPriority: &s.RTPriority, policy: &s.Policy} {
		if *to, err = strconv.Atoi(string(fields[i])); err != nil {
			return s, err
		}
	}
	for i, to := range map[int]*uint64{flags: &s.Flags, start: &s.Start} {
		if *to, err = strconv.ParseUint(string(fields[i]), 10, 64); err != nil {
			return s, err
		}
	}
	return s, nil
}

// IDs lists the directories in dir that are called by a number, as the kernel
// does: in /proc processes, in /proc/PID/task threads in the order of their
// birth.
func IDs(dir string) ([]int, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, name := range names {
		if id, err := strconv.Atoi(name); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
