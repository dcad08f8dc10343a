package abi

// Commands of fcntl(2) that carry ids.
const (
	F_GETLK     = 5
	F_SETOWN    = 8
	F_GETOWN    = 9
	F_GETLK64   = 12
	F_SETOWN_EX = 15
	F_GETOWN_EX = 16
	F_OFD_GETLK = 36
)

// Requests of ioctl(2) that carry ids.
const (
	TIOCGPGRP = 0x540f
	TIOCSPGRP = 0x5410
	TIOCGSID  = 0x5429

	FIOSETOWN = 0x8901
	SIOCSPGRP = 0x8902
	FIOGETOWN = 0x8903
	SIOCGPGRP = 0x8904

	NS_GET_PID_FROM_PIDNS  = 0x8004b706
	NS_GET_TGID_FROM_PIDNS = 0x8004b707
	NS_GET_PID_IN_PIDNS    = 0x8004b708
	NS_GET_TGID_IN_PIDNS   = 0x8004b709

	SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100
	SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101

	// USERFAULTFD_IOC_NEW, of /dev/userfaultfd, is the call of that name.
	USERFAULTFD_IOC_NEW = 0xaa00

	// PIDFD_GET_INFO under pidfdInfoMask: the bits between hold the size
	// of struct pidfd_info, which grows.
	PIDFD_GET_INFO = 0xc000ff0b
	pidfdInfoMask  = 0xc000ffff
)

// deviceRequests are requests of device drivers that carry ids which are not
// translated.
func deviceRequests() Cond {
	return eq(1,
		0xc0286405, // DRM_IOCTL_GET_CLIENT
		0xc0481273, // BLKTRACESETUP
		0xc1105511, // SNDRV_CTL_IOCTL_ELEM_INFO
		0xc0bc5310, // SNDRV_SEQ_IOCTL_GET_CLIENT_INFO
		0xc0bc5351, // SNDRV_SEQ_IOCTL_QUERY_NEXT_CLIENT
		0xc0306201, // BINDER_WRITE_READ
		0x400c620e, // BINDER_FREEZE
		0xc00c620f, // BINDER_GET_FROZEN_INFO
	)
}

// readAtPosition as the low half of an offset makes preadv2(2) a readv.
const readAtPosition = 0xffffffff

// nsRequest holds for the requests that translate an id between the caller's
// pid namespace and that of a descriptor. Nothing in the tree is in another
// namespace, so that both numbers are virtual.
func nsRequest() Cond {
	return eq(1, NS_GET_PID_FROM_PIDNS, NS_GET_TGID_FROM_PIDNS,
		NS_GET_PID_IN_PIDNS, NS_GET_TGID_IN_PIDNS)
}

// fcntlRow is what fcntl has in common with i386's fcntl64.
func fcntlRow() Row {
	return translate(reg(2, Owner).when(eq(1, F_SETOWN))).
		with(FcntlGetown, eq(1, F_GETOWN)).
		with(FcntlOwnEx, eq(1, F_SETOWN_EX, F_GETOWN_EX))
}

// reread is the row of a call that can read a file from its beginning again.
func reread(fromStart ...Cond) Row {
	return translate().on(allOf(fromStart...)).by(Reread).lazily(LazyReread)
}

// writeID is the row of a call that writes.
func writeID() Row {
	return translate().always().by(WriteID).lazily(LazyIDWrite).partial(writeNote)
}

// fstatfsRow is what fstatfs has in common with i386's fstatfs64.
func fstatfsRow() Row {
	return translate().always().by(Fstatfs).lazily(LazyReread)
}

// Notes that several rows share.
const (
	writeNote   = "ids written to files of tracefs, resctrl and drivers are taken for real ones"
	ioUringNote = "io_uring would open files and wait for children past every filter; programs fall back to ordinary calls"
)

// fileCalls work on open descriptors.
func fileCalls() table {
	return table{
		{"write", 1, 4, writeID()},
		{"close", 3, 6, pass},
		{"fstat", 5, 108, pass},
		{"lseek", 8, 19, reread(eq(1, 0), eq(2, 0))},
		{"ioctl", 16, 54, translate(
			outmem(2, PGID, both(0)).when(eq(1, TIOCGPGRP)),
			inmem(2, PGID, both(0), both(4)).when(eq(1, TIOCSPGRP)),
			outmem(2, SID, both(0)).when(eq(1, TIOCGSID)),
			inmem(2, Owner, both(0), both(4)).when(eq(1, FIOSETOWN, SIOCSPGRP)),
			outmem(2, Owner, both(0)).when(eq(1, FIOGETOWN, SIOCGPGRP)),
			reg(2, TID).when(nsRequest()), result(TID).when(nsRequest()),
		).with(Notification, eq(1, SECCOMP_IOCTL_NOTIF_RECV)).
			with(RecordSource, eq(1, USERFAULTFD_IOC_NEW)).
			with(Response, eq(1, SECCOMP_IOCTL_NOTIF_SEND)).
			with(PidfdInfo, masked(1, pidfdInfoMask, PIDFD_GET_INFO)).
			partial("requests of device drivers that name processes (DRM, ALSA, blktrace, binder) use real ids").
			leak(deviceRequests())},
		{"pread64", 17, 180, reread(eq(3, 0))},
		{"pwrite64", 18, 181, writeID()},
		{"writev", 20, 146, writeID()},
		{"pipe", 22, 42, pass},
		{"dup", 32, 41, pass},
		{"dup2", 33, 63, pass},
		{"sendfile", 40, 187, pass},
		{"fcntl", 72, 55, fcntlRow().
			with(FcntlGetlk, eq(1, F_GETLK, F_OFD_GETLK))},
		{"flock", 73, 143, pass},
		{"fsync", 74, 118, pass},
		{"fdatasync", 75, 148, pass},
		{"ftruncate", 77, 93, pass},
		{"getdents", 78, 141, Row{Class: Translate}.always().by(Getdents)},
		{"getcwd", 79, 183, translate().always().by(Getcwd)},
		{"fchdir", 81, 133, pass},
		{"fchmod", 91, 94, pass},
		{"fchown", 93, 95, pass},
		{"umask", 95, 60, pass},
		{"fstatfs", 138, 100, fstatfsRow()},
		{"sync", 162, 36, pass},
		{"readahead", 187, 225, pass},
		{"fsetxattr", 190, 228, pass},
		{"fgetxattr", 193, 231, pass},
		{"flistxattr", 196, 234, pass},
		{"fremovexattr", 199, 237, pass},
		{"io_setup", 206, 245, pass},
		{"io_destroy", 207, 246, pass},
		{"io_getevents", 208, 247, pass},
		{"io_submit", 209, 248, pass.partial("a signalfd that is read this way shows real ids")},
		{"io_cancel", 210, 249, pass},
		{"getdents64", 217, 220, Row{Class: Translate}.always().by(Getdents)},
		{"fadvise64", 221, 250, pass},
		{"inotify_init", 253, 291, pass},
		{"inotify_rm_watch", 255, 293, pass},
		{"splice", 275, 313, pass},
		{"tee", 276, 315, pass},
		{"sync_file_range", 277, 314, pass},
		{"vmsplice", 278, 316, pass},
		{"fallocate", 285, 324, pass},
		{"dup3", 292, 330, pass},
		{"pipe2", 293, 331, pass},
		{"inotify_init1", 294, 332, pass},
		{"preadv", 295, 333, reread(eq(3, 0))},
		{"pwritev", 296, 334, writeID()},
		{"open_by_handle_at", 304, 342, pass},
		{"syncfs", 306, 344, pass},
		{"memfd_create", 319, 356, pass},
		{"copy_file_range", 326, 377, pass},
		{"pwritev2", 328, 379, writeID()},
		{"io_pgetevents", 333, 385, pass},
		{"close_range", 436, 436, pass},
		{"memfd_secret", 447, 447, pass},
		{"cachestat", 451, 451, pass},
		{"readdir", no, 89, Row{Class: Translate}.always().by(Getdents)},
		{"fcntl64", no, 221, fcntlRow().
			with(FcntlGetlk, eq(1, F_GETLK, F_GETLK64, F_OFD_GETLK))},
		{"io_pgetevents_time64", no, 416, pass},
	}
}
