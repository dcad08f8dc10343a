/* Test 8: kill finds what exists and nothing else. */
#include "check.h"

enum { GOT, GOT_PID, TID, LEAVE };

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[GOT_PID] = si->si_pid;
	shared->slot[GOT] = sig;
}

static void oneself(void)
{
	handle(SIGUSR1, note, 0);
	gives(kill(getpid(), 0), 0, "kill(own id, 0)");
	gives(kill(getpid(), SIGUSR1), 0, "kill(own id, SIGUSR1)");
	same(shared->slot[GOT], SIGUSR1, "own signal: handled before kill returns");
	same(shared->slot[GOT_PID], getpid(), "own signal: si_pid == getpid");
	shared->slot[GOT] = 0;
	gives(kill(getpid(), 65), EINVAL, "kill(own id, 65)");
	gives(kill(getpid(), -1), EINVAL, "kill(own id, -1)");
	gives(kill(-getpgrp(), 0), 0, "kill(-own group, 0)");
	gives(kill(0, 0), 0, "kill(0, 0)");
}

static void children(void)
{
	pid_t p = sleeper();
	int status;

	gives(kill(p, 0), 0, "kill(child, 0)");
	gives(kill(p, SIGTERM), 0, "kill(child, SIGTERM)");
	zombie(p);
	gives(kill(p, 0), 0, "kill(zombie, 0)");
	gives(kill(p, SIGTERM), 0, "kill(zombie, SIGTERM)");
	status = reap(p);
	same(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGTERM, "the child died of it");
	gives(kill(p, 0), ESRCH, "kill(reaped, 0)");
	gives(kill(p, SIGTERM), ESRCH, "kill(reaped, SIGTERM)");
	gives(kill(-p, 0), ESRCH, "kill(-id that is no group, 0)");
	id("child", p);
}

static void unknown(void)
{
	gives(kill(NOBODY, 0), ESRCH, "kill(unknown, 0)");
	gives(kill(NOBODY, 65), ESRCH, "kill(unknown, 65)");
	gives(kill(0x7ffffffe, 0), ESRCH, "kill(0x7ffffffe, 0)");
	gives(kill(-NOBODY, SIGTERM), ESRCH, "kill(-unknown, SIGTERM)");
	gives(kill(INT_MIN, SIGTERM), ESRCH, "kill(INT_MIN, SIGTERM)");
}

/* A process outside does not exist in a private space. */
static void outside(void)
{
	const char *s = getenv("CHECK_OUTSIDE"), *space = getenv("CHECK_SPACE");
	bool private = space && strcmp(space, "private") == 0;
	pid_t p = s ? atoi(s) : 0;
	bool ok = true;

	if (p > 0 && private)
		ok = kill(p, 0) == -1 && errno == ESRCH;
	else if (p > 0)
		ok = kill(p, 0) == 0 || errno == EPERM;
	yes(ok, "a process outside: found exactly where it is visible");
}

static void *linger(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	until(shared->slot[LEAVE]);
	return NULL;
}

/* The id of a thread stands for its process. */
static void thread(void)
{
	pthread_t t;
	pid_t tid;

	pthread_create(&t, NULL, linger, NULL);
	until(shared->slot[TID]);
	tid = shared->slot[TID];
	gives(kill(tid, 0), 0, "kill(thread, 0)");
	gives(kill(tid, SIGUSR1), 0, "kill(thread, SIGUSR1)");
	until(shared->slot[GOT] == SIGUSR1);
	same(shared->slot[GOT_PID], getpid(), "thread: the process got it from itself");
	gives(kill(-tid, 0), ESRCH, "kill(-thread, 0)");
	shared->slot[LEAVE] = 1;
	pthread_join(t, NULL);
	/* The kernel releases the id shortly after it wakes the joiner. */
	until(kill(tid, 0) == -1);
	gives(kill(tid, 0), ESRCH, "kill(ended thread, 0)");
	id("thread", tid);
}

/* A child signals its parent and its grandparent by id. */
static void upwards(void)
{
	pid_t p;

	shared->slot[GOT] = 0;
	p = spawn();
	if (p == 0) {
		gives(kill(getppid(), SIGUSR1), 0, "kill(parent, SIGUSR1)");
		_exit(0);
	}
	ended(p);
	until(shared->slot[GOT] == SIGUSR1);
	same(shared->slot[GOT_PID], p, "the parent sees the child's id");
}

int main(void)
{
	begin();
	oneself();
	children();
	unknown();
	outside();
	thread();
	upwards();
	return finish();
}
