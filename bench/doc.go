// Package bench measures what it costs to run a program under a chosen process
// id, by every mechanism of pidsim and by other programs that stand between a
// program and the kernel, and compares the times with those of the same work
// without any of them.
//
// [Lab] makes the measurements and [Result] has them. The work of a [Row] is
// done natively and then under each [Mechanism], again and again in rounds, so
// that a machine that slows down slows down all of them; a ratio is between
// neighbours in a round. Small operations are timed inside the measured
// process. Everything is done twice: with all processes on one CPU, where a
// change from program to supervisor costs least and always the same, and on
// any CPU, as people run programs.
//
// What is measured is a program that this package makes out of the machine code
// of probe_amd64.s, as a static executable of two kilobytes in a temporary
// directory. pidsim executed again in a hidden mode would not do: the memory
// and the threads of a Go program are a part of what a fork or an exec costs. A
// program in C would need a compiler on the machine of each user. So the probe
// makes the system calls that the C library would make, and has as much memory
// as a small program in C. What only a C library can show, such as a library
// that is loaded before it, is not measured by it.
//
// Promised: a measurement that cannot be made says why, and the others are made.
// Every run has a limit. At the end of a run, and also when a context cuts it
// short, no process of it and no file is left. To find processes that have lost
// their parents a Lab makes this process adopt them (PR_SET_CHILD_SUBREAPER), so
// it must not start others meanwhile. A result that comes from a file is
// checked before it is believed.
//
// Not promised: an end of everything when this process is killed by SIGKILL.
// Then the program that it runs is killed too, but what that has started and
// the directory are left. Nor that two machines, or two kernels, can be compared
// by anything but the ratios; and those of short operations depend on the
// processor too.
package bench
