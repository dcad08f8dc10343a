// SPDX-License-Identifier: GPL-2.0-only
/* The call itself: its results, its errors, and the one process it is for. */
#include <errno.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

static void must_be_refused(pid_t pid, int error)
{
	long got = setforkpid(pid);

	if (got != -1 || errno != error)
		fail("setforkpid(%d) gave %ld, %s", pid, got,
		     got == -1 ? strerror(errno) : "no error");
}

static void gives_the_pid(void)
{
	pid_t pid = free_pid();
	int way;

	for (way = 0; way < WAYS; way++) {
		ask(pid);
		must_be_born_as(pid, way);
	}
}

static void is_seen_by_all(void)
{
	pid_t pid = free_pid(), child;
	char path[32];

	ask(pid);
	child = fork_sleeper();
	if (child != pid)
		fail("fork made %d, not %d", child, pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (access(path, R_OK))
		fail("%s: %s", path, strerror(errno));
	if (kill(pid, 0))
		fail("kill(%d, 0): %s", pid, strerror(errno));
	if (getpgid(pid) != getpgid(0))
		fail("%d is in group %d, its parent in %d", pid, getpgid(pid),
		     getpgid(0));
	end_sleeper(pid);
}

static void is_for_one_process(void)
{
	pid_t pid = free_pid();
	int way;

	for (way = 0; way < WAYS; way++) {
		ask(pid);
		must_be_born_as(pid, way);
		must_be_ordinary(pid, way);
	}
}

static void works_at_the_edge(void)
{
	pid_t last = pid_limit() - 1;

	ask(last);
	must_be_born_as(last, FORK);
}

static void refuses_what_is_no_pid(void)
{
	int limit = pid_limit();

	must_be_refused(-1, EINVAL);
	must_be_refused(-2, EINVAL);
	must_be_refused(INT_MIN, EINVAL);
	must_be_refused(limit, EINVAL);
	must_be_refused(limit + 1, EINVAL);
	must_be_refused(INT_MAX, EINVAL);
}

static void refusal_keeps_the_request(void)
{
	pid_t pid = free_pid();

	ask(pid);
	must_be_refused(-1, EINVAL);
	must_be_refused(pid_limit(), EINVAL);
	must_be_born_as(pid, FORK);
}

/* The kernel takes the lower half of the register, as it does for any pid_t. */
static void reads_32_bits(void)
{
	pid_t pid = free_pid();
	long got;

	ask(pid);
	got = syscall(__NR_setforkpid, 0x500000000L + pid);
	if (got != pid)
		fail("with upper bits set it gave %ld, not %d", got, pid);
	must_be_born_as(pid, FORK);
}

static void zero_takes_back(void)
{
	pid_t pid = free_pid();

	ask(0);
	ask(pid);
	ask(0);
	must_be_ordinary(pid, FORK);
}

static void later_replaces_earlier(void)
{
	pid_t first = free_pid(), second = free_pid();

	if (first == second)
		second--;
	ask(first);
	ask(second);
	must_be_born_as(second, FORK);
	must_be_ordinary(first, FORK);
}

static void set_tid_wins(void)
{
	pid_t asked = free_pid(), chosen = free_pid(), child;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&chosen,
		.set_tid_size = 1,
	};

	if (asked == chosen)
		chosen--;
	ask(asked);
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child)
		_exit(0);
	if (child < 0)
		fail("clone3 with set_tid: %s", strerror(errno));
	must_exit_well(child);
	if (child != chosen)
		fail("clone3 with set_tid %d made %d", chosen, child);
	must_be_ordinary(asked, FORK);
}

static void a_failure_uses_it_up(void)
{
	pid_t pid = free_pid();

	ask(pid);
	/* CLONE_SIGHAND without CLONE_VM. */
	if (syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0) != -1 ||
	    errno != EINVAL)
		fail("a clone with bad flags did not fail with EINVAL");
	must_be_ordinary(pid, FORK);
}

static void clone_parent(void)
{
	pid_t pid = free_pid(), child, sibling;

	ask(0);
	child = fork();
	if (!child) {
		ask(pid);
		sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (!sibling)
			_exit(0);
		if (sibling != pid)
			fail("clone with CLONE_PARENT made %d, not %d", sibling,
			     pid);
		_exit(0);
	}
	must_exit_well(child);
	must_exit_well(pid);
}

const struct test call_tests[] = {
	{ "gives the pid, in every way of making a process", gives_the_pid },
	{ "the pid is seen by all", is_seen_by_all },
	{ "is for one process", is_for_one_process },
	{ "works for the largest pid", works_at_the_edge },
	{ "refuses what is no pid", refuses_what_is_no_pid },
	{ "a refusal keeps the earlier request", refusal_keeps_the_request },
	{ "reads 32 bits of the register", reads_32_bits },
	{ "0 takes a request back", zero_takes_back },
	{ "a later request replaces an earlier one", later_replaces_earlier },
	{ "set_tid of clone3 wins and uses the request up", set_tid_wins },
	{ "a failure uses the request up", a_failure_uses_it_up },
	{ "works with CLONE_PARENT", clone_parent },
	{ 0 },
};
