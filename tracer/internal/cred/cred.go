package cred

import (
	"slices"

	"golang.org/x/sys/unix"
)

// IDs are the user ids or the group ids of a task.
type IDs struct{ Real, Effective, Saved, Filesystem uint32 }

// Set is a set of capabilities, bit n being capability n.
type Set uint64

// Has tells whether a capability is in the set.
func (s Set) Has(capability int) bool { return s&(1<<capability) != 0 }

// within tells whether every member of s is one of t.
func (s Set) within(t Set) bool { return s&^t == 0 }

// Cred are the credentials of a task.
type Cred struct {
	UID, GID IDs
	// Groups are the supplementary groups, sorted. A slice is never changed
	// once it is here, so that copies may share it.
	Groups []uint32

	Inheritable, Permitted, Effective, Bounding, Ambient Set
	// Known are the capabilities that the kernel has.
	Known Set
	// Secure are the secure bits (linux/securebits.h).
	Secure uint32
}

// The secure bits. The bit after each locks it.
const (
	secureNoroot         = 1 << 0
	secureNoSetuidFixup  = 1 << 2
	secureKeepCaps       = 1 << 4
	secureKeepCapsLocked = 1 << 5
	secureNoAmbientRaise = 1 << 6

	secureAll   = 0x55
	secureLocks = secureAll << 1
)

// unchanged as an id leaves it as it is.
const unchanged = ^uint32(0)

// maxGroups is NGROUPS_MAX.
const maxGroups = 65536

// oneOf tells whether id is any of ids.
func oneOf(id uint32, ids ...uint32) bool { return slices.Contains(ids, id) }

// SetUID is setuid(2).
func (c *Cred) SetUID(uid uint32) unix.Errno {
	old := c.UID
	switch {
	case uid == unchanged:
		return unix.EINVAL
	case c.Effective.Has(unix.CAP_SETUID):
		c.UID.Real, c.UID.Saved = uid, uid
	case !oneOf(uid, old.Real, old.Saved):
		return unix.EPERM
	}
	c.UID.Effective, c.UID.Filesystem = uid, uid
	c.fixUsers(old)
	return 0
}

// SetGID is setgid(2).
func (c *Cred) SetGID(gid uint32) unix.Errno {
	switch {
	case gid == unchanged:
		return unix.EINVAL
	case c.Effective.Has(unix.CAP_SETGID):
		c.GID.Real, c.GID.Saved = gid, gid
	case !oneOf(gid, c.GID.Real, c.GID.Saved):
		return unix.EPERM
	}
	c.GID.Effective, c.GID.Filesystem = gid, gid
	return 0
}

// SetREUID is setreuid(2).
func (c *Cred) SetREUID(real, effective uint32) unix.Errno {
	old := c.UID
	if errno := c.UID.setBoth(real, effective, c.Effective.Has(unix.CAP_SETUID)); errno != 0 {
		return errno
	}
	c.fixUsers(old)
	return 0
}

// SetREGID is setregid(2).
func (c *Cred) SetREGID(real, effective uint32) unix.Errno {
	return c.GID.setBoth(real, effective, c.Effective.Has(unix.CAP_SETGID))
}

// setBoth changes the real and the effective id.
func (i *IDs) setBoth(real, effective uint32, privileged bool) unix.Errno {
	if !privileged &&
		(real != unchanged && !oneOf(real, i.Real, i.Effective) ||
			effective != unchanged && !oneOf(effective, i.Real, i.Effective, i.Saved)) {
		return unix.EPERM
	}
	old := *i
	if real != unchanged {
		i.Real = real
	}
	if effective != unchanged {
		i.Effective = effective
	}
	if real != unchanged || effective != unchanged && effective != old.Real {
		i.Saved = i.Effective
	}
	i.Filesystem = i.Effective
	return 0
}

// SetRESUID is setresuid(2).
func (c *Cred) SetRESUID(real, effective, saved uint32) unix.Errno {
	old := c.UID
	if errno := c.UID.setThree(real, effective, saved, c.Effective.Has(unix.CAP_SETUID)); errno != 0 {
		return errno
	}
	c.fixUsers(old)
	return 0
}

// SetRESGID is setresgid(2).
func (c *Cred) SetRESGID(real, effective, saved uint32) unix.Errno {
	return c.GID.setThree(real, effective, saved, c.Effective.Has(unix.CAP_SETGID))
}

// setThree changes the real, the effective and the saved id.
func (i *IDs) setThree(real, effective, saved uint32, privileged bool) unix.Errno {
	if oneOf(real, unchanged, i.Real) && oneOf(saved, unchanged, i.Saved) &&
		(effective == unchanged || effective == i.Effective && effective == i.Filesystem) {
		return 0
	}
	for _, id := range []uint32{real, effective, saved} {
		if !privileged && !oneOf(id, unchanged, i.Real, i.Effective, i.Saved) {
			return unix.EPERM
		}
	}
	for _, f := range []struct {
		field *uint32
		id    uint32
	}{{&i.Real, real}, {&i.Effective, effective}, {&i.Saved, saved}} {
		if f.id != unchanged {
			*f.field = f.id
		}
	}
	i.Filesystem = i.Effective
	return 0
}

// SetFSUID is setfsuid(2); it returns the former id whatever becomes of it.
func (c *Cred) SetFSUID(uid uint32) uint32 {
	was := c.UID.Filesystem
	if !c.UID.setFilesystem(uid, c.Effective.Has(unix.CAP_SETUID)) || c.Secure&secureNoSetuidFixup != 0 {
		return was
	}
	switch {
	case was == 0 && uid != 0:
		c.Effective &^= filesystemSet
	case was != 0 && uid == 0:
		c.Effective |= c.Permitted & filesystemSet
	}
	return was
}

// SetFSGID is setfsgid(2).
func (c *Cred) SetFSGID(gid uint32) uint32 {
	was := c.GID.Filesystem
	c.GID.setFilesystem(gid, c.Effective.Has(unix.CAP_SETGID))
	return was
}

// setFilesystem changes the id for file systems, and tells whether it may.
func (i *IDs) setFilesystem(id uint32, privileged bool) bool {
	if id == unchanged || !privileged && !oneOf(id, i.Real, i.Effective, i.Saved, i.Filesystem) {
		return false
	}
	i.Filesystem = id
	return true
}

// MayClaim tells whether the task can send a message as from a user and a group
// (unix(7), SCM_CREDENTIALS).
func (c *Cred) MayClaim(uid, gid uint32) bool {
	return (oneOf(uid, c.UID.Real, c.UID.Effective, c.UID.Saved) || c.Effective.Has(unix.CAP_SETUID)) &&
		(oneOf(gid, c.GID.Real, c.GID.Effective, c.GID.Saved) || c.Effective.Has(unix.CAP_SETGID))
}

// MaySetGroups tells whether the task can change its supplementary groups to n
// others, as setgroups(2) does before it reads them.
func (c *Cred) MaySetGroups(n int32) unix.Errno {
	switch {
	case !c.Effective.Has(unix.CAP_SETGID):
		return unix.EPERM
	case uint32(n) > maxGroups:
		return unix.EINVAL
	}
	return 0
}

// SetGroups changes the supplementary groups.
func (c *Cred) SetGroups(groups []uint32) unix.Errno {
	if slices.Contains(groups, unchanged) {
		return unix.EINVAL
	}
	c.Groups = slices.Sorted(slices.Values(groups))
	return 0
}
