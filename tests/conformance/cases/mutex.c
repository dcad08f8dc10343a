/*
 * Test 23, first part: mutexes that know their owner. The C library compares
 * the owner with the id it keeps in the thread's own memory.
 */
#include "check.h"

static pthread_mutex_t errorcheck, recursive;

static void make(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

static void is(int got, int want, const char *what)
{
	errno = got;
	gives(got ? -1 : 0, want, "%s", what);
}

static void *other(void *arg)
{
	(void)arg;
	is(pthread_mutex_unlock(&errorcheck), EPERM, "errorcheck: unlock by another thread");
	is(pthread_mutex_trylock(&errorcheck), EBUSY, "errorcheck: trylock by another thread");
	is(pthread_mutex_trylock(&recursive), EBUSY, "recursive: trylock by another thread");
	return NULL;
}

static void in_one_process(void)
{
	pthread_t t;

	is(pthread_mutex_lock(&errorcheck), 0, "errorcheck: lock");
	is(pthread_mutex_lock(&errorcheck), EDEADLK, "errorcheck: lock again");
	is(pthread_mutex_lock(&recursive), 0, "recursive: lock");
	is(pthread_mutex_lock(&recursive), 0, "recursive: lock again");
	pthread_create(&t, NULL, other, NULL);
	pthread_join(t, NULL);
	is(pthread_mutex_unlock(&errorcheck), 0, "errorcheck: unlock");
	is(pthread_mutex_unlock(&errorcheck), EPERM, "errorcheck: unlock again");
	is(pthread_mutex_unlock(&recursive), 0, "recursive: unlock");
	is(pthread_mutex_unlock(&recursive), 0, "recursive: unlock again");
	is(pthread_mutex_unlock(&recursive), EPERM, "recursive: unlock once too often");
}

/* The child is another thread than the one that forked: it owns nothing. */
static void across_fork(void)
{
	pid_t p;

	pthread_mutex_lock(&errorcheck);
	pthread_mutex_lock(&recursive);
	p = spawn();
	if (p == 0) {
		is(pthread_mutex_unlock(&errorcheck), EPERM, "child: unlock of the parent's errorcheck");
		is(pthread_mutex_unlock(&recursive), EPERM, "child: unlock of the parent's recursive");
		is(pthread_mutex_trylock(&recursive), EBUSY, "child: trylock of the parent's recursive");
		make(&errorcheck, PTHREAD_MUTEX_ERRORCHECK);
		is(pthread_mutex_lock(&errorcheck), 0, "child: lock of its own");
		is(pthread_mutex_lock(&errorcheck), EDEADLK, "child: lock of its own again");
		is(pthread_mutex_unlock(&errorcheck), 0, "child: unlock of its own");
		/* Standard output is guarded by a recursive lock too. */
		flockfile(stdout);
		flockfile(stdout);
		funlockfile(stdout);
		funlockfile(stdout);
		yes(true, "child: the lock of a stream can be taken twice");
		_exit(0);
	}
	ended(p);
	is(pthread_mutex_unlock(&errorcheck), 0, "parent: unlock of its errorcheck");
	is(pthread_mutex_unlock(&recursive), 0, "parent: unlock of its recursive");
}

/* owner_word is where glibc keeps the owner: it must be gettid. */
static void owner_word(void)
{
#ifdef __GLIBC__
	pthread_mutex_lock(&errorcheck);
	same(errorcheck.__data.__owner, gettid_raw(), "the owner in the mutex == gettid");
	pthread_mutex_unlock(&errorcheck);
#endif
}

int main(void)
{
	begin();
	make(&errorcheck, PTHREAD_MUTEX_ERRORCHECK);
	make(&recursive, PTHREAD_MUTEX_RECURSIVE);
	in_one_process();
	owner_word();
	across_fork();
	return finish();
}
