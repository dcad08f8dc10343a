// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fork that a signal interrupts starts again after the handler, unseen by the
 * program. The request must still be there then.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

#define FORKS 500

static atomic_int handled, finished;

static void handle(int signal)
{
	(void)signal;
	atomic_fetch_add(&handled, 1);
}

static void *interrupt(void *target)
{
	while (!finished)
		pthread_kill(*(pthread_t *)target, SIGUSR1);
	return NULL;
}

static void fork_under_fire(pid_t pid)
{
	pid_t child;
	int i;

	for (i = 0; i < FORKS; i++) {
		ask(pid);
		child = fork();
		if (!child)
			_exit(0);
		if (child != pid)
			fail("fork %d made %d, not %d (%s), after %d signals",
			     i, child, pid, child < 0 ? strerror(errno) : "",
			     handled);
		must_exit_well(child);
	}
}

static void restarted_fork(void)
{
	pthread_t self = pthread_self(), thread;

	signal(SIGUSR1, handle);
	if (pthread_create(&thread, NULL, interrupt, &self))
		fail("no thread");
	fork_under_fire(free_pid());
	finished = 1;
	pthread_join(thread, NULL);
	if (!handled)
		fail("no signal arrived");
}

/* Asking in a handler, forking outside, and the other way round. */
static pid_t wanted;

static void ask_in_handler(int signal)
{
	(void)signal;
	ask(wanted);
}

static void fork_in_handler(int signal)
{
	(void)signal;
	must_be_born_as(wanted, FORK);
}

static void handlers(void)
{
	wanted = free_pid();
	signal(SIGUSR1, ask_in_handler);
	raise(SIGUSR1);
	must_be_born_as(wanted, FORK);

	signal(SIGUSR1, fork_in_handler);
	ask(wanted);
	raise(SIGUSR1);
	must_be_ordinary(wanted, FORK);
}

const struct test signal_tests[] = {
	{ "a fork that is restarted after a signal", restarted_fork },
	{ "signal handlers ask and fork", handlers },
	{ 0 },
};
