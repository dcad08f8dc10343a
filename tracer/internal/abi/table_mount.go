package abi

// mountCalls change what paths mean.
func mountCalls() table {
	return table{
		{"uselib", 134, 86, paths(at(0))},
		{"ustat", 136, 62, pass},
		{"sysfs", 139, 135, pass},
		{"pivot_root", 155, 217, paths(at(0), at(1))},
		{"mount", 165, 21, paths(at(0), at(1)).
			partial("a file system mounted from a new instance of proc, and paths in mount options, use real ids")},
		{"umount2", 166, 52, paths(at(0))},
		{"swapon", 167, 87, paths(at(0))},
		{"swapoff", 168, 115, paths(at(0))},
		{"quotactl", 179, 131, paths(at(1))},
		{"open_tree", 428, 428, paths(atDir(0, 1))},
		{"move_mount", 429, 429, paths(atDir(0, 1), atDir(2, 3))},
		{"fsopen", 430, 430, pass},
		{"fsconfig", 431, 431, paths(atDir(4, 3))},
		{"fsmount", 432, 432, pass},
		{"fspick", 433, 433, paths(atDir(0, 1))},
		{"mount_setattr", 442, 442, paths(atDir(0, 1))},
		{"quotactl_fd", 443, 443, pass},
		{"statmount", 457, 457, pass},
		{"listmount", 458, 458, pass},
		{"open_tree_attr", 467, 467, paths(atDir(0, 1))},
		{"listns", 470, 470, pass},
		{"umount", no, 22, paths(at(0))},
	}
}
