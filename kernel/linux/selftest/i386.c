// SPDX-License-Identifier: GPL-2.0-only
/* The entry for 32-bit programs: from this program and from a real one. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

#ifdef __x86_64__

#define NR_I386_GETPID 20

static long call_i386(int number, long argument)
{
	long result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "0" ((long)number), "b" (argument)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void needs_i386(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(call_i386(NR_I386_GETPID, 0) == getpid() ? 0 : 1);
	waitpid(child, &status, 0);
	if (status)
		skip("this kernel takes no 32-bit system calls");
}

static void from_64_bit_code(void)
{
	pid_t pid = free_pid();
	long got;

	needs_i386();
	got = call_i386(__NR_setforkpid, -1);
	if (got != -EINVAL)
		fail("setforkpid(-1) gave %ld", got);
	got = call_i386(__NR_setforkpid, pid);
	if (got != pid)
		fail("setforkpid(%d) gave %ld", pid, got);
	must_be_born_as(pid, FORK);
}
#else
static void needs_i386(void)
{
}

static void from_64_bit_code(void)
{
	skip("this is not 64-bit code");
}
#endif

/* The program is in the directory of this one; Makefile says if not. */
static void in_a_32_bit_program(void)
{
	char program[4096], number[16];
	ssize_t length;
	pid_t child;

	needs_i386();
	length = readlink("/proc/self/exe", program, sizeof(program) - 16);
	if (length < 0)
		fail("/proc/self/exe: %s", strerror(errno));
	program[length] = '\0';
	strcpy(strrchr(program, '/') + 1, "setforkpid_i386");
	if (access(program, X_OK))
		skip("%s: %s", program, strerror(errno));
	snprintf(number, sizeof(number), "%d", free_pid());
	child = fork();
	if (!child) {
		execl(program, program, number, (char *)NULL);
		fail("%s: %s", program, strerror(errno));
	}
	must_exit_well(child);
}

const struct test i386_tests[] = {
	{ "int 0x80 in a 64-bit program", from_64_bit_code },
	{ "a 32-bit program", in_a_32_bit_program },
	{ 0 },
};
