/*
 * Test 14: the signals that the C library sends to its own threads. It
 * ignores them unless si_pid is what getpid says: a wrong id is a hang.
 */
#include "check.h"

#define THREADS 4

static int fd[2];

static void *in_read(void *arg)
{
	char c;

	*(volatile bool *)arg = true;
	if (read(fd[0], &c, 1) < 0)
		return NULL;
	return NULL;
}

static void *in_pause(void *arg)
{
	*(volatile bool *)arg = true;
	for (;;)
		pause();
	return NULL;
}

static void *in_condition(void *arg)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

	*(volatile bool *)arg = true;
	pthread_mutex_lock(&m);
	for (;;)
		pthread_cond_wait(&c, &m);
	return NULL;
}

static void *in_loop(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	*(volatile bool *)arg = true;
	for (;;)
		;
	return NULL;
}

static void cancelled(const char *where, void *(*fn)(void *))
{
	volatile bool ready = false;
	pthread_t t;
	void *got;

	pthread_create(&t, NULL, fn, (void *)&ready);
	until(ready);
	pause_ms(5);
	same(pthread_cancel(t), 0, "pthread_cancel of a thread in %s", where);
	pthread_join(t, &got);
	yes(got == PTHREAD_CANCELED, "the thread in %s is cancelled", where);
}

static volatile bool look, leave;
static volatile long seen[THREADS];

static void *watch(void *arg)
{
	long i = (long)arg;

	while (!look)
		pause_ms(1);
	seen[i] = syscall(SYS_geteuid);
	while (!leave)
		pause_ms(1);
	return NULL;
}

/* change_ids changes the credentials while other threads live. */
static void change_ids(void)
{
	uid_t target = 65534;
	pthread_t t[THREADS];
	bool all = true;

	look = leave = false;
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, watch, (void *)i);
	gives(setgid(getgid()), 0, "setgid(own) with threads");
	gives(setuid(getuid()), 0, "setuid(own) with threads");
	gives(seteuid(geteuid()), 0, "seteuid(own) with threads");
	gives(setresuid(target, target, target), 0, "setresuid(nobody) with threads");
	look = true;
	for (int i = 0; i < THREADS; i++) {
		until(seen[i]);
		all = all && seen[i] == (long)target;
	}
	yes(all, "every thread has the new user");
	leave = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

static void in_child(void)
{
	pid_t p = spawn();

	if (p == 0) {
		cancelled("pause in a child", in_pause);
		change_ids();
		cancelled("pause after the change of user", in_pause);
		_exit(0);
	}
	ended(p);
}

int main(void)
{
	begin();
	if (pipe(fd))
		die("pipe");
	cancelled("read", in_read);
	cancelled("pause", in_pause);
	cancelled("pthread_cond_wait", in_condition);
	cancelled("a loop", in_loop);
	in_child();
	return finish();
}
