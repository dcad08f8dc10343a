// Package cred is a model of the credentials of a task (credentials(7),
// capabilities(7)): users, groups, capability sets and secure bits, and what
// the system calls that change them do, errors included, in the initial user
// namespace.
//
// It follows the kernel's kernel/sys.c, kernel/groups.c and
// security/commoncap.c, as of Linux 6.18, and a test holds it against the
// kernel that the test runs on. It makes no system calls.
//
// What it leaves out: a limit on processes that a change of user meets
// (RLIMIT_NPROC), files that give users, groups or capabilities when they are
// executed, and security modules.
package cred
