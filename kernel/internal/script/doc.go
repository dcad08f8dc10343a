// Package script makes programs that consist of system calls.
//
// A process that is to get a chosen id has to be made by a system call that
// package syscall does not offer, and between that call and the exec of the
// user's program there must be no Go code: a forked Go runtime has lost its
// threads. So these steps are written down as a table, and a small static
// executable carries the table out: 76 bytes of code that make one system call
// after the other and, by its result, choose the next. The executable lives in
// memory (memfd_create(2)) and is started by syscall.ForkExec, which passes on
// files, directory, signals, group and session.
//
// Promised: the program does nothing that is not in the table; it has no
// handlers, no threads and no library. Not promised: that the table makes
// sense. A step without a successor is a mistake that [Script.Open] reports.
package script
