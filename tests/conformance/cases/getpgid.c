/* Test 17: getpgid and getsid of others. */
#include "check.h"

enum { TID, CHILD_TID, GRANDCHILD };

static void *linger(void *arg)
{
	volatile long *slot = arg;

	*slot = gettid_raw();
	while (*slot)
		pause_ms(1);
	return NULL;
}

static void own(void)
{
	pid_t group = getpgrp();

	yes(group > 0, "own: getpgrp is positive");
	same(getpgid(0), group, "own: getpgid(0) == getpgrp");
	same(getpgid(getpid()), group, "own: getpgid(getpid()) == getpgrp");
	yes(getsid(0) > 0, "own: getsid(0) is positive");
	same(getsid(getpid()), getsid(0), "own: getsid(getpid()) == getsid(0)");
	gives(kill(-group, 0), 0, "own: the group is found");
}

static void threads(void)
{
	pthread_t t;
	pid_t tid;

	pthread_create(&t, NULL, linger, (void *)&shared->slot[TID]);
	until(shared->slot[TID]);
	tid = shared->slot[TID];
	same(getpgid(tid), getpgrp(), "thread: getpgid(tid) == getpgrp");
	same(getsid(tid), getsid(0), "thread: getsid(tid) == getsid(0)");
	shared->slot[TID] = 0;
	pthread_join(t, NULL);
}

/* far is a leader of a session, with a thread and a child in a group. */
static void far(void)
{
	pthread_t t;
	pid_t q;

	setsid();
	q = sleeper();
	setpgid(q, q);
	pthread_create(&t, NULL, linger, (void *)&shared->slot[CHILD_TID]);
	shared->slot[GRANDCHILD] = q;
	for (;;)
		pause();
}

static void others(void)
{
	pid_t near = sleeper(), p = spawn(), q;

	if (p == 0)
		far();
	until(shared->slot[GRANDCHILD] && shared->slot[CHILD_TID]);
	q = shared->slot[GRANDCHILD];
	same(getpgid(near), getpgrp(), "child: getpgid is inherited");
	same(getsid(near), getsid(0), "child: getsid is inherited");
	same(getpgid(p), p, "session leader: getpgid is its id");
	same(getsid(p), p, "session leader: getsid is its id");
	same(getpgid(q), q, "grandchild: getpgid is its own group");
	same(getsid(q), p, "grandchild: getsid is its parent's");
	same(getpgid(shared->slot[CHILD_TID]), p, "another's thread: getpgid");
	same(getsid(shared->slot[CHILD_TID]), p, "another's thread: getsid");
	kill(p, SIGKILL);
	zombie(p);
	same(getpgid(p), p, "zombie: getpgid");
	same(getsid(p), p, "zombie: getsid");
	reap(p);
	gives(getpgid(p), ESRCH, "reaped: getpgid");
	same(getsid(q), p, "grandchild: getsid is that of the reaped leader");
	kill(q, SIGKILL);
	end(near);
	id("leader", p);
	id("grandchild", q);
}

static void unknown(void)
{
	gives(getpgid(NOBODY), ESRCH, "getpgid(unknown)");
	gives(getpgid(-1), ESRCH, "getpgid(-1)");
	gives(getpgid(INT_MIN), ESRCH, "getpgid(INT_MIN)");
	gives(getsid(NOBODY), ESRCH, "getsid(unknown)");
}

int main(void)
{
	begin();
	own();
	threads();
	others();
	unknown();
	id("own group", getpgrp());
	id("own session", getsid(0));
	return finish();
}
