package abi

// The types of syslog(2) that read the kernel's messages.
const (
	SYSLOG_ACTION_READ       = 2
	SYSLOG_ACTION_READ_ALL   = 3
	SYSLOG_ACTION_READ_CLEAR = 4
)

// systemCalls ask about, or change, the machine.
func systemCalls() table {
	return table{
		{"uname", 63, 122, pass},
		{"sysinfo", 99, 116, pass},
		{"syslog", 103, 103, pass.unsupported("the kernel's messages name processes by their real ids").
			leak(eq(0, SYSLOG_ACTION_READ, SYSLOG_ACTION_READ_ALL, SYSLOG_ACTION_READ_CLEAR))},
		{"vhangup", 153, 111, pass},
		{"_sysctl", 156, 149, pass},
		{"reboot", 169, 88, observe(Reboot)},
		{"sethostname", 170, 74, pass},
		{"setdomainname", 171, 121, pass},
		{"create_module", 174, 127, pass},
		{"init_module", 175, 128, pass},
		{"delete_module", 176, 129, pass},
		{"get_kernel_syms", 177, 130, pass},
		{"query_module", 178, 167, pass},
		{"nfsservctl", 180, 169, pass},
		{"getpmsg", 181, 188, pass},
		{"putpmsg", 182, 189, pass},
		{"afs_syscall", 183, 137, pass},
		{"tuxcall", 184, no, pass},
		{"security", 185, no, pass},
		{"vserver", 236, 273, pass},
		{"kexec_load", 246, 283, pass},
		{"finit_module", 313, 350, pass},
		{"getrandom", 318, 355, pass},
		{"kexec_file_load", 320, no, pass},
	}
}
