package tracer

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/pidsim/pidsim/pidspace"
)

// Process is a process of the tree, as it was at a moment.
type Process struct {
	// PID, PPID, PGID and SID are what the tree sees; 0 is a parent, group
	// or session that the space does not show.
	PID, PPID, PGID, SID int
	// Real is the id that everybody else sees.
	Real int
	// Threads counts the threads.
	Threads int
	// State is the letter of proc(5): R, S, D, T, Z and so on.
	State byte
	// Name is the command's, at most 15 bytes; Args are the first of the
	// arguments, none for a zombie.
	Name string
	Args []string
}

// maxArgs bounds how many bytes of its arguments are read of a process.
const maxArgs = 1024

// Processes returns the processes of the tree, in the order of their creation.
// It may be called at any time from any goroutine but that of OnEvent, and
// does not stop the tree. What has ended since is left out.
func (c *Cmd) Processes() []Process {
	if c.run == nil {
		return nil
	}
	s := c.run.s
	entries := s.space.Table()
	list := make([]Process, 0, len(entries))
	for _, e := range entries {
		p := Process{
			PID: int(e.Virtual), PGID: int(e.PGID), SID: int(e.SID),
			Real: int(e.Real), Threads: e.Threads,
		}
		if s.describe(&p, e.Zombie) {
			list = append(list, p)
		}
	}
	return list
}

// describe adds what the kernel knows of a process. It is false if the real
// number is not the process's any longer.
func (s *supervisor) describe(p *Process, zombie bool) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Real))
	if err != nil {
		return false
	}
	tracer, state := statusValue(text, "TracerPid"), statusValue(text, "State")
	if state == "" {
		return false
	}
	p.State = state[0]
	// Whoever is traced by this supervisor is of the tree; what has ended is
	// not traced any longer.
	if p.State != 'Z' && (zombie || tracer != strconv.Itoa(s.placement.tracer)) {
		return false
	}
	if p.State == 't' {
		p.State = s.stops.state(p.Real)
	}
	parent, _ := strconv.Atoi(statusValue(text, "PPid"))
	v, _ := pidspace.ToVirtual(s.space, pidspace.RTGID(parent))
	p.PPID = int(v)
	p.Name = statusValue(text, "Name")
	p.Args = argsOf(p.Real)
	return true
}

// statusValue finds a value in the text of a status file (proc(5)). In a
// command's name the kernel escapes newlines.
func statusValue(text []byte, key string) string {
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(key+":\t")); ok {
			return string(bytes.TrimSuffix(value, []byte("\n")))
		}
	}
	return ""
}

// argsOf reads the first arguments of a process.
func argsOf(pid int) []string {
	f, err := os.Open(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxArgs))
	if err != nil || len(text) == 0 {
		return nil
	}
	var args []string
	for _, a := range bytes.Split(bytes.TrimSuffix(text, []byte{0}), []byte{0}) {
		args = append(args, string(a))
	}
	return args
}

// jobStops has the processes that are stopped by job control, by real id. To
// others than the tracer the kernel shows these as all that stop.
type jobStops struct {
	mu  sync.Mutex
	set map[int]bool // made when it is needed; guarded by mu
}

func (j *jobStops) add(pid int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.set == nil {
		j.set = map[int]bool{}
	}
	j.set[pid] = true
}

func (j *jobStops) remove(pid int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.set, pid)
}

// state is the letter of a process that the tracer holds: it runs, if it is
// not stopped, or is about to.
func (j *jobStops) state(pid int) byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.set[pid] {
		return 'T'
	}
	return 'R'
}
