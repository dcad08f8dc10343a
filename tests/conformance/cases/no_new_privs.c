/* no_new_privs is what the programs have asked for, in prctl and in /proc. */
#include "check.h"
#include <pthread.h>
#include <sys/prctl.h>

static int in_proc(void)
{
	char line[256];
	int value = -1;
	FILE *f = fopen("/proc/thread-self/status", "r");

	if (f == NULL)
		die("/proc/thread-self/status");
	while (fgets(line, sizeof line, f) != NULL)
		sscanf(line, "NoNewPrivs: %d", &value);
	fclose(f);
	return value;
}

static void is(int want, const char *who)
{
	same(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), want, "%s: prctl", who);
	same(in_proc(), want, "%s: in /proc", who);
}

static void *before(void *go)
{
	until(shared->slot[0]);
	is(0, "a thread from before");
	return go;
}

static void *after(void *none)
{
	is(1, "a thread from after");
	return none;
}

int main(void)
{
	pthread_t thread;
	pid_t p;

	begin();
	is(0, "at first");
	gives(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL, "prctl with another argument");
	gives(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL, "it cannot be taken back");
	p = spawn();
	if (p == 0) {
		pthread_create(&thread, NULL, before, NULL);
		gives(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, "prctl");
		is(1, "after it");
		shared->slot[0] = 1;
		pthread_join(thread, NULL);
		pthread_create(&thread, NULL, after, NULL);
		pthread_join(thread, NULL);
		p = spawn();
		if (p == 0) {
			is(1, "a child");
			_exit(0);
		}
		ended(p);
		_exit(0);
	}
	ended(p);
	p = spawn();
	if (p == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		execl("/bin/grep", "grep", "-q", "^NoNewPrivs:.1", "/proc/self/status", NULL);
		_exit(1);
	}
	ended(p);
	is(0, "the parent of all");
	return finish();
}
