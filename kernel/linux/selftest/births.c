// SPDX-License-Identifier: GPL-2.0-only
/* Making processes in every way there is, and looking at what they became. */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

extern char **environ;

const char *const way_name[WAYS] = {
	"fork", "vfork", "clone", "clone3", "posix_spawn",
};

int pid_limit(void)
{
	FILE *file;
	int limit;

	if (emulated)
		return 4194304;
	file = fopen("/proc/sys/kernel/pid_max", "r");
	if (!file || fscanf(file, "%d", &limit) != 1)
		fail("cannot read pid_max: %s", strerror(errno));
	fclose(file);
	return limit;
}

static bool is_free(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH && kill(-pid, 0) &&
	       errno == ESRCH && getsid(pid) == -1;
}

/* From the upper quarter, which the kernel comes to last. */
pid_t free_pid(void)
{
	int limit = pid_limit(), quarter = limit / 4, tries;

	for (tries = 0; tries < 1000; tries++) {
		pid_t pid = limit - 1 - rand() % quarter;

		if (is_free(pid))
			return pid;
	}
	fail("found no free pid below %d", limit);
}

void ask(pid_t pid)
{
	long got = setforkpid(pid);

	if (got == -1 && errno == EPERM)
		skip("setforkpid needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN");
	if (got != pid)
		fail("setforkpid(%d) gave %ld, %s", pid, got, strerror(errno));
}

/* The child tells by its exit status whether all agree on who it is. */
static noreturn void tell(pid_t parent)
{
	pid_t self = syscall(SYS_getpid);

	if (syscall(SYS_gettid) != self)
		_exit(3);
	if (getpgid(self) != getpgid(0))
		_exit(4);
	if (getppid() != parent)
		_exit(5);
	_exit(0);
}

static pid_t spawn_child(void)
{
	char *argv[] = { "selftest", "@nothing", NULL };
	pid_t child;
	int error;

	error = posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ);
	if (!error)
		return child;
	errno = error;
	return -1;
}

pid_t give_birth(enum way way)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t self = getpid(), child;

	switch (way) {
	case FORK:
		child = fork();
		break;
	case VFORK:
		child = vfork();
		break;
	case CLONE:
		child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		break;
	case CLONE3:
		child = syscall(SYS_clone3, &args, sizeof(args));
		break;
	case SPAWN:
		return spawn_child();
	default:
		abort();
	}
	if (!child)
		tell(self);
	return child;
}

void must_exit_well(pid_t child)
{
	int status;

	while (waitpid(child, &status, __WALL) != child)
		if (errno != EINTR)
			fail("waitpid(%d): %s", child, strerror(errno));
	if (WIFSIGNALED(status))
		fail("child %d was ended by signal %d", child, WTERMSIG(status));
	/* 1 and 2 are those of fail() and skip(), which have said why. */
	if (WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2)
		_exit(WEXITSTATUS(status));
	if (status)
		fail("child %d exited with %d", child, WEXITSTATUS(status));
}

void must_be_born_as(pid_t want, enum way way)
{
	pid_t child = give_birth(way);

	if (child < 0)
		fail("%s for pid %d: %s", way_name[way], want, strerror(errno));
	must_exit_well(child);
	if (child != want)
		fail("%s made %d, not %d", way_name[way], child, want);
}

void must_be_ordinary(pid_t asked, enum way way)
{
	pid_t child = give_birth(way);

	if (child < 0)
		fail("%s: %s", way_name[way], strerror(errno));
	must_exit_well(child);
	if (child == asked)
		fail("%s made %d, though nobody asked for it now", way_name[way],
		     child);
}

void must_fail_to_fork(int error)
{
	pid_t child = give_birth(FORK);

	if (child >= 0)
		fail("fork made %d instead of failing with %s", child,
		     strerror(error));
	if (errno != error)
		fail("fork failed with %s instead of %s", strerror(errno),
		     strerror(error));
}

pid_t fork_sleeper(void)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (!child)
		for (;;)
			pause();
	return child;
}

void end_sleeper(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0)
		if (errno != EINTR)
			fail("waitpid(%d): %s", child, strerror(errno));
}
