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
// Files of /proc whose text holds ids are replaced, when the tree opens them,
// by files in memory with the translated text. Every way to read them works,
// and a read from the beginning shows the present. Owner, permissions, flags,
// fstatfs and the links in /proc/PID/fd are those of the real file. What tells
// them apart: st_dev and st_ino, a size that is not zero, that they can be
// mapped into memory, an end of file in place of ESRCH when the process is
// gone, and that the text is that of the open or of the last rewind and not of
// each read. Text stays old in a process that was sent the descriptor and has
// opened no such file itself, for preadv2, and in a program that has given up
// the rights of root. A descriptor for reading and writing is the real file.
//
// Not promised: this is a simulator, not a sandbox. Other processes of the
// machine see the real ids. The supervisor cannot attach to a program that is
// already running.
package tracer
