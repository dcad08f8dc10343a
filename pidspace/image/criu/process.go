package criu

import "github.com/pidsim/pidsim/pidspace/image"

// Values of task_state in core images.
const (
	taskAlive   = 1
	taskDead    = 2
	taskStopped = 3
	taskZombie  = 6
)

// state translates a task state, to nothing if it is not known.
func state(n uint32) image.State {
	switch n {
	case taskAlive:
		return image.Running
	case taskStopped:
		return image.Stopped
	case taskDead, taskZombie:
		return image.Zombie
	}
	return ""
}

// describe takes over what the core image of the first thread says.
func describe(p *image.Process, core *coreEntry) {
	p.Name = image.Text(core.tc.comm)
	for r, l := range core.tc.rlimits.rlimits {
		if image.Resource(r) < image.Resources {
			p.Limits = append(p.Limits, image.Limit{Resource: image.Resource(r), Soft: image.Bound(l.cur), Hard: image.Bound(l.max)})
		}
	}
	t := core.threadCore
	if t == nil {
		return
	}
	if t.schedPolicy != nil && t.schedNice != nil {
		p.Scheduling = &image.Scheduling{Policy: image.Policy(*t.schedPolicy), Priority: int(t.schedPrio), Nice: int(*t.schedNice)}
	}
	if t.creds != nil {
		p.Credentials = credentials(t.creds)
	}
}

// credentials translates the credentials of a thread.
func credentials(c *credsEntry) *image.Credentials {
	return &image.Credentials{
		UID:    image.UserIDs{Real: c.uid, Effective: c.euid, Saved: c.suid, Filesystem: c.fsuid},
		GID:    image.UserIDs{Real: c.gid, Effective: c.egid, Saved: c.sgid, Filesystem: c.fsgid},
		Groups: c.groups,
		Capabilities: image.Capabilities{Inheritable: capSet(c.capInh), Permitted: capSet(c.capPrm),
			Effective: capSet(c.capEff), Bounding: capSet(c.capBnd)},
	}
}

// capSet puts the words of a capability set together, the lowest first.
func capSet(words []uint32) (s image.CapSet) {
	for i, w := range words[:min(2, len(words))] {
		s |= image.CapSet(w) << (32 * i)
	}
	return s
}
