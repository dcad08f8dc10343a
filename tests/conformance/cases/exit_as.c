/*
 * Test 49, last part: exit_as CODE exits with that code, exit_as signal N
 * dies of that signal. What started it must see the same.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rlimit none = { 0, 0 };

	if (argc == 3 && strcmp(argv[1], "signal") == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(atoi(argv[2]), SIG_DFL);
		kill(getpid(), atoi(argv[2]));
		return 99;
	}
	return argc == 2 ? atoi(argv[1]) : 98;
}
