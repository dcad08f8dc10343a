package criu

import (
	"github.com/checkpoint-restore/go-criu/v7/crit/images/creds"
	criu_core "github.com/checkpoint-restore/go-criu/v7/crit/images/criu-core"

	"github.com/pidsim/pidsim/pidspace/image"
)

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
func describe(p *image.Process, core *criu_core.CoreEntry) {
	p.Name = image.Text(core.Tc.GetComm())
	for r, l := range core.Tc.GetRlimits().GetRlimits() {
		if image.Resource(r) < image.Resources {
			p.Limits = append(p.Limits, image.Limit{Resource: image.Resource(r), Soft: image.Bound(l.GetCur()), Hard: image.Bound(l.GetMax())})
		}
	}
	t := core.ThreadCore
	if t == nil {
		return
	}
	if t.SchedPolicy != nil && t.SchedNice != nil {
		p.Scheduling = &image.Scheduling{Policy: image.Policy(t.GetSchedPolicy()), Priority: int(t.GetSchedPrio()), Nice: int(t.GetSchedNice())}
	}
	if t.Creds != nil {
		p.Credentials = credentials(t.Creds)
	}
}

// credentials translates the credentials of a thread.
func credentials(c *creds.CredsEntry) *image.Credentials {
	return &image.Credentials{
		UID:    image.UserIDs{Real: c.GetUid(), Effective: c.GetEuid(), Saved: c.GetSuid(), Filesystem: c.GetFsuid()},
		GID:    image.UserIDs{Real: c.GetGid(), Effective: c.GetEgid(), Saved: c.GetSgid(), Filesystem: c.GetFsgid()},
		Groups: c.GetGroups(),
		Capabilities: image.Capabilities{Inheritable: capSet(c.GetCapInh()), Permitted: capSet(c.GetCapPrm()),
			Effective: capSet(c.GetCapEff()), Bounding: capSet(c.GetCapBnd())},
	}
}

// capSet puts the words of a capability set together, the lowest first.
func capSet(words []uint32) (s image.CapSet) {
	for i, w := range words[:min(2, len(words))] {
		s |= image.CapSet(w) << (32 * i)
	}
	return s
}
