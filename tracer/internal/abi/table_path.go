package abi

const openNote = "some files outside of /proc, and a few in it, show real ids: see the list of files"

// pathCalls name files. Each stops, because only memory tells whether the name
// leads into /proc. The text of a new symbolic link is no path until somebody
// follows it, and stays as it is.
func pathCalls() table {
	return table{
		{"open", 2, 5, paths(at(0)).by(Open).partial(openNote)},
		{"stat", 4, 106, paths(at(0))},
		{"lstat", 6, 107, paths(at(0))},
		{"access", 21, 33, paths(at(0))},
		{"truncate", 76, 92, paths(at(0))},
		{"chdir", 80, 12, paths(at(0))},
		{"rename", 82, 38, paths(at(0), at(1))},
		{"mkdir", 83, 39, paths(at(0))},
		{"rmdir", 84, 40, paths(at(0))},
		{"creat", 85, 8, paths(at(0)).by(Open)},
		{"link", 86, 9, paths(at(0), at(1))},
		{"unlink", 87, 10, paths(at(0))},
		{"symlink", 88, 83, paths(at(1))},
		{"readlink", 89, 85, paths(at(0)).by(Readlink)},
		{"chmod", 90, 15, paths(at(0))},
		{"chown", 92, 182, paths(at(0))},
		{"lchown", 94, 16, paths(at(0))},
		{"utime", 132, 30, paths(at(0))},
		{"mknod", 133, 14, paths(at(0))},
		{"statfs", 137, 99, paths(at(0))},
		{"chroot", 161, 61, paths(at(0))},
		{"setxattr", 188, 226, paths(at(0))},
		{"lsetxattr", 189, 227, paths(at(0))},
		{"getxattr", 191, 229, paths(at(0))},
		{"lgetxattr", 192, 230, paths(at(0))},
		{"listxattr", 194, 232, paths(at(0))},
		{"llistxattr", 195, 233, paths(at(0))},
		{"removexattr", 197, 235, paths(at(0))},
		{"lremovexattr", 198, 236, paths(at(0))},
		{"utimes", 235, 271, paths(at(0))},
		{"inotify_add_watch", 254, 292, paths(at(1))},
		{"openat", 257, 295, paths(atDir(0, 1)).by(Open).partial(openNote)},
		{"mkdirat", 258, 296, paths(atDir(0, 1))},
		{"mknodat", 259, 297, paths(atDir(0, 1))},
		{"fchownat", 260, 298, paths(atDir(0, 1))},
		{"futimesat", 261, 299, paths(atDir(0, 1))},
		{"newfstatat", 262, no, paths(atDir(0, 1)).pathsWhen(notOpenFile(3))},
		{"unlinkat", 263, 301, paths(atDir(0, 1))},
		{"renameat", 264, 302, paths(atDir(0, 1), atDir(2, 3))},
		{"linkat", 265, 303, paths(atDir(0, 1), atDir(2, 3))},
		{"symlinkat", 266, 304, paths(atDir(1, 2))},
		{"readlinkat", 267, 305, paths(atDir(0, 1)).by(Readlink)},
		{"fchmodat", 268, 306, paths(atDir(0, 1))},
		{"faccessat", 269, 307, paths(atDir(0, 1))},
		{"utimensat", 280, 320, paths(atDir(0, 1))},
		{"fanotify_mark", 301, no, paths(atDir(3, 4))},
		{"name_to_handle_at", 303, 341, paths(atDir(0, 1))},
		{"renameat2", 316, 353, paths(atDir(0, 1), atDir(2, 3))},
		{"statx", 332, 383, paths(atDir(0, 1)).pathsWhen(notOpenFile(2))},
		{"openat2", 437, 437, paths(atDir(0, 1)).by(Open).partial(openNote)},
		{"faccessat2", 439, 439, paths(atDir(0, 1))},
		{"fchmodat2", 452, 452, paths(atDir(0, 1))},
		{"setxattrat", 463, 463, paths(atDir(0, 1))},
		{"getxattrat", 464, 464, paths(atDir(0, 1))},
		{"listxattrat", 465, 465, paths(atDir(0, 1))},
		{"removexattrat", 466, 466, paths(atDir(0, 1))},
		{"file_getattr", 468, 468, paths(atDir(0, 1))},
		{"file_setattr", 469, 469, paths(atDir(0, 1))},
		{"oldstat", no, 18, paths(at(0))},
		{"oldlstat", no, 84, paths(at(0))},
		{"truncate64", no, 193, paths(at(0))},
		{"stat64", no, 195, paths(at(0))},
		{"lstat64", no, 196, paths(at(0))},
		{"lchown32", no, 198, paths(at(0))},
		{"chown32", no, 212, paths(at(0))},
		{"statfs64", no, 268, paths(at(0))},
		{"fstatat64", no, 300, paths(atDir(0, 1)).pathsWhen(notOpenFile(3))},
		{"utimensat_time64", no, 412, paths(atDir(0, 1))},
	}
}

// notOpenFile leaves out calls that are fstat(2) in another form, as the C
// libraries make them: an open file, and the flag for an empty path in argument
// flags. A path that is not empty all the same is looked up untranslated.
func notOpenFile(flags int) Cond {
	const atEmptyPath = 0x1000
	return anyOf(bits(0, 1<<31), noBits(flags, atEmptyPath))
}
