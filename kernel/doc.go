// Package kernel has the kernel itself give a program a chosen process id.
//
// There are four ways, each a [Mechanism]: the system call setforkpid of a
// patched kernel or of the module beside this package, clone3 with set_tid,
// the file ns_last_pid, and new namespaces. A [Cmd] runs a program by one of
// them:
//
//	cmd := kernel.Command(kernel.SetTID, 4242, "sleep", "60")
//	err := cmd.Start()
//
// Promised: the program gets the id or it does not run at all. The id is
// compared, by the new process and by its parent, between the fork and the
// exec. A failed start leaves no process, and its error says why by type:
// [InUseError], [RangeError], [PermissionError], [AbsentError]. Between fork
// and exec there is no Go code; the program inherits what it would inherit
// from any parent, except that a new namespace shows.
//
// Not promised: that an id is still free when it is asked for. The kernel
// decides that, at the fork; whoever looks before is late.
//
// [Probe] tells which mechanisms work here, by making a process with each.
package kernel
