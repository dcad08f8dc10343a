package conformance

import "path/filepath"

// program is one of the cases and how it is to be run.
type program struct {
	name string
	// about is what to look up: the semantic tests that it covers.
	about string
	// i386 says that it must also be right as a 32-bit program under pidsim;
	// natively every program is.
	i386 bool
	// env is added to the environment, native and simulated.
	env []string
	// flags are added to the command line of pidsim.
	flags []string
	// file is the case when it is not called as the program is.
	file string
	// spaces are those that it is for; nil means both.
	spaces []string
	// contained runs the program and pidsim in a pid namespace of their own,
	// which needs root.
	contained bool
	// pidMax is the pid_max of that namespace.
	pidMax string
	// root is the id to run it as, 0 for any.
	root int
}

// source is the name of the case.
func (p program) source() string {
	if p.file != "" {
		return p.file
	}
	return p.name
}

// path is the file of the case.
func (p program) path() string {
	if p.script() {
		return filepath.Join("cases", p.source())
	}
	return filepath.Join("cases", p.source()+".c")
}

// script says whether the case is a shell script.
func (p program) script() bool { return p.source() == "bash.sh" }

// programs are all cases but those that tests of their own run: exit_as and
// isolation.
var programs = []program{
	{name: "fork", about: "1", i386: true},
	{name: "ids", about: "2", i386: true},
	{name: "reparent", about: "3, 4", i386: true},
	{name: "wait", about: "5", i386: true},
	{name: "waitid", about: "6", i386: true},
	{name: "wait_restart", about: "7", i386: true},
	{name: "registers", about: "7", i386: true},
	{name: "kill", about: "8", i386: true},
	{name: "kill_all", about: "9", i386: true, contained: true, env: []string{"CHECK_CONTAINED=1"}},
	{name: "kill_group", about: "10", i386: true},
	{name: "siginfo", about: "11", i386: true},
	{name: "sigqueueinfo", about: "12", i386: true},
	{name: "sigwait", about: "13", i386: true},
	{name: "ignored", about: "signals that end no call", i386: true},
	{name: "cancel", about: "14", i386: true},
	{name: "setsid", about: "15", i386: true},
	{name: "setpgid", about: "16", i386: true},
	{name: "getpgid", about: "17", i386: true},
	{name: "tty", about: "18", i386: true},
	{name: "orphan_group", about: "19", i386: true},
	{name: "stopped", about: "20", i386: true},
	{name: "gettid", about: "21", i386: true},
	{name: "tgkill", about: "22", i386: true},
	{name: "mutex", about: "23", i386: true},
	{name: "mutex_pi", about: "23", i386: true},
	{name: "mutex_robust", about: "23", i386: true},
	{name: "exec_thread", about: "24", i386: true},
	{name: "reuse", about: "25", i386: true},
	{name: "reuse_wrap", about: "25", file: "reuse", contained: true, pidMax: "1000", root: 900, spaces: []string{private},
		flags: []string{"--pid-max", "1000"}, env: []string{"CHECK_PID_MAX=1000"}},
	{name: "pidfd", about: "26", i386: true},
	{name: "peercred", about: "27", i386: true},
	{name: "socket_path", about: "27", i386: true},
	{name: "credentials", about: "28", i386: true},
	{name: "passed_threads", about: "28", file: "credentials", env: []string{"CHECK_PASSED=1"}},
	{name: "passed_no_leader", about: "28", file: "credentials", env: []string{"CHECK_PASSED=2"}},
	{name: "netlink", about: "ports and devices", i386: true},
	{name: "taskstats", about: "netlink", i386: true},
	{name: "proc_events", about: "netlink", i386: true},
	{name: "observe", about: "perf_event_open, bpf", i386: true},
	{name: "getlk", about: "29", i386: true},
	{name: "owner", about: "30", i386: true},
	{name: "sysvipc", about: "31", i386: true},
	{name: "proc_self", about: "32", i386: true},
	{name: "proc_stat", about: "33", i386: true},
	{name: "proc_list", about: "34, 35", i386: true},
	{name: "proc_sys", about: "37", i386: true},
	{name: "sched", about: "38", i386: true},
	{name: "cpu_clock", about: "39", i386: true},
	{name: "other_memory", about: "40", i386: true},
	{name: "capget", about: "41", i386: true},
	{name: "cgroup", about: "42", i386: true},
	{name: "seccomp", about: "43", i386: true},
	{name: "no_new_privs", about: "12", i386: true},
	{name: "ptrace", about: "44"},
	{name: "core", about: "45", i386: true},
	{name: "io_uring", about: "46"},
	{name: "int80", about: "47", i386: true},
	{name: "new_pid", about: "48"},
	{name: "notices", about: "reads that name processes", i386: true},
	{name: "stress_fork", about: "49"},
	{name: "stress_signal", about: "49"},
	{name: "stress_exec", about: "49"},
	{name: "stress_kill", about: "49"},
	{name: "daemon", about: "51", i386: true},
	{name: "bash", about: "52", file: "bash.sh"},
}

// allowance is a documented limit: the facts of a section of one program may
// be replaced by the line that the section is unsupported.
type allowance struct {
	program, section, why string
}

const emulatedPI = "the ptrace backend answers PI futex operations with ENOSYS, after which the C libraries do without"

var allowances = []allowance{
	{"mutex_pi", "raw pi", emulatedPI},
	{"mutex_pi", "pi", emulatedPI},
	{"ptrace", "ptrace", "a process has one tracer, and in the tree that is pidsim"},
	{"io_uring", "io_uring", "io_uring would open files and wait for children past every filter"},
	{"new_pid", "namespace", "a nested pid namespace would give the tree a second set of ids"},
}
