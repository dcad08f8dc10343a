package criu

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/pidsim/pidsim/pidspace/image"
)

// directories reads the umask of a process and the numbers of its directories.
// Processes that share them may lack the file.
func (r *reader) directories(p *image.Process) error {
	m := new(fsEntry)
	err := r.one(fmt.Sprintf("fs-%d.img", p.PID), "FS", maxOther, m)
	if err != nil {
		return optional(err)
	}
	r.dirs[p.PID] = m
	if m.umask != nil {
		mask := image.Mode(*m.umask)
		p.Umask = &mask
	}
	return nil
}

// optional forgives a file for not existing.
func optional(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// paths finds the paths of executables and directories, which other images
// refer to by number. Dumps without files.img do not have them.
func (r *reader) paths() error {
	list, err := r.records("files.img", "FILES", maxFiles)
	if err != nil {
		return optional(err)
	}
	paths := make(map[uint32]image.Text)
	for _, rec := range list {
		var m fileEntry
		if err := rec.decode(&m); err != nil {
			return fmt.Errorf("files.img: %w", err)
		}
		if reg := m.reg; reg != nil {
			paths[m.id] = image.Text(reg.name)
		}
	}
	for i := range r.img.Processes {
		p := &r.img.Processes[i]
		if p.State == image.Zombie {
			continue
		}
		if dirs := r.dirs[p.PID]; dirs != nil {
			p.Cwd, p.Root = paths[dirs.cwdID], paths[dirs.rootID]
		}
		var memory mmEntry
		if err := r.one(fmt.Sprintf("mm-%d.img", p.PID), "MM", maxMM, &memory); err != nil {
			if err := optional(err); err != nil {
				return err
			}
			continue
		}
		p.Exe = paths[memory.exeFileID]
	}
	return nil
}
