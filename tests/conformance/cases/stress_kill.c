/*
 * Test 49, fourth part: processes that create others are ended at any moment of
 * it. What they have created goes on and ends, whether or not they have got to
 * know of it.
 */
#include "check.h"

#define ROUNDS 15
#define THREADS 3

enum { ENDED = 9 };

/* Every process of a round holds alive[1]; the last one's end is end of file. */
static int alive[2];

static unsigned state = 1;

/* some is a number below limit, of a sequence that is the same in every run. */
static unsigned some(unsigned limit)
{
	state = state * 1103515245 + 12345;
	return (state >> 16 & 0x7fff) % limit;
}

static void *create(void *flags)
{
	for (;;)
		if (syscall(SYS_clone, (long)flags | SIGCHLD, 0, 0, 0, 0) == 0)
			_exit(0);
}

/* creator creates processes in threads until something ends it. */
static void creator(void (*how)(void), long flags)
{
	pthread_t t;

	signal(SIGCHLD, SIG_IGN);
	if (how == NULL)
		create((void *)flags);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t, NULL, create, (void *)flags);
	usleep(some(2500));
	how();
}

static void by_exec(void)
{
	char *argv[] = { "end", NULL };

	execv(self(), argv);
	_exit(1);
}

static void by_exit(void) { _exit(ENDED); }

/* all_end is a round: false if a process stays behind. */
static bool all_end(void (*how)(void), long flags)
{
	int status = 0;
	char c;
	pid_t p, got;

	if (pipe(alive))
		die("pipe");
	p = spawn();
	if (p == 0) {
		close(alive[0]);
		creator(how, flags);
	}
	close(alive[1]);
	if (how == NULL) {
		usleep(some(2500));
		kill(p, SIGKILL);
	}
	if (read(alive[0], &c, 1) != 0)
		return false;
	close(alive[0]);
	while ((got = waitpid(-1, &status, 0)) > 0)
		if (got == p && !(how ? WIFEXITED(status) && WEXITSTATUS(status) == ENDED : WIFSIGNALED(status)))
			return false;
	return true;
}

static void of(const char *what, void (*how)(void), long flags)
{
	bool ok = true;

	alarm(CHECK_SECONDS); /* for each */
	for (int i = 0; i < ROUNDS; i++) {
		state += i;
		ok = ok && all_end(how, flags);
	}
	yes(ok, "%s: none stays behind", what);
}

int main(int argc, char **argv)
{
	if (argc == 1 && strcmp(argv[0], "end") == 0)
		return ENDED;
	begin();
	of("SIGKILL", NULL, 0);
	of("SIGKILL, and siblings", NULL, CLONE_PARENT);
	of("exec of another thread", by_exec, 0);
	of("exec of another thread, and siblings", by_exec, CLONE_PARENT);
	of("exit of another thread", by_exit, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	of("SIGKILL, orphans", NULL, 0);
	of("exec of another thread, orphans", by_exec, 0);
	return finish();
}
