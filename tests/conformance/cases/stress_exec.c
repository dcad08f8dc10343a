/* Test 49, third part: processes that execute again and again. */
#include "check.h"

#include <spawn.h>

#define PROCESSES 8
#define TIMES 20

/* step executes this program again until the count is used up. */
static int step(const char *left, const char *me)
{
	char n[16];

	if (getpid() != atoi(me) || gettid_raw() != getpid())
		return 1;
	if (atoi(left) == 0)
		return 33;
	snprintf(n, sizeof n, "%d", atoi(left) - 1);
	execl(self(), self(), n, me, NULL);
	return 2;
}

static void *execute(void *arg)
{
	(void)arg;
	char n[16], me[16];

	snprintf(n, sizeof n, "%d", TIMES);
	snprintf(me, sizeof me, "%d", getpid());
	execl(self(), self(), n, me, NULL);
	_exit(2);
}

static void chains(const char *how, bool by_thread)
{
	pid_t p[PROCESSES];
	bool ok = true;

	for (int i = 0; i < PROCESSES; i++) {
		p[i] = spawn();
		if (p[i] == 0) {
			pthread_t t;

			if (!by_thread)
				execute(NULL);
			pthread_create(&t, NULL, execute, NULL);
			pthread_join(t, NULL);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = reap(p[i]);

		ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 33;
	}
	yes(ok, "%s: each keeps its id through %d executions", how, TIMES);
}

/* Spawned processes end with what they were told, in any order. */
static void spawned(void)
{
	char *argv[] = { (char *)self(), "end", NULL }, *none[] = { NULL };
	pid_t p[PROCESSES];
	bool ok = true;

	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < PROCESSES; i++)
			ok = ok && posix_spawn(&p[i], self(), NULL, NULL, argv, none) == 0;
		for (int i = PROCESSES - 1; i >= 0; i--) {
			int status = reap(p[i]);

			ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 34;
		}
	}
	yes(ok, "posix_spawn: each ends with its status");
}

/* A signal storm while executing: default signals are not lost either. */
static void killed(void)
{
	bool ok = true;

	for (int i = 0; i < 20; i++) {
		pid_t p = spawn();

		if (p == 0) {
			for (;;)
				execl(self(), self(), "again", NULL);
		}
		usleep(i * 100);
		ok = ok && kill(p, SIGTERM) == 0;
		ok = ok && WTERMSIG(reap(p)) == SIGTERM;
	}
	yes(ok, "killed while executing: each dies of the signal");
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return step(argv[1], argv[2]);
	if (argc == 2 && strcmp(argv[1], "end") == 0)
		return 34;
	if (argc == 2)
		execl(self(), self(), "again", NULL);
	begin();
	chains("8 processes", false);
	chains("8 processes, first by a thread", true);
	spawned();
	killed();
	gives(waitpid(-1, NULL, 0), ECHILD, "no child is left");
	return finish();
}
