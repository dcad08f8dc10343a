// Package checkpoint reads the identity of live processes: the ids, the place
// in the tree, the credentials and the limits that package image describes.
//
// Identity is all it reads. Memory, files and sockets are the business of other
// tools.
//
// # What is promised
//
// What Read returns was true of all processes at once. It reads the tree again
// until two readings agree, or, with Freeze, while every thread of the tree is
// stopped. A process that keeps changing is an error, not a guess.
//
// Nothing about the processes is changed. Without Freeze they are only looked
// at, through /proc. With it they are stopped with PTRACE_SEIZE and
// PTRACE_INTERRUPT rather than SIGSTOP: their parents and shells do not hear
// of it, no signal is lost, and they go on by themselves when this process
// dies. But the few system calls that a stop makes fail with EINTR, listed in
// signal(7), do so, and the processes cannot be traced by somebody else.
//
// # What is not promised
//
// A process in a nested pid namespace is seen from outside; it and its image
// have the ids of both. What the reader has no permission for is an error for
// the process that was asked for, and is marked in the image for those that
// descend from it.
//
// Ids are those of the pid namespace that the mounted /proc belongs to. For a
// program that runs under pidsim this is the wrong one, unless the reader runs
// under the same pidsim: such a program is refused.
package checkpoint
