// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program that needs no 32-bit library: asks for the pid of its
 * argument and forks. Its exit status is that of the step that went wrong.
 */
#define NR_EXIT 1
#define NR_FORK 2
#define NR_WAITPID 7
#define NR_GETPID 20
#define NR_SETFORKPID 391
#define EINVAL 22
#define EEXIST 17

static long call(long number, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80"
		     : "=a" (result)
		     : "0" (number), "b" (a), "c" (b), "d" (c)
		     : "memory", "cc");
	return result;
}

static long number_of(const char *text)
{
	long n = 0;

	while (*text >= '0' && *text <= '9')
		n = 10 * n + *text++ - '0';
	return n;
}

static int steps(long pid)
{
	long child;
	int status;

	if (call(NR_SETFORKPID, -1, 0, 0) != -EINVAL)
		return 20;
	if (call(NR_SETFORKPID, pid, 0, 0) != pid)
		return 21;
	child = call(NR_FORK, 0, 0, 0);
	if (!child)
		call(NR_EXIT, call(NR_GETPID, 0, 0, 0) != pid, 0, 0);
	if (child != pid)
		return 22;
	/* Not waited for yet: the pid is taken. */
	if (call(NR_SETFORKPID, pid, 0, 0) != pid)
		return 23;
	child = call(NR_FORK, 0, 0, 0);
	if (!child)
		call(NR_EXIT, 0, 0, 0);
	if (child != -EEXIST)
		return 24;
	if (call(NR_WAITPID, pid, (long)&status, 0) != pid || status)
		return 25;
	return 0;
}

/* The kernel leaves argc and argv on the stack. */
__attribute__((used)) static void start(long *stack)
{
	int status = 26;

	if (stack[0] == 2)
		status = steps(number_of((const char *)stack[2]));
	call(NR_EXIT, status, 0, 0);
}

asm(".globl _start\n"
    "_start:\n\t"
    "mov %esp, %eax\n\t"
    "and $-16, %esp\n\t"
    "sub $12, %esp\n\t"
    "push %eax\n\t"
    "call start\n\t"
    "hlt");
