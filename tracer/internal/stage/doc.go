// Package stage makes the process in which a tree starts.
//
// The program has to be traced and filtered before its first instruction, and
// the code between fork and exec cannot be Go. So the supervisor starts a
// program of nine bytes of code that only sleeps, seizes it, and then makes
// the system calls of the set-up (no_new_privs, the filter, the exec) inside
// it by ptrace. Everything else that a program inherits (files, working
// directory, signal mask, group, session) is what syscall.ForkExec passes on.
//
// Promised: if the supervisor dies at any moment, no process is left. Before
// the seize the parent-death signal sees to it, after it PTRACE_O_EXITKILL.
// The functions must be called from one locked thread, which becomes the
// tracer.
package stage
