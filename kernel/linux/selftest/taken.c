// SPDX-License-Identifier: GPL-2.0-only
/* A pid is taken while anything has the number. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

static void must_be_taken(pid_t pid)
{
	ask(pid);
	must_fail_to_fork(EEXIST);
	/* The failure has used the request up. */
	must_be_ordinary(pid, FORK);
}

static void must_be_free(pid_t pid)
{
	ask(pid);
	must_be_born_as(pid, FORK);
}

static void by_a_process(void)
{
	pid_t pid = free_pid(), child;
	int way;

	ask(pid);
	child = fork_sleeper();
	must_be_taken(pid);
	for (way = 0; way < WAYS; way++) {
		ask(pid);
		if (give_birth(way) != -1 || errno != EEXIST)
			fail("%s for a taken pid did not fail with EEXIST",
			     way_name[way]);
	}
	must_be_taken(getpid());
	must_be_taken(getppid());
	end_sleeper(child);
	must_be_free(pid);
}

static void *must_be_taken_by_me(void *unused)
{
	must_be_taken(gettid());
	return unused;
}

static void by_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, must_be_taken_by_me, NULL) ||
	    pthread_join(thread, NULL))
		fail("no thread");
}

static void by_a_zombie(void)
{
	pid_t pid = free_pid(), child;
	siginfo_t info;

	ask(pid);
	child = fork();
	if (!child)
		_exit(0);
	if (waitid(P_PID, child, &info, WEXITED | WNOWAIT))
		fail("waitid(%d): %s", child, strerror(errno));
	must_be_taken(pid);
	must_exit_well(child);
	must_be_free(pid);
}

/*
 * Makes a process with that pid which makes itself the leader of something,
 * leaves a child in it and ends. Returns the child.
 */
static pid_t leave_behind(pid_t pid, void (*lead)(void), void (*part)(void))
{
	pid_t leader, left;
	int ready[2];

	if (pipe(ready))
		fail("pipe: %s", strerror(errno));
	ask(pid);
	leader = fork();
	if (!leader) {
		lead();
		left = fork();
		if (!left) {
			part();
			left = getpid();
			if (write(ready[1], &left, sizeof(left)) != sizeof(left))
				_exit(9);
			for (;;)
				pause();
		}
		_exit(left < 0 ? 9 : 0);
	}
	if (leader != pid)
		fail("fork made %d, not %d", leader, pid);
	if (read(ready[0], &left, sizeof(left)) != sizeof(left))
		fail("no word from the one left behind");
	close(ready[0]);
	close(ready[1]);
	must_exit_well(leader);
	return left;
}

static void lead_group(void)
{
	if (setpgid(0, 0))
		_exit(10);
}

static void lead_session(void)
{
	if (setsid() == -1)
		_exit(11);
}

static void stay(void)
{
}

static void by_a_group(void)
{
	pid_t pid = free_pid(), left = leave_behind(pid, lead_group, stay);

	if (getpgid(left) != pid)
		fail("%d is in group %d, not %d", left, getpgid(left), pid);
	must_be_taken(pid);
	/* The test is a subreaper, so the orphan is its child now. */
	end_sleeper(left);
	must_be_free(pid);
}

static void by_a_session(void)
{
	pid_t pid = free_pid(), left = leave_behind(pid, lead_session, lead_group);

	if (getpgid(left) == pid || getsid(left) != pid)
		fail("%d is in group %d and session %d, not in session %d only",
		     left, getpgid(left), getsid(left), pid);
	must_be_taken(pid);
	end_sleeper(left);
	must_be_free(pid);
}

const struct test taken_tests[] = {
	{ "taken by a process", by_a_process },
	{ "taken by a thread", by_a_thread },
	{ "taken by a zombie", by_a_zombie },
	{ "taken by a process group", by_a_group },
	{ "taken by a session", by_a_session },
	{ 0 },
};
