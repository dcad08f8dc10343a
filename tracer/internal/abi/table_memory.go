package abi

// memoryCalls map memory.
func memoryCalls() table {
	return table{
		{"mmap", 9, 90, pass},
		{"mprotect", 10, 125, pass},
		{"munmap", 11, 91, pass},
		{"brk", 12, 45, pass},
		{"mremap", 25, 163, pass},
		{"msync", 26, 144, pass},
		{"mincore", 27, 218, pass},
		{"madvise", 28, 219, pass},
		{"mlock", 149, 150, pass},
		{"munlock", 150, 151, pass},
		{"mlockall", 151, 152, pass},
		{"munlockall", 152, 153, pass},
		{"remap_file_pages", 216, 257, pass},
		{"mlock2", 325, 376, pass},
		{"pkey_mprotect", 329, 380, pass},
		{"pkey_alloc", 330, 381, pass},
		{"pkey_free", 331, 382, pass},
		{"map_shadow_stack", 453, 453, pass},
		{"mseal", 462, 462, pass},
		{"mmap2", no, 192, pass},
	}
}
