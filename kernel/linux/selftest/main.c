// SPDX-License-Identifier: GPL-2.0-only
/*
 * The selftest of setforkpid(). Prints TAP. It is for every implementation of
 * the call: the patched kernel, the module, an emulation (-e).
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

bool emulated;
int rounds = 10000;

static unsigned int seconds = 600;	/* a test may take */
static int reasons[2];			/* the pipe that reasons come through */

static const struct test *const tables[] = {
	call_tests, scope_tests, taken_tests, signal_tests, crowd_tests,
	privilege_tests, namespace_tests, i386_tests,
};

enum { PASSED, FAILED, SKIPPED };

static noreturn void end_test(int outcome, const char *format, va_list args)
{
	char reason[512];
	int length = vsnprintf(reason, sizeof(reason), format, args);

	if (length >= (int)sizeof(reason))
		length = sizeof(reason) - 1;
	if (write(reasons[1], reason, length) != length)
		_exit(FAILED);
	_exit(outcome);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end_test(FAILED, format, args);
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	end_test(SKIPPED, format, args);
}

static void start(const struct test *test)
{
	setpgid(0, 0);
	/* What a test leaves behind comes to the test and not to the system. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	srand(getpid() * 31 + getppid());
	alarm(seconds);
	test->run();
	_exit(PASSED);
}

static int outcome_of(int status, char *reason, size_t size)
{
	if (WIFSIGNALED(status)) {
		snprintf(reason, size, "ended by signal %d%s", WTERMSIG(status),
			 WTERMSIG(status) == SIGALRM ? ", it took too long" : "");
		return FAILED;
	}
	return WEXITSTATUS(status);
}

static int run(const struct test *test, int number)
{
	char reason[1024] = "";
	int status, outcome;
	ssize_t length;
	pid_t child;

	if (pipe(reasons))
		exit(2);
	fflush(stdout);
	child = fork();
	if (child < 0) {
		perror("fork");
		exit(2);
	}
	if (!child)
		start(test);
	close(reasons[1]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	kill(-child, SIGKILL);
	length = read(reasons[0], reason, sizeof(reason) - 1);
	reason[length > 0 ? length : 0] = '\0';
	close(reasons[0]);

	outcome = outcome_of(status, reason, sizeof(reason));
	if (outcome == SKIPPED)
		printf("ok %d %s # SKIP %s\n", number, test->name, reason);
	else if (outcome == PASSED)
		printf("ok %d %s\n", number, test->name);
	else
		printf("not ok %d %s\n# %s\n", number, test->name, reason);
	return outcome;
}

static bool wanted(const struct test *test, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strstr(test->name, *names))
			return true;
	return false;
}

static int count(char **names)
{
	const struct test *test;
	size_t i;
	int n = 0;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (test = tables[i]; test->name; test++)
			n += wanted(test, names);
	return n;
}

static int run_all(char **names)
{
	int outcomes[3] = { 0 }, number = 0;
	const struct test *test;
	size_t i;

	printf("TAP version 13\n");
	if (setforkpid(-1) != -1 || errno != EINVAL) {
		printf("1..0 # SKIP no setforkpid here: %s\n", strerror(errno));
		return 4;	/* which the kernel's selftests take as skipped */
	}
	printf("1..%d\n", count(names));
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (test = tables[i]; test->name; test++)
			if (wanted(test, names))
				outcomes[run(test, ++number)]++;
	printf("# Totals: pass:%d fail:%d skip:%d\n", outcomes[PASSED],
	       outcomes[FAILED], outcomes[SKIPPED]);
	return outcomes[FAILED] != 0;
}

int main(int argc, char **argv)
{
	int option;

	if (argc > 1 && argv[1][0] == '@')
		return play_role(argc, argv);
	while ((option = getopt(argc, argv, "er:t:")) != -1) {
		switch (option) {
		case 'e':
			emulated = true;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		default:
			fprintf(stderr,
				"usage: %s [-e] [-r rounds] [-t seconds] [name ...]\n"
				"  -e  setforkpid is emulated: no privilege, no pid_max\n"
				"  -r  rounds of the crowd test (10000)\n"
				"  -t  seconds that a test may take (600)\n"
				"  name: run the tests whose name contains it\n",
				argv[0]);
			return 2;
		}
	}
	return run_all(argv + optind);
}
