// Package runs lets a user find the programs that run under pidsim.
//
// A supervisor that wants to be found calls [Announce] and is asked for a
// description whenever somebody calls [List]. They meet at unix sockets, one a
// run, in a directory that only the user can enter: "pidsim" in the user's
// runtime directory ($XDG_RUNTIME_DIR, else /run/user/UID), or else
// ".pidsim-UID" in the directory for temporary files. A directory that belongs
// to somebody else, or that others may write to, is not used.
//
// Promised: both sides deal only with their own user. A peer that sends
// nonsense, too much or nothing costs the other side a bounded time and
// memory. The socket of a supervisor that was killed is removed by the next
// List. Announcing takes no time from the caller.
//
// Not promised: that List sees a run whose supervisor has another runtime
// directory, or has just begun.
package runs
