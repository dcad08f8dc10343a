package abi

// pidfdCalls turn ids into descriptors and use them, or reach into another
// process.
func pidfdCalls() table {
	return table{
		{"process_vm_readv", 310, 347, translate(reg(0, TID))},
		{"process_vm_writev", 311, 348, translate(reg(0, TID))},
		{"kcmp", 312, 349, translate(reg(0, TID), reg(1, TID))},
		{"pidfd_open", 434, 434, translate(reg(0, TID))},
		{"pidfd_getfd", 438, 438, pass},
		{"process_madvise", 440, 440, pass},
		{"process_mrelease", 448, 448, pass},
	}
}
