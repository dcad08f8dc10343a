// SPDX-License-Identifier: GPL-2.0-only
/* Whose request it is and how long it lives: threads, children, execve, exit. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

static void in_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, body, argument);

	if (error)
		fail("pthread_create: %s", strerror(error));
	error = pthread_join(thread, NULL);
	if (error)
		fail("pthread_join: %s", strerror(error));
}

static void *must_not_be_it(void *pid)
{
	if (gettid() == *(pid_t *)pid)
		fail("a thread got the pid %d", gettid());
	return NULL;
}

static void thread_leaves_it(void)
{
	pid_t pid = free_pid();

	ask(pid);
	in_thread(must_not_be_it, &pid);
	must_be_born_as(pid, FORK);
}

static void *fork_ordinary(void *pid)
{
	must_be_ordinary(*(pid_t *)pid, FORK);
	return NULL;
}

static void belongs_to_the_thread(void)
{
	pid_t pid = free_pid();

	ask(pid);
	in_thread(fork_ordinary, &pid);
	must_be_born_as(pid, FORK);
}

static void *ask_and_exit(void *pid)
{
	ask(*(pid_t *)pid);
	return NULL;
}

/* The later threads are likely to live in the memory of the earlier ones. */
static void ends_with_the_thread(void)
{
	pid_t pid = free_pid();
	int i;

	for (i = 0; i < 50; i++) {
		in_thread(ask_and_exit, &pid);
		in_thread(fork_ordinary, &pid);
	}
	must_be_ordinary(pid, FORK);
}

static void ends_with_the_process(void)
{
	pid_t pid = free_pid(), child;
	int i;

	for (i = 0; i < 50; i++) {
		child = fork();
		if (!child) {
			ask(pid);
			_exit(0);
		}
		must_exit_well(child);
		must_be_ordinary(pid, FORK);
	}
}

static void is_not_inherited(void)
{
	pid_t pid = free_pid(), child;

	ask(pid);
	child = fork();
	if (!child) {
		must_be_ordinary(pid, FORK);
		_exit(0);
	}
	if (child != pid)
		fail("fork made %d, not %d", child, pid);
	must_exit_well(child);
}

static void execve_clears(void)
{
	pid_t pid = free_pid(), child = fork();

	if (!child) {
		ask(pid);
		exec_role("@forks-ordinary", pid);
	}
	must_exit_well(child);
}

static void *ask_and_exec(void *pid)
{
	ask(*(pid_t *)pid);
	exec_role("@forks-ordinary", *(pid_t *)pid);
}

static void *only_exec(void *pid)
{
	exec_role("@forks-ordinary", *(pid_t *)pid);
}

static void execve_of_a_thread_clears(void)
{
	pid_t pid = free_pid(), child = fork();

	if (!child)
		in_thread(ask_and_exec, &pid);
	must_exit_well(child);

	child = fork();
	if (!child) {
		ask(pid);
		in_thread(only_exec, &pid);
	}
	must_exit_well(child);
}

static void failed_execve_keeps(void)
{
	pid_t pid = free_pid();

	ask(pid);
	if (execl("/nonexistent/program", "program", (char *)NULL) != -1)
		fail("a program that is not there was executed");
	must_be_born_as(pid, FORK);
}

const struct test scope_tests[] = {
	{ "the creation of a thread leaves the request", thread_leaves_it },
	{ "the request belongs to the thread", belongs_to_the_thread },
	{ "the request ends with the thread", ends_with_the_thread },
	{ "the request ends with the process", ends_with_the_process },
	{ "children do not inherit the request", is_not_inherited },
	{ "execve clears the request", execve_clears },
	{ "execve of a thread clears the request", execve_of_a_thread_clears },
	{ "an execve that fails keeps the request", failed_execve_keeps },
	{ 0 },
};
