package cred

import "golang.org/x/sys/unix"

// filesystemSet are the capabilities that go with the user id for file systems
// (CAP_FS_SET in the kernel).
const filesystemSet Set = 1<<unix.CAP_CHOWN | 1<<unix.CAP_MKNOD | 1<<unix.CAP_DAC_OVERRIDE |
	1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID |
	1<<unix.CAP_LINUX_IMMUTABLE | 1<<unix.CAP_MAC_OVERRIDE

// fixUsers does to the capabilities what a change of user entails
// (cap_emulate_setxuid in the kernel).
func (c *Cred) fixUsers(old IDs) {
	if c.Secure&secureNoSetuidFixup != 0 {
		return
	}
	was := oneOf(0, old.Real, old.Effective, old.Saved)
	if was && !oneOf(0, c.UID.Real, c.UID.Effective, c.UID.Saved) {
		if c.Secure&secureKeepCaps == 0 {
			c.Permitted, c.Effective = 0, 0
		}
		c.Ambient = 0
	}
	switch {
	case old.Effective == 0 && c.UID.Effective != 0:
		c.Effective = 0
	case old.Effective != 0 && c.UID.Effective == 0:
		c.Effective = c.Permitted
	}
}

// Capset is capset(2).
func (c *Cred) Capset(effective, permitted, inheritable Set) unix.Errno {
	effective, permitted, inheritable = effective&c.Known, permitted&c.Known, inheritable&c.Known
	switch {
	case !c.Effective.Has(unix.CAP_SETPCAP) && !inheritable.within(c.Inheritable|c.Permitted),
		!inheritable.within(c.Inheritable | c.Bounding),
		!permitted.within(c.Permitted),
		!effective.within(permitted):
		return unix.EPERM
	}
	c.Effective, c.Permitted, c.Inheritable = effective, permitted, inheritable
	c.Ambient &= permitted & inheritable
	return 0
}

// known tells whether the kernel has a capability.
func (c *Cred) known(capability uint64) bool { return capability < 64 && c.Known.Has(int(capability)) }

// Prctl is prctl(2). Its result is a
// value or a negative errno.
func (c *Cred) Prctl(args [5]uint64) int64 {
	arg := args[1]
	switch int32(args[0]) {
	case unix.PR_CAPBSET_READ:
		if !c.known(arg) {
			return fail(unix.EINVAL)
		}
		return boolean(c.Bounding.Has(int(arg)))
	case unix.PR_CAPBSET_DROP:
		switch {
		case !c.Effective.Has(unix.CAP_SETPCAP):
			return fail(unix.EPERM)
		case !c.known(arg):
			return fail(unix.EINVAL)
		}
		c.Bounding &^= 1 << arg
		return 0
	case unix.PR_GET_SECUREBITS:
		return int64(c.Secure)
	case unix.PR_SET_SECUREBITS:
		return c.setSecure(arg)
	case unix.PR_GET_KEEPCAPS:
		return boolean(c.Secure&secureKeepCaps != 0)
	case unix.PR_SET_KEEPCAPS:
		return c.setKeep(arg)
	case unix.PR_CAP_AMBIENT:
		return c.ambient(args)
	}
	return fail(unix.EINVAL)
}

// setSecure changes the secure bits: none that is locked, no lock is undone.
func (c *Cred) setSecure(bits uint64) int64 {
	locks := uint64(c.Secure & secureLocks)
	switch {
	case locks>>1&(uint64(c.Secure)^bits) != 0, locks&^bits != 0, bits&^(secureAll|secureLocks) != 0,
		!c.Effective.Has(unix.CAP_SETPCAP):
		return fail(unix.EPERM)
	}
	c.Secure = uint32(bits)
	return 0
}

// setKeep has a change of user leave the permitted set alone, or not.
func (c *Cred) setKeep(on uint64) int64 {
	switch {
	case on > 1:
		return fail(unix.EINVAL)
	case c.Secure&secureKeepCapsLocked != 0:
		return fail(unix.EPERM)
	}
	c.Secure = c.Secure&^secureKeepCaps | uint32(on)*secureKeepCaps
	return 0
}

// ambient is PR_CAP_AMBIENT.
func (c *Cred) ambient(args [5]uint64) int64 {
	op, capability, rest := args[1], args[2], args[3]|args[4]
	if op == unix.PR_CAP_AMBIENT_CLEAR_ALL {
		if capability|rest != 0 {
			return fail(unix.EINVAL)
		}
		c.Ambient = 0
		return 0
	}
	if !c.known(capability) || rest != 0 {
		return fail(unix.EINVAL)
	}
	switch op {
	case unix.PR_CAP_AMBIENT_IS_SET:
		return boolean(c.Ambient.Has(int(capability)))
	case unix.PR_CAP_AMBIENT_RAISE:
		if !(c.Permitted & c.Inheritable).Has(int(capability)) || c.Secure&secureNoAmbientRaise != 0 {
			return fail(unix.EPERM)
		}
		c.Ambient |= 1 << capability
		return 0
	case unix.PR_CAP_AMBIENT_LOWER:
		c.Ambient &^= 1 << capability
		return 0
	}
	return fail(unix.EINVAL)
}

// Exec is what the execution of a file does that gives no rights by itself
// (cap_bprm_creds_from_file in the kernel).
func (c *Cred) Exec() {
	var permitted Set
	if c.Secure&secureNoroot == 0 && oneOf(0, c.UID.Real, c.UID.Effective) {
		permitted = c.Bounding | c.Inheritable
	}
	c.Permitted = permitted | c.Ambient
	c.Effective = c.Ambient
	if c.Secure&secureNoroot == 0 && c.UID.Effective == 0 {
		c.Effective = c.Permitted
	}
	c.UID.Saved, c.UID.Filesystem = c.UID.Effective, c.UID.Effective
	c.GID.Saved, c.GID.Filesystem = c.GID.Effective, c.GID.Effective
	c.Secure &^= secureKeepCaps
}

// InSecureMode tells whether a program that begins with c is to distrust its
// environment (getauxval(3), AT_SECURE).
func (c *Cred) InSecureMode() bool {
	return c.UID.Real != c.UID.Effective || c.GID.Real != c.GID.Effective
}

func fail(errno unix.Errno) int64 { return -int64(errno) }

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
