package criu

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// ErrUnfinished means that a directory has no complete dump in it.
var ErrUnfinished = errors.New("the dump is not complete")

// Read reads the identities in a dump. Check, if not nil, is asked about each
// file before it is read, and ends the reading with its error.
//
// An error that comes from what is in a file wraps an [*image.FormatError], one
// of the processes as a whole an [*image.CheckError]; [ErrUnfinished] and the
// errors of package fs are others.
func Read(dir *os.Root, check func(name string, fi fs.FileInfo) error) (*image.Image, error) {
	return read(directory{dir, check}.read)
}

// read reads the identities in a dump.
func read(d dump) (*image.Image, error) {
	r := &reader{dump: d, dirs: make(map[pidspace.VTGID]*fsEntry)}
	for _, step := range []func() error{r.inventory, r.tree, r.processes, r.samePIDNamespace, r.paths, r.img.Check} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &r.img, nil
}

// reader puts an image together.
type reader struct {
	dump
	img image.Image
	// entries are the records of the process tree, and offsets where they
	// stand.
	entries []*pstreeEntry
	offsets []int64
	// dirs are the directories of the processes, by number of the file.
	dirs map[pidspace.VTGID]*fsEntry
	// count is the number of threads so far.
	count int
}

// inventory checks that the dump is one of a kind that is known.
func (r *reader) inventory() error {
	var m inventoryEntry
	if err := r.one("inventory.img", "INVENTORY", maxOther, &m); err != nil {
		return unfinished(err)
	}
	// CRTOOLS_IMAGES_V1 and V1_1; the second came with CRIU 1.6.
	if v := m.imgVersion; v != 1 && v != 2 {
		return fmt.Errorf("inventory.img: %w", refuse(4, image.ErrVersion, "image version %d is not known, only 1 and 2", v))
	}
	return nil
}

// unfinished explains why a file is missing that CRIU writes at the end.
func unfinished(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w (%w)", err, ErrUnfinished)
	}
	return err
}

// tree reads the process tree, without threads, and checks it before any other
// file is read.
func (r *reader) tree() error {
	list, err := r.records("pstree.img", "PSTREE", maxPstree)
	if err != nil {
		return unfinished(err)
	}
	if len(list) > image.MaxProcesses {
		return inTree(refuse(0, image.ErrTooLarge, "there are more than %d processes", image.MaxProcesses))
	}
	r.img = image.Image{Origin: image.CRIU, Processes: make([]image.Process, len(list))}
	for i, rec := range list {
		m := new(pstreeEntry)
		if err := rec.decode(m); err != nil {
			return inTree(err)
		}
		p := &r.img.Processes[i]
		p.State = image.Running // until its core image says otherwise
		if p.IDs, err = treeIDs(m, rec.offset); err != nil {
			return inTree(err)
		}
		r.entries, r.offsets = append(r.entries, m), append(r.offsets, rec.offset)
	}
	var c *image.CheckError
	if err := r.img.Check(); errors.As(err, &c) {
		at := int64(0)
		if c.Index >= 0 {
			at = r.offsets[c.Index]
		}
		return inTree(refuse(at, c.Err, "%s", c.Reason))
	}
	return nil
}

// inTree says that an error is about the file with the process tree.
func inTree(err error) error { return fmt.Errorf("pstree.img: %w", err) }

// treeIDs reads the ids of a record of the process tree, but for the threads.
func treeIDs(m *pstreeEntry, at int64) (image.IDs, error) {
	for _, id := range []uint32{m.pid, m.ppid, m.pgid, m.sid} {
		if id > pidspace.MaxPID {
			return image.IDs{}, refuse(at, image.ErrInconsistent, "id %d is not in 1 to %d", id, pidspace.MaxPID)
		}
	}
	return image.IDs{
		PID: pidspace.VTGID(m.pid), PPID: pidspace.VTGID(m.ppid),
		PGID: pidspace.VPGID(m.pgid), SID: pidspace.VSID(m.sid),
	}, nil
}

// processes reads what the dump has of each process.
func (r *reader) processes() error {
	for i := range r.img.Processes {
		if err := r.process(i); err != nil {
			return err
		}
	}
	return nil
}

// process reads what the dump has of process i.
func (r *reader) process(i int) error {
	p := &r.img.Processes[i]
	var core coreEntry
	name := fmt.Sprintf("core-%d.img", p.PID)
	if err := r.one(name, "CORE", maxCore, &core); err != nil {
		return missing(err, "process %d", p.PID)
	}
	if core.tc == nil {
		return fmt.Errorf("%s: %w", name, refuse(0, image.ErrFormat, "the part about the process is missing"))
	}
	if p.State = state(core.tc.taskState); p.State == "" {
		return fmt.Errorf("%s: %w", name, refuse(0, image.ErrFormat, "task state %d is not known", core.tc.taskState))
	}
	describe(p, &core)
	if p.State == image.Zombie {
		return nil
	}
	if err := r.threads(i); err != nil {
		return err
	}
	return r.directories(p)
}

// threads reads the threads of a process that is no zombie. Each has a core
// image of its own.
func (r *reader) threads(i int) error {
	p := &r.img.Processes[i]
	for _, t := range r.entries[i].threads {
		if t == uint32(p.PID) {
			continue
		}
		if t == 0 || t > pidspace.MaxPID {
			return inTree(refuse(r.offsets[i], image.ErrInconsistent, "process %d: thread %d is not in 1 to %d", p.PID, t, pidspace.MaxPID))
		}
		if r.count++; r.count > image.MaxThreads {
			return inTree(refuse(r.offsets[i], image.ErrTooLarge, "there are more than %d threads", image.MaxThreads))
		}
		var core coreEntry
		if err := r.one(fmt.Sprintf("core-%d.img", t), "CORE", maxCore, &core); err != nil {
			return missing(err, "thread %d of process %d", t, p.PID)
		}
		p.Threads = append(p.Threads, pidspace.VTID(t))
	}
	return nil
}

// missing says to what a file belongs that does not exist.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w, and "+format+" is in pstree.img", append([]any{err}, args...)...)
	}
	return err
}

// samePIDNamespace checks that the ids of all processes are from one pid
// namespace. CRIU does not dump others.
func (r *reader) samePIDNamespace() error {
	var first uint32
	for i := range r.img.Processes {
		pid := r.img.Processes[i].PID
		name := fmt.Sprintf("ids-%d.img", pid)
		var m idsEntry
		err := r.one(name, "IDS", maxOther, &m)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a zombie
		}
		if err != nil {
			return err
		}
		if first == 0 {
			first = m.pidNsID
		}
		if m.pidNsID != first {
			return fmt.Errorf("%s: %w", name, refuse(0, image.ErrInconsistent, "process %d is in another pid namespace than the root", pid))
		}
	}
	return nil
}
