// Package tracer runs an unmodified program so that it is the process with a
// chosen id, on any Linux machine and without privilege.
//
// A [Cmd] is shaped like [os/exec.Cmd]:
//
//	cmd := tracer.Command(4242, "sh", "-c", "echo $$")
//	out, err := cmd.Output() // "4242\n"
//
// The program and everything that it starts run under a supervisor in this
// process, which uses ptrace(2) and seccomp(2) to translate process, thread,
// group and session ids wherever they cross the kernel boundary. The numbers
// themselves are decided by package pidspace.
//
// Promised: no process of the tree outlives the supervisor; no process of the
// tree runs an instruction before its ids are settled; a program that is not
// hostile sees one consistent set of ids on every surface that
// `pidsim syscalls` lists as full.
//
// Not promised: this is a simulator, not a sandbox. Other processes of the
// machine see the real ids. The supervisor cannot attach to a program that is
// already running.
package tracer
