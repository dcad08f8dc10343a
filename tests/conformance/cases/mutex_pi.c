/*
 * Test 23, second part: priority inheritance. The kernel itself reads and
 * writes the owner's id in the mutex. A machine may say that it has no such
 * mutexes, but then it must say so when one is made.
 */
#include "check.h"

#include <linux/futex.h>

#define ROUNDS 200

static pthread_mutex_t mutex;
static volatile long counter;

static int make(void)
{
	pthread_mutexattr_t a;
	int e;

	pthread_mutexattr_init(&a);
	e = pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	if (e == 0)
		e = pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	if (e == 0)
		e = pthread_mutex_init(&mutex, &a);
	return e;
}

static void is(int got, int want, const char *what)
{
	errno = got;
	gives(got ? -1 : 0, want, "%s", what);
}

static void *try(void *arg)
{
	(void)arg;
	is(pthread_mutex_trylock(&mutex), EBUSY, "pi: trylock by another thread");
	is(pthread_mutex_unlock(&mutex), EPERM, "pi: unlock by another thread");
	return NULL;
}

static void alone(void)
{
	pthread_t t;

	is(pthread_mutex_lock(&mutex), 0, "pi: lock");
	is(pthread_mutex_lock(&mutex), EDEADLK, "pi: lock again");
	pthread_create(&t, NULL, try, NULL);
	pthread_join(t, NULL);
	is(pthread_mutex_unlock(&mutex), 0, "pi: unlock");
}

static void *contend(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (pthread_mutex_lock(&mutex))
			return (void *)1;
		counter++;
		if (i % 8 == 0)
			sched_yield();
		if (pthread_mutex_unlock(&mutex))
			return (void *)1;
	}
	return arg;
}

static void handed_over(void)
{
	pthread_t t[3];
	void *bad;
	bool ok = true;

	pthread_mutex_lock(&mutex);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, contend, NULL);
	pause_ms(10); /* all three sleep in the kernel now */
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &bad);
		ok = ok && !bad;
	}
	yes(ok, "pi: three threads hand it over");
	same(counter, 3 * ROUNDS, "pi: no round is lost");
}

static void *hold(void *arg)
{
	volatile int *stage = arg;

	pthread_mutex_lock(&mutex);
	*stage = 1;
	while (*stage != 2)
		pause_ms(1);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void times_out(void)
{
	volatile int stage = 0;
	struct timespec late;
	pthread_t t;

	pthread_create(&t, NULL, hold, (void *)&stage);
	until(stage == 1);
	clock_gettime(CLOCK_REALTIME, &late);
	late.tv_nsec += 20000000;
	if (late.tv_nsec >= 1000000000) {
		late.tv_sec++;
		late.tv_nsec -= 1000000000;
	}
	is(pthread_mutex_timedlock(&mutex, &late), ETIMEDOUT, "pi: timedlock of a held one");
	stage = 2;
	pthread_join(t, NULL);
	is(pthread_mutex_lock(&mutex), 0, "pi: lock after the time-out");
	is(pthread_mutex_unlock(&mutex), 0, "pi: unlock after the time-out");
}

/* raw asks the kernel without the C library. */
static void raw(void)
{
	static volatile uint32_t word;
	int r = syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);

	if (r == -1 && errno == ENOSYS) {
		unsupported("raw pi", ENOSYS);
		return;
	}
	gives(r, 0, "raw pi: lock of 0");
	same(word & FUTEX_TID_MASK, gettid_raw(), "raw pi: the word holds gettid");
	gives(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK, "raw pi: lock again");
	gives(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "raw pi: unlock");
	same(word, 0, "raw pi: the word is 0");
	gives(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM, "raw pi: unlock again");
	gives(syscall(SYS_futex, &word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), 0, "raw pi: trylock");
	same(word & FUTEX_TID_MASK, gettid_raw(), "raw pi: the word holds gettid again");
	gives(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "raw pi: last unlock");
	word = NOBODY;
	gives(syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH, "raw pi: lock held by unknown");
}

int main(void)
{
	int e;

	begin();
	raw();
	e = make();
	if (e) {
		yes(e == ENOTSUP || e == ENOSYS, "mutex_init: refused cleanly or granted");
		unsupported("pi", e);
		return finish();
	}
	yes(true, "mutex_init: refused cleanly or granted");
	alone();
	handed_over();
	times_out();
	return finish();
}
