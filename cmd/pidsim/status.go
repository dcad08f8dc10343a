package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/tracer"
)

// statusLine is one line of --status-fd. Members that do not apply to an
// event are left out; readers ignore those that they do not know.
type statusLine struct {
	Event   string `json:"event"`
	Virtual int    `json:"virtual,omitempty"`
	Real    int    `json:"real,omitempty"`
	Root    bool   `json:"root,omitempty"`
	// Exit is the status in the shell's encoding, for "end" and for the
	// "exit" of a process; that of a thread has none.
	Exit   *int `json:"exit,omitempty"`
	Core   bool `json:"core,omitempty"`
	Signal int  `json:"signal,omitempty"` // of "stop", and of an end by signal
}

// statusBacklog bounds the lines that wait for a slow reader. A reader that
// is slower still slows the program down, as it would on any pipe.
const statusBacklog = 4096

// statusWriter writes the lines of --status-fd. A nil writer discards them.
type statusWriter struct {
	lines chan statusLine
	done  chan struct{}
}

// openStatus checks that fd is open for writing and starts the writer; -1
// means that there is none. It must run before pidsim opens files.
func openStatus(fd int) (*statusWriter, error) {
	if fd < 0 {
		return nil, nil
	}
	own, why := ownDescriptor(fd)
	if why != "" {
		return nil, failed(fmt.Sprintf("--status-fd %d", fd), why, fmt.Sprintf("open it for writing in the caller, as in %d>file", fd))
	}
	w := &statusWriter{lines: make(chan statusLine, statusBacklog), done: make(chan struct{})}
	go w.write(os.NewFile(uintptr(own), "status"))
	return w, nil
}

// ownDescriptor makes a descriptor for pidsim alone out of the caller's fd.
// The program does not get fd, so that its reader sees the end of the file
// when pidsim ends; but standard files stay what they are.
func ownDescriptor(fd int) (own int, why string) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 { // not open, or opened by this process
		return 0, "not open"
	}
	mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if access := mode & unix.O_ACCMODE; err != nil || access == unix.O_RDONLY || mode&unix.O_PATH != 0 {
		return 0, "open only for reading"
	}
	if fd <= 2 {
		own, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	} else {
		own = fd
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	}
	if err != nil {
		return 0, err.Error()
	}
	return own, ""
}

// write writes lines until there are no more. After a failure, which is the
// reader's decision or misfortune, it only takes them.
func (w *statusWriter) write(f *os.File) {
	defer close(w.done)
	defer f.Close()
	enc := json.NewEncoder(f)
	var failed error
	for line := range w.lines {
		if failed == nil {
			failed = enc.Encode(line)
		}
	}
}

// event queues the line of a tracer event. Process tells an event of a
// process from that of another thread, whose end has no status.
func (w *statusWriter) event(e tracer.Event, process bool) {
	if w == nil {
		return
	}
	line := statusLine{Event: e.Kind, Virtual: e.Virtual, Real: e.Real, Root: e.Root, Signal: e.Signal}
	if e.Kind == "exit" && process {
		code := shellStatus(e.Status)
		line.Exit, line.Core, line.Signal = &code, e.Status.Core, e.Status.Signal
	}
	w.lines <- line
}

// end writes the last line and waits until all are written.
func (w *statusWriter) end(code int) {
	if w == nil {
		return
	}
	w.lines <- statusLine{Event: "end", Exit: &code}
	close(w.lines)
	<-w.done
}
