package kernel

// Active tells whether a process of the run is neither stopped nor at its end:
// the program, one under it or, in a namespace, one that is left there.
func (c *Cmd) Active() bool {
	if c.run == nil {
		return false
	}
	all := map[int]stat{}
	eachProcess(func(s stat) bool {
		all[s.pid] = s
		return false
	})
	for pid, s := range all {
		if s.running() && pid != c.run.reaper() && under(all, pid, c.run.initPID) {
			return true
		}
	}
	return false
}

// reaper is the process of a namespace that is only there for the others, or 0.
func (r *run) reaper() int {
	if r.initPID != r.root {
		return r.initPID
	}
	return 0
}

// running tells whether a process is neither stopped nor at its end.
func (s stat) running() bool {
	switch s.state {
	case 'T', 't', 'Z', 'X', 'x':
		return false
	}
	return true
}

// under tells whether pid is the process top or one under it.
func under(all map[int]stat, pid, top int) bool {
	for range len(all) { // they were not read at the same moment: there may be a circle
		if pid == top {
			return true
		}
		s, found := all[pid]
		if !found {
			return false
		}
		pid = s.ppid
	}
	return false
}
