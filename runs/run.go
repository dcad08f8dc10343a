package runs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Run is a tree of processes under one supervisor.
type Run struct {
	// Root is the id that the program was given.
	Root int `json:"root"`
	// Supervisor is the real id of its supervisor.
	Supervisor int `json:"supervisor"`
	// Space and Backend are the words of the flags of these names.
	Space   string `json:"space"`
	Backend string `json:"backend"`
	// Started is when the program was started.
	Started time.Time `json:"started"`
	// Processes are the processes of the tree, the oldest first. Of a run
	// with very many the rest is left out.
	Processes []Process `json:"processes"`
}

// A Process is one process of a run. All ids but Real are those that the tree
// sees.
type Process struct {
	Virtual int `json:"virtual"`
	Real    int `json:"real"`
	// PPID, PGID and SID are 0 for what the tree cannot see.
	PPID    int `json:"ppid"`
	PGID    int `json:"pgid"`
	SID     int `json:"sid"`
	Threads int `json:"threads"`
	// State is the letter of proc(5).
	State string `json:"state"`
	Name  string `json:"name"`
	// Args are the first arguments, the program's name among them; none for
	// a zombie.
	Args []string `json:"args,omitempty"`
}

// What one run may say of itself. A line is one process.
const (
	maxProcesses = 1 << 14
	maxLine      = 1 << 14
)

// header is the first line of a message; a line for each process follows.
type header struct {
	Run
	Processes int `json:"processes"`
}

// encode writes the message about a run.
func encode(w io.Writer, r Run) error {
	if len(r.Processes) > maxProcesses {
		r.Processes = r.Processes[:maxProcesses]
	}
	out := bufio.NewWriter(w)
	if err := writeLine(out, header{r, len(r.Processes)}); err != nil {
		return err
	}
	for _, p := range r.Processes {
		err := writeLine(out, p)
		if errors.Is(err, bufio.ErrTooLong) {
			p.Args = nil
			err = writeLine(out, p)
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeLine writes v as a line, unless it is one that decode refuses.
func writeLine(out *bufio.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b) >= maxLine {
		return bufio.ErrTooLong
	}
	if _, err := out.Write(b); err != nil {
		return err
	}
	return out.WriteByte('\n')
}

// errMessage is a message that no supervisor sends.
var errMessage = errors.New("not the answer of a supervisor")

// decode reads the message about a run.
func decode(r io.Reader) (Run, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1024), maxLine)
	var h header
	if err := line(in, &h); err != nil {
		return Run{}, err
	}
	if h.Processes < 0 || h.Processes > maxProcesses || !isID(h.Root) || !isID(h.Supervisor) {
		return Run{}, errMessage
	}
	run := h.Run
	for range h.Processes {
		var p Process
		if err := line(in, &p); err != nil {
			return Run{}, err
		}
		if !p.valid() {
			return Run{}, errMessage
		}
		run.Processes = append(run.Processes, p)
	}
	if in.Scan() {
		return Run{}, errMessage
	}
	return run, in.Err()
}

// line reads the next line into v.
func line(in *bufio.Scanner, v any) error {
	if !in.Scan() {
		switch err := in.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return errMessage
		case err != nil:
			return err
		}
		return fmt.Errorf("the answer is incomplete: %w", io.ErrUnexpectedEOF)
	}
	if json.Unmarshal(in.Bytes(), v) != nil {
		return errMessage
	}
	return nil
}

// valid tells whether p can be a process.
func (p *Process) valid() bool {
	for _, id := range []int{p.PPID, p.PGID, p.SID} {
		if id != 0 && !isID(id) {
			return false
		}
	}
	return isID(p.Virtual) && isID(p.Real) && len(p.State) == 1 && p.Threads >= 0
}

// isID tells whether n can be the id of a process (PID_MAX_LIMIT, pid(7)).
func isID(n int) bool { return n >= 1 && n < 1<<22 }
