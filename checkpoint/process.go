package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// kernelThread is PF_KTHREAD of include/linux/sched.h.
const kernelThread = 0x00200000

// maxStrings bounds the arguments and the environment, of which execve(2)
// allows 6 MiB in all.
const maxStrings = 8 << 20

// process reads one process. An error for which gone is true means that it has
// vanished meanwhile.
func (r *reader) process(pid int) (image.Process, error) {
	p, err := r.identity(pid)
	if err != nil || p.State == image.Zombie {
		return p, err
	}
	if err := r.details.all(&p, r.options.Env); err != nil {
		return p, err
	}
	slices.Sort(p.Unread)
	return p, nil
}

// identity reads the ids of a process and what it is doing. It leaves in
// r.details the thread that the rest is to be read from.
func (r *reader) identity(pid int) (p image.Process, err error) {
	leader := process(pid)
	stat, err := leader.stat()
	if err != nil {
		return p, err
	}
	if stat.Flags&kernelThread != 0 {
		return p, &Error{PID: pid, Err: ErrKernelThread, Detail: stat.Comm}
	}
	tasks, err := threadsOf(pid)
	if err != nil {
		return p, err
	}
	r.details, p.State = details{leader, pid}, image.Running
	switch stat.State {
	case 'Z', 'X':
		live, ok, err := firstLive(tasks)
		if err != nil {
			return p, err
		}
		if r.details.task = live; !ok {
			p.State = image.Zombie
			tasks = nil
		}
	case 'T':
		p.State = image.Stopped
	}
	p.Name, p.Started = image.Text(stat.Comm), stat.Start
	levels, err := r.levels(pid, tasks)
	if err != nil {
		return p, err
	}
	p.IDs, p.Inner = levels[0], levels[1:]
	if len(p.Inner) == 0 {
		p.Inner = nil
	}
	return p, nil
}

// firstLive finds a thread that has not ended, in a process whose first thread
// has.
func firstLive(tasks []task) (task, bool, error) {
	for _, t := range tasks {
		stat, err := t.stat()
		switch {
		case gone(err):
		case err != nil:
			return t, false, err
		case stat.State != 'Z' && stat.State != 'X':
			return t, true, nil
		}
	}
	return task{}, false, nil
}

// levels reads the ids of a process in each pid namespace that it is in.
func (r *reader) levels(pid int, tasks []task) ([]image.IDs, error) {
	s, err := readStatus(pid, pid)
	if err != nil {
		return nil, err
	}
	if err := r.checkTracer(pid, s); err != nil {
		return nil, err
	}
	var columns [3][]int32 // pid, pgid, sid
	for i, field := range []string{"NSpid", "NSpgid", "NSsid"} {
		if columns[i], err = s.ids(field); err != nil {
			return nil, err
		}
	}
	above, err := parents(s)
	if err != nil {
		return nil, err
	}
	levels := make([]image.IDs, len(columns[0]))
	for i := range levels {
		levels[i] = image.IDs{PID: pidspace.VTGID(at(columns[0], i)), PPID: pidspace.VTGID(at(above, i)),
			PGID: pidspace.VPGID(at(columns[1], i)), SID: pidspace.VSID(at(columns[2], i))}
	}
	return levels, threads(pid, tasks, levels)
}

// at returns an id at a level, 0 if it has none there.
func at(ids []int32, level int) int32 {
	if level < len(ids) {
		return ids[level]
	}
	return 0
}

// parents reads the id of the parent in each pid namespace that it is in. Of
// one that is hidden or gone only the reader's id is known; if it is gone, the
// next reading will have another.
func parents(s status) ([]int32, error) {
	parent, err := s.ids("PPid")
	if err != nil || parent[0] == 0 {
		return nil, err
	}
	ps, err := readStatus(int(parent[0]), int(parent[0]))
	switch {
	case forbidden(err), gone(err):
		return parent, nil
	case err != nil:
		return nil, err
	}
	return ps.ids("NSpid")
}

// threads adds the other threads of a process to its levels, in the order of
// the task directory, which is that of their birth.
func threads(pid int, tasks []task, levels []image.IDs) error {
	for _, t := range tasks {
		if t.id == pid {
			continue
		}
		ids := []int32{int32(t.id)}
		if len(levels) > 1 {
			s, err := readStatus(pid, t.id)
			if err != nil {
				return err
			}
			if ids, err = s.ids("NSpid"); err != nil {
				return err
			}
		}
		for i := range levels {
			levels[i].Threads = append(levels[i].Threads, pidspace.VTID(at(ids, i)))
		}
	}
	return nil
}

// details reads the rest of what is known of a process from one of its
// threads.
type details struct {
	task
	pid int
}

// all reads everything.
func (d details) all(p *image.Process, env bool) error {
	stat, err := d.stat()
	if err != nil {
		return err
	}
	p.Scheduling = &image.Scheduling{Policy: image.Policy(stat.Policy), Priority: stat.RTPriority, Nice: stat.Nice}
	if _, err := p.Scheduling.Policy.MarshalText(); err != nil {
		p.Scheduling = nil // newer than this package
	}
	p.Terminal = terminal(stat.TTY)
	s, err := readStatus(d.pid, d.id)
	if err != nil {
		return err
	}
	if p.Credentials, err = s.credentials(); err != nil {
		return err
	}
	if p.Umask, err = s.umask(); err != nil {
		return err
	}
	text, err := readText(d.pid, d.id, "limits")
	if err != nil {
		return err
	}
	if p.Limits, err = parseLimits(text); err != nil {
		return err
	}
	if p.Args, err = d.strings("cmdline"); err != nil {
		return err
	}
	return d.guarded(p, env)
}

// guarded reads what takes permission.
func (d details) guarded(p *image.Process, env bool) error {
	read := func(m image.Member, get func() error) error {
		err := get()
		if forbidden(err) {
			p.Unread = append(p.Unread, m)
			return nil
		}
		return err
	}
	link := func(to *image.Text, name string) func() error {
		return func() error {
			s, err := d.link(name)
			*to = image.Text(s)
			return err
		}
	}
	err := errors.Join(
		read(image.MemberExe, link(&p.Exe, "exe")),
		read(image.MemberCwd, link(&p.Cwd, "cwd")),
		read(image.MemberRoot, link(&p.Root, "root")),
		read(image.MemberPIDNamespace, func() error {
			var err error
			p.PIDNamespace, err = d.pidNamespace()
			return err
		}))
	if err != nil || !env {
		return err
	}
	return read(image.MemberEnv, func() (err error) {
		p.Env, err = d.strings("environ")
		return err
	})
}

// terminal takes a device number of stat apart (new_encode_dev in
// include/linux/kdev_t.h); nil for none.
func terminal(dev int) *image.Terminal {
	if dev == 0 {
		return nil
	}
	n := uint32(dev)
	return &image.Terminal{Major: n >> 8 & 0xfff, Minor: n&0xff | n>>12&0xfff00}
}

// strings reads a file of strings that end with a zero byte.
func (d details) strings(name string) ([]image.Text, error) {
	text, err := readText(d.pid, d.id, name)
	if err != nil {
		return nil, err
	}
	if len(text) > maxStrings {
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxStrings)
	}
	list := []image.Text{}
	for s := range strings.SplitAfterSeq(text, "\x00") {
		if s != "" {
			list = append(list, image.Text(strings.TrimSuffix(s, "\x00")))
		}
	}
	return list, nil
}

// readStatus reads the status of a thread of a process.
func readStatus(pid, tid int) (status, error) {
	text, err := readText(pid, tid, "status")
	if err != nil {
		return nil, err
	}
	return parseStatus(text), nil
}

// readText reads a file of a thread, but not much more than maxStrings.
func readText(pid, tid int, name string) (string, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/task/%d/%s", pid, tid, name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxStrings+1))
	return string(b), err
}
