// SPDX-License-Identifier: GPL-2.0-only
/* The pid is one of the caller's pid namespace, wherever its child goes. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

#define INSIDE 242	/* far from what a new namespace gives out by itself */

static void needs_namespaces(int flags)
{
	pid_t child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (!child)
		_exit(0);
	if (child < 0)
		skip("no new namespace: %s", strerror(errno));
	must_exit_well(child);
}

/* Runs body as the first process of a new pid namespace. */
static void in_new_namespace(int more, void (*body)(void))
{
	pid_t child;

	needs_namespaces(CLONE_NEWPID | more);
	child = syscall(SYS_clone, CLONE_NEWPID | more | SIGCHLD, 0, 0, 0, 0);
	if (!child) {
		body();
		_exit(0);
	}
	if (child < 0)
		fail("clone: %s", strerror(errno));
	must_exit_well(child);
}

static void inside(void)
{
	ask(INSIDE);
	must_be_born_as(INSIDE, FORK);
	must_be_ordinary(INSIDE, FORK);
	ask(1);
	must_fail_to_fork(EEXIST);
}

static void nested(void)
{
	in_new_namespace(0, inside);
}

static void deeper(void)
{
	in_new_namespace(0, inside);
	inside();
}

static void nested_twice(void)
{
	in_new_namespace(0, deeper);
}

/* What is taken outside is free inside, and the other way round. */
static pid_t outsider;

static void take_inside(void)
{
	pid_t child;

	ask(outsider);
	child = fork_sleeper();
	if (child != outsider)
		fail("fork made %d, not %d", child, outsider);
	ask(outsider);
	must_fail_to_fork(EEXIST);
	end_sleeper(child);
}

static void namespaces_do_not_share(void)
{
	outsider = free_pid();
	ask(outsider);
	if (fork_sleeper() != outsider)
		fail("fork did not make %d", outsider);
	in_new_namespace(0, take_inside);
	end_sleeper(outsider);
}

static void nobody_in_own_namespaces(void)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		fail("setuid: %s", strerror(errno));
	in_new_namespace(CLONE_NEWUSER, inside);
}

/* The child is the first of a namespace: 1 there, the pid here. */
static void first_of_a_namespace(void)
{
	pid_t pid = free_pid(), child;

	needs_namespaces(CLONE_NEWPID);
	ask(pid);
	child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!child)
		_exit(syscall(SYS_getpid) == 1 ? 0 : 14);
	if (child != pid)
		fail("clone made %d, not %d", child, pid);
	must_exit_well(child);
	must_be_ordinary(pid, FORK);
}

/* Returns the child, which sleeps if it is want in its namespace. */
static pid_t fork_into(pid_t want)
{
	pid_t child = fork();

	if (child)
		return child;
	if (syscall(SYS_getpid) != want)
		_exit(15);
	for (;;)
		pause();
}


static void children_in_another_namespace(void)
{
	pid_t pid = free_pid(), second, child;
	bool refused;
	int status;

	needs_namespaces(CLONE_NEWPID);
	if (unshare(CLONE_NEWPID))
		skip("unshare: %s", strerror(errno));
	ask(pid);
	child = fork_into(1);
	if (child != pid)
		fail("the first fork made %d, not %d (%s)", child, pid,
		     child < 0 ? strerror(errno) : "");

	second = free_pid();
	ask(second);
	child = fork_into(2);
	refused = child == -1 && errno == EINVAL;
	if (!refused && child != second)
		fail("the second fork made %d, not %d (%s)", child, second,
		     child < 0 ? strerror(errno) : "");
	if (!refused) {
		kill(child, SIGKILL);
		if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
			fail("the second child is not 2 inside");
	}
	end_sleeper(pid);
	if (refused && !access("/sys/module/setforkpid", F_OK))
		skip("the first child yes, but no more: the module cannot leave a pid to the namespace");
	if (refused)
		fail("the second fork failed with EINVAL");
}

const struct test namespace_tests[] = {
	{ "in a nested pid namespace", nested },
	{ "in a pid namespace two levels down", nested_twice },
	{ "pid namespaces do not share their pids", namespaces_do_not_share },
	{ "without privilege in one's own user and pid namespace",
	  nobody_in_own_namespaces },
	{ "the first process of a new pid namespace", first_of_a_namespace },
	{ "children that go to another pid namespace",
	  children_in_another_namespace },
	{ 0 },
};
