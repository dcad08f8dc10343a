/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * setforkpid(): choose the pid of the next process that this thread creates.
 *
 * The C library has no wrapper for it, so this is one. It works wherever the
 * system call does: on a patched kernel, with the module, and for a program
 * that runs under pidsim.
 */
#ifndef SETFORKPID_H
#define SETFORKPID_H

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef __NR_setforkpid
#if !defined(__x86_64__) && !defined(__i386__)
#error "setforkpid has a number on x86-64 and i386 only"
#endif
#define __NR_setforkpid 391
#endif

/*
 * Returns pid, or -1 with errno: EINVAL (negative, or not below pid_max),
 * EPERM (neither CAP_CHECKPOINT_RESTORE nor CAP_SYS_ADMIN), ENOSYS (the
 * system has no such call). A pid of 0 takes an earlier choice back.
 *
 * The fork that follows fails with EEXIST if the pid is taken.
 */
static inline long setforkpid(pid_t pid)
{
	return syscall(__NR_setforkpid, pid);
}

#endif
