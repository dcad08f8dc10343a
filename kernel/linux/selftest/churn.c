// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks and forks without end while the module is loaded and unloaded: at any
 * moment requests are pending and processes being born. setforkpid may be
 * missing, so a child has the pid asked for or an ordinary one; what must not
 * happen is that a fork fails, or that the kernel comes to harm.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

#define THREADS 4
#define BLOCK 64

static atomic_bool over;
static atomic_int asked, answered, failures;

static pid_t next_pid(int thread, int round)
{
	return pid_limit() - 1 - thread * BLOCK - round % BLOCK;
}

static pid_t fork_in_some_way(int round)
{
	pid_t child;

	if (round % 4) {
		child = fork();
		if (!child)
			_exit(0);
		return child;
	}
	/* The call is under way for a while. */
	child = vfork();
	if (!child) {
		usleep(20000);
		_exit(0);
	}
	return child;
}

static void birth(int thread, int round)
{
	pid_t pid = next_pid(thread, round), child;

	asked++;
	answered += setforkpid(pid) == pid;
	if (round % 8 == 5)
		usleep(5000);
	child = fork_in_some_way(round);
	if (child < 0 || waitpid(child, NULL, 0) != child) {
		failures++;
		fprintf(stderr, "birth of %d: %s\n", pid, strerror(errno));
	}
}

static void *loop(void *number)
{
	int thread = *(int *)number, round;

	for (round = 0; !over; round++)
		birth(thread, round);
	/* Left behind, for the end of the task to clear. */
	setforkpid(next_pid(thread, 0));
	return NULL;
}

int churn(int seconds)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], i;

	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, loop, &numbers[i]))
			return 1;
	}
	sleep(seconds);
	over = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("asked %d times, answered %d times, %d failures\n", asked,
	       answered, failures);
	/* Of all rounds some must have met the module and some must not. */
	return failures || !answered || answered == asked;
}
