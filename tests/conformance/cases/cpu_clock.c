/* Test 39: CPU clocks, whose numbers hold an id, and timers for one thread. */
#include "check.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { TID, LEAVE, SEEN, BY, CODE };

/* clock_of is the number that the kernel gives the CPU clock of a task. */
static clockid_t clock_of(pid_t p, bool thread) { return ~(unsigned)p << 3 | (thread ? 4 : 0) | 2; }

static long long read_clock(clockid_t c)
{
	struct timespec ts;

	if (clock_gettime(c, &ts) == -1)
		return -1;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static pid_t busy(void)
{
	pid_t p = spawn();

	if (p == 0)
		for (;;)
			;
	return p;
}

static void of_child(void)
{
	struct timespec ts;
	pid_t p = busy();
	clockid_t c = 0;
	long long first;

	same(clock_getcpuclockid(p, &c), 0, "clock_getcpuclockid(child) gives 0");
	same(c, clock_of(p, false), "clock_getcpuclockid(child) is made of its id");
	first = read_clock(c);
	yes(first >= 0, "child's clock can be read");
	until(read_clock(c) > first);
	yes(true, "child's clock runs");
	gives(clock_getres(c, &ts), 0, "clock_getres(child's clock)");
	gives(clock_settime(c, &ts), EPERM, "clock_settime(child's clock)");
	gives(clock_gettime(clock_of(p, true), &ts), EINVAL, "clock_gettime(thread clock of another process)");
	end(p);
	gives(clock_gettime(c, &ts), EINVAL, "clock_gettime(clock of the reaped)");
	same(clock_getcpuclockid(p, &c), ESRCH, "clock_getcpuclockid(reaped) gives ESRCH");
	same(clock_getcpuclockid(NOBODY, &c), ESRCH, "clock_getcpuclockid(unknown) gives ESRCH");
	gives(clock_gettime(clock_of(NOBODY, false), &ts), EINVAL, "clock_gettime(clock of unknown)");
	gives(clock_gettime(clock_of(0x0fffffff, false), &ts), EINVAL, "clock_gettime(clock of 0x0fffffff)");
}

static void of_oneself(void)
{
	clockid_t c = 0;

	same(clock_getcpuclockid(getpid(), &c), 0, "clock_getcpuclockid(own id) gives 0");
	yes(read_clock(c) > 0, "own clock can be read");
	same(clock_getcpuclockid(0, &c), 0, "clock_getcpuclockid(0) gives 0");
	yes(read_clock(c) > 0, "the clock of 0 can be read");
	yes(read_clock(clock_of(getpid(), false)) > 0, "own clock by number can be read");
	yes(read_clock(clock_of(gettid_raw(), true)) > 0, "own thread's clock by number can be read");
	yes(read_clock(CLOCK_PROCESS_CPUTIME_ID) > 0, "CLOCK_PROCESS_CPUTIME_ID can be read");
	yes(read_clock(CLOCK_THREAD_CPUTIME_ID) > 0, "CLOCK_THREAD_CPUTIME_ID can be read");
}

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[BY] = gettid_raw();
	shared->slot[CODE] = si->si_code;
	shared->slot[SEEN] = sig;
}

static void *spin(void *arg)
{
	shared->slot[TID] = gettid_raw();
	while (!shared->slot[LEAVE])
		;
	return arg;
}

static int make_timer(clockid_t c, pid_t tid, timer_t *t)
{
	struct sigevent ev;

	memset(&ev, 0, sizeof ev);
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_notify_thread_id = tid;
	return timer_create(c, &ev, t);
}

/* fires sets a timer and checks which thread it tells. */
static void fires(const char *what, timer_t t, pid_t by)
{
	struct itimerspec in = { .it_value = { 0, 2000000 } };

	shared->slot[SEEN] = 0;
	gives(timer_settime(t, 0, &in, NULL), 0, "%s: set", what);
	until(shared->slot[SEEN]);
	same(shared->slot[BY], by, "%s: handled by the thread meant", what);
	same(shared->slot[CODE], SI_TIMER, "%s: si_code is SI_TIMER", what);
	timer_delete(t);
}

static void of_thread(void)
{
	pid_t p = sleeper(), tid;
	clockid_t c = 0;
	pthread_t th;
	timer_t t;

	handle(SIGUSR1, note, SA_RESTART);
	pthread_create(&th, NULL, spin, NULL);
	until(shared->slot[TID]);
	tid = shared->slot[TID];
	same(pthread_getcpuclockid(th, &c), 0, "pthread_getcpuclockid gives 0");
	same(c, clock_of(tid, true), "pthread_getcpuclockid is made of its id");
	until(read_clock(c) > 0);
	yes(true, "thread's clock runs");
	gives(make_timer(CLOCK_MONOTONIC, tid, &t), 0, "timer for a sibling thread");
	fires("timer for a sibling thread", t, tid);
	gives(make_timer(CLOCK_MONOTONIC, gettid_raw(), &t), 0, "timer for the own thread");
	fires("timer for the own thread", t, gettid_raw());
	gives(make_timer(c, tid, &t), 0, "timer on the thread's clock");
	fires("timer on the thread's clock", t, tid);
	gives(make_timer(CLOCK_MONOTONIC, p, &t), EINVAL, "timer for another process");
	gives(make_timer(CLOCK_MONOTONIC, NOBODY, &t), EINVAL, "timer for unknown");
	gives(make_timer(clock_of(NOBODY, true), gettid_raw(), &t), EINVAL, "timer on the clock of unknown");
	shared->slot[LEAVE] = 1;
	pthread_join(th, NULL);
	end(p);
}

/* A process may sleep by another's CPU time. */
static void sleep_by_child(void)
{
	struct timespec ts = { 0, 3000000 };
	pid_t p = busy();

	same(clock_nanosleep(clock_of(p, false), 0, &ts, NULL), 0, "clock_nanosleep by a child's clock gives 0");
	yes(read_clock(clock_of(p, false)) >= 3000000, "and the child has used that time");
	same(clock_nanosleep(clock_of(gettid_raw(), true), 0, &ts, NULL), EINVAL, "clock_nanosleep by the own thread's clock");
	same(clock_nanosleep(clock_of(NOBODY, false), 0, &ts, NULL), EINVAL, "clock_nanosleep by the clock of unknown");
	end(p);
}

int main(void)
{
	begin();
	of_child();
	of_oneself();
	of_thread();
	sleep_by_child();
	return finish();
}
