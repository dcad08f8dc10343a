// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this program does when its first argument is a role: after a test has
 * executed it anew, or for a test from outside (@churn SECONDS).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest.h"

/* Exits well if a fork makes any process but pid. */
static int forks_ordinary(pid_t pid)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		return 6;
	return child == pid ? 7 : 0;
}

int play_role(int argc, char **argv)
{
	if (!strcmp(argv[1], "@nothing"))
		return 0;
	if (!strcmp(argv[1], "@forks-ordinary") && argc == 3)
		return forks_ordinary(atoi(argv[2]));
	if (!strcmp(argv[1], "@churn") && argc == 3)
		return churn(atoi(argv[2]));
	fprintf(stderr, "no such role: %s\n", argv[1]);
	return 8;
}

void exec_role(const char *role, pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	execl("/proc/self/exe", "selftest", role, number, (char *)NULL);
	fail("execve: %s", strerror(errno));
}
