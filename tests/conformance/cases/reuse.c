/*
 * Test 25: ids come back when they are free, and never before. With
 * CHECK_PID_MAX (the real or simulated pid_max, around 1000) the numbers wrap
 * several times; without it only a few hundred are used.
 */
#include "check.h"

static char busy[0x400000 / 8];

static void take(pid_t p) { busy[p / 8] |= 1 << p % 8; }
static bool is_busy(pid_t p) { return busy[p / 8] >> p % 8 & 1; }

enum { MEMBER, SESSION_MEMBER };

/* A leader that has gone leaves its number to the group. */
static pid_t group_without_leader(bool session, int slot)
{
	pid_t p = spawn();

	if (p == 0) {
		if (session)
			setsid();
		else
			setpgid(0, 0);
		shared->slot[slot] = sleeper();
		_exit(0);
	}
	ended(p);
	return p;
}

/* own_session is a child whose session is empty but for itself. */
static pid_t own_session(void)
{
	pid_t p = spawn();

	if (p == 0) {
		setsid();
		shared->slot[8] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[8]);
	return p;
}

/* zombie_elsewhere is unreaped and in a group of its own. */
static pid_t zombie_elsewhere(void)
{
	pid_t p = spawn();

	if (p == 0)
		_exit(setpgid(0, 0));
	zombie(p);
	return p;
}

static volatile pid_t thread_id;
static volatile bool leave;

static void *linger(void *arg)
{
	thread_id = gettid_raw();
	while (!leave)
		pause_ms(1);
	return arg;
}

static pid_t short_lived(void)
{
	pid_t p = vfork();

	if (p == 0)
		_exit(0);
	return p;
}

/* turn_over creates and reaps n processes and looks at each id. */
static void turn_over(const char *lap, int n, pid_t freed, long pid_max)
{
	bool fresh = true, right = true, range = true, again = false, low = false;

	for (int i = 0; i < n; i++) {
		pid_t p = short_lived();

		if (p <= 0)
			die("vfork");
		fresh = fresh && !is_busy(p);
		right = right && waitpid(0, NULL, 0) == p;
		range = range && p > 1 && p < pid_max;
		low = low || p < 300;
		again = again || p == freed;
	}
	yes(fresh, "%s: no id that is in use is given out", lap);
	yes(right, "%s: waitpid(0) gives the one that ended", lap);
	yes(range, "%s: all ids are below pid_max", lap);
	if (freed && n >= pid_max) {
		yes(again, "%s: a freed id comes back", lap);
		yes(!low, "%s: the lowest 300 are left out", lap);
	}
}

int main(void)
{
	const char *s = getenv("CHECK_PID_MAX");
	long pid_max = s && *s ? atol(s) : 0x400000;
	pid_t group, session, dead, live, leader, freed;
	int laps = pid_max < 5000 ? pid_max : 300;
	pthread_t t;

	begin();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	group = group_without_leader(false, MEMBER);
	session = group_without_leader(true, SESSION_MEMBER);
	dead = zombie_elsewhere();
	live = sleeper();
	leader = own_session();
	pthread_create(&t, NULL, linger, NULL);
	until(thread_id);
	take(root), take(getppid()), take(group), take(session), take(dead), take(live), take(leader), take(thread_id);
	take(shared->slot[MEMBER]), take(shared->slot[SESSION_MEMBER]);
	turn_over("first lap", laps, 0, pid_max);
	freed = sleeper();
	end(freed);
	turn_over("second lap", laps, freed, pid_max);
	gives(kill(-group, 0), 0, "the group without leader is there");
	gives(kill(group, 0), ESRCH, "no process has its id");
	same(getsid(shared->slot[SESSION_MEMBER]), session, "the session without leader is there");
	same(reap(dead), 0, "the zombie can be reaped");
	leave = true;
	pthread_join(t, NULL);
	end(live);
	end(leader);
	end(shared->slot[MEMBER]);
	end(shared->slot[SESSION_MEMBER]);
	return finish();
}
