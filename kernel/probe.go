package kernel

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/pidsim/pidsim/kernel/internal/script"
)

// found remembers what probes have found, where asking again is of no use.
var found struct {
	mu       sync.Mutex
	findings map[string]Finding // guarded by mu
}

// once gives the remembered finding, or probes and remembers it if it is
// conclusive.
func once(name string, probe func() error) Finding {
	found.mu.Lock()
	defer found.mu.Unlock()
	if f, ok := found.findings[name]; ok {
		return f
	}
	f := find(name, probe())
	if f.conclusive() {
		if found.findings == nil {
			found.findings = make(map[string]Finding)
		}
		found.findings[name] = f
	}
	return f
}

// Probe tells whether a mechanism works for this process, by making a process
// with a chosen id that ends at once.
func Probe(m Mechanism) Finding {
	return once(m.Name(), func() error { return tryFork(m) })
}

// probes is how many ids a probe tries before it concludes that something
// else takes them all.
const probes = 16

// tryFork makes a process with an id that is free.
func tryFork(m Mechanism) (err error) {
	pid := lastPID()
	for range probes {
		if pid = freePID(pid); m == Namespace {
			pid = 42 // free in a new one
		}
		c := &Cmd{Mechanism: m, PID: pid, Path: "probe", probe: true}
		if err = c.Start(); err == nil {
			return c.Wait()
		}
		if !errors.Is(err, ErrPIDInUse) {
			return err
		}
	}
	return err
}

// FreePID finds an id that is not in use, and that the kernel will not give
// soon by itself. Whoever asks for it may still be late.
func FreePID() int { return freePID(lastPID()) }

// lastPID is the id that the kernel gave last, or one that it gave lately.
func lastPID() int {
	if n, err := strconv.Atoi(readLine(lastPIDFile)); err == nil && n > 0 {
		return n
	}
	return os.Getpid()
}

// Ids below this one are not given again once they have all been, so that a
// probe keeps away from them.
const reserved = 300

// freePID finds an id that is not in use, some way after one that is: the next
// ones are about to be taken.
func freePID(after int) int {
	const distance = 50
	most := pidMax()
	if most == 0 {
		most = 32768
	}
	pid := after + distance
	for range most {
		if pid >= most {
			pid = reserved
		}
		if !occupied(pid) {
			break
		}
		pid++
	}
	return pid
}

// PIDMax tells how large real ids are on this machine.
func PIDMax() Finding {
	most := pidMax()
	if most == 0 {
		return Finding{Name: "pid_max", Why: "cannot read /proc/sys/kernel/pid_max", Fix: "mount /proc"}
	}
	return Finding{Name: "pid_max", Outcome: Works, Why: fmt.Sprintf("real ids go up to %d, emulated ones to 4194303", most-1)}
}

// Witness makes a program, as an executable file in memory, that exits with 0
// when it is process pid and with 1 otherwise.
func Witness(pid int) (*os.File, error) {
	var s script.Script
	exit := func(code uint64) *script.Step {
		st := s.Call(unix.SYS_EXIT_GROUP, code)
		return st.Next(st)
	}
	id := s.Call(unix.SYS_GETPID).When(int64(pid), exit(0)).Next(exit(1))
	return s.Open("pidsim-witness", id)
}
