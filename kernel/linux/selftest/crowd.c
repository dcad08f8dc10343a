// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eight threads ask for different pids while four others fork as fast as they
 * can: nobody gets what somebody else has asked for.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

#define ASKERS 8
#define FORKERS 4
#define BLOCK 64	/* pids of an asker's own */

static pid_t first;			/* of all blocks */
static atomic_int asking = ASKERS;	/* that are not done */
static atomic_long forks_left;		/* until the ordinary pids reach the blocks */

static bool in_blocks(pid_t pid)
{
	return pid >= first && pid < first + ASKERS * BLOCK;
}

/* By the bare call: the locks of the C library's fork would line them up. */
static pid_t bare_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void reap(pid_t child, const char *whose)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		fail("%s: waitpid(%d): %s", whose, child, strerror(errno));
	if (status)
		fail("%s: child %d saw another pid (status %#x)", whose, child,
		     status);
}

static void *asker(void *block)
{
	pid_t start = *(pid_t *)block, pid, child;
	int i;

	for (i = 0; i < rounds; i++) {
		pid = start + i % BLOCK;
		ask(pid);
		child = bare_fork();
		if (!child)
			_exit(syscall(SYS_getpid) == pid ? 0 : 12);
		if (child != pid)
			fail("round %d: asked for %d, got %d (%s)", i, pid,
			     child, child < 0 ? strerror(errno) : "");
		reap(child, "asker");
	}
	asking--;
	return NULL;
}

static void *forker(void *unused)
{
	while (asking && forks_left-- > 0) {
		pid_t child = bare_fork();

		if (!child)
			_exit(in_blocks(syscall(SYS_getpid)) ? 13 : 0);
		if (child < 0)
			fail("fork: %s", strerror(errno));
		if (in_blocks(child))
			fail("an ordinary fork made %d", child);
		reap(child, "forker");
	}
	return unused;
}

/* Finds room for the blocks, and how far away the ordinary pids still are. */
static void lay_out_blocks(void)
{
	int limit = pid_limit();
	pid_t next = fork_sleeper();

	end_sleeper(next);
	first = limit - ASKERS * BLOCK - 1;
	if (next >= first - 1000)
		skip("the next ordinary pid is %d already, too near to %d",
		     next, first);
	forks_left = first - next - 1000;
}

static void crowd(void)
{
	pthread_t threads[ASKERS + FORKERS];
	pid_t blocks[ASKERS];
	int i, error = 0;

	lay_out_blocks();
	for (i = 0; i < ASKERS && !error; i++) {
		blocks[i] = first + i * BLOCK;
		error = pthread_create(&threads[i], NULL, asker, &blocks[i]);
	}
	for (; i < ASKERS + FORKERS && !error; i++)
		error = pthread_create(&threads[i], NULL, forker, NULL);
	if (error)
		fail("pthread_create: %s", strerror(error));
	while (i--)
		pthread_join(threads[i], NULL);
}

const struct test crowd_tests[] = {
	{ "eight threads ask while four fork", crowd },
	{ 0 },
};
