/*
 * Test 23, third part: robust mutexes. When the owner is gone the next one
 * gets EOWNERDEAD; the kernel finds the owner by the id in the mutex.
 */
#include "check.h"

struct box {
	pthread_mutex_t mutex;
	volatile int held, waiting;
};

static struct box *box;

static void make(void)
{
	pthread_mutexattr_t a;

	box = mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (box == MAP_FAILED)
		die("mmap");
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&box->mutex, &a);
}

static void is(int got, int want, const char *how, const char *what)
{
	errno = got;
	gives(got ? -1 : 0, want, "%s: %s", how, what);
}

static int lock_for_a_while(void)
{
	struct timespec late;

	clock_gettime(CLOCK_REALTIME, &late);
	late.tv_sec += 10;
	return pthread_mutex_timedlock(&box->mutex, &late);
}

/* recovered locks what the dead owner held and makes it usable again. */
static void recovered(const char *how)
{
	is(lock_for_a_while(), EOWNERDEAD, how, "lock");
	is(pthread_mutex_consistent(&box->mutex), 0, how, "consistent");
	is(pthread_mutex_unlock(&box->mutex), 0, how, "unlock");
	is(lock_for_a_while(), 0, how, "lock again");
	is(pthread_mutex_unlock(&box->mutex), 0, how, "unlock again");
	box->held = box->waiting = 0;
}

static pid_t owner(void (*then)(void))
{
	pid_t p = spawn();

	if (p == 0) {
		if (pthread_mutex_lock(&box->mutex))
			_exit(1);
		box->held = 1;
		then();
		_exit(0);
	}
	until(box->held);
	return p;
}

static void nothing(void) {}

static void sleep_forever(void)
{
	for (;;)
		pause();
}

static void execute(void)
{
	execl(self(), self(), "sleeps", NULL);
	_exit(1);
}

static void process_exits(void)
{
	pid_t p = owner(nothing);

	ended(p);
	recovered("process exits");
}

static void process_is_killed(void)
{
	pid_t p = owner(sleep_forever);

	end(p);
	recovered("process is killed");
}

static void process_executes(void)
{
	pid_t p = owner(execute);

	recovered("process executes");
	end(p);
}

static void *lock_and_leave(void *arg)
{
	pthread_mutex_lock(&box->mutex);
	return arg;
}

static void thread_ends(void)
{
	pthread_t t;

	pthread_create(&t, NULL, lock_and_leave, NULL);
	pthread_join(t, NULL);
	recovered("thread ends");
}

static void *wait_for_it(void *arg)
{
	box->waiting = 1;
	*(int *)arg = lock_for_a_while();
	if (*(int *)arg == EOWNERDEAD)
		pthread_mutex_consistent(&box->mutex);
	pthread_mutex_unlock(&box->mutex);
	return NULL;
}

/* A thread that sleeps in the lock is woken by the owner's end. */
static void waiter_is_woken(const char *how, void (*then)(void))
{
	pid_t p = owner(then);
	pthread_t t;
	int got = -1;

	pthread_create(&t, NULL, wait_for_it, &got);
	until(box->waiting);
	pause_ms(10);
	end(p);
	pthread_join(t, NULL);
	is(got, EOWNERDEAD, how, "the waiter's lock");
	is(lock_for_a_while(), 0, how, "lock afterwards");
	is(pthread_mutex_unlock(&box->mutex), 0, how, "unlock afterwards");
	box->held = box->waiting = 0;
}

/* A living owner is not taken for dead. */
static void living_owner(void)
{
	pid_t p = owner(sleep_forever);

	is(pthread_mutex_trylock(&box->mutex), EBUSY, "living owner", "trylock");
	end(p);
	recovered("living owner, then dead");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sleeps") == 0)
		sleep_forever();
	begin();
	make();
	is(pthread_mutex_lock(&box->mutex), 0, "alone", "lock");
	is(pthread_mutex_unlock(&box->mutex), 0, "alone", "unlock");
	process_exits();
	process_is_killed();
	process_executes();
	thread_ends();
	waiter_is_woken("waiter and SIGKILL", sleep_forever);
	living_owner();
	return finish();
}
