/* Test 15: sessions. */
#include "check.h"

enum { PID, SID, PGRP, REAPED, LEAVE };

static void new_session(void)
{
	pid_t p = spawn(), s;

	if (p == 0) {
		s = setsid();
		same(s, getpid(), "setsid gives the own id");
		same(getsid(0), getpid(), "getsid(0) == getpid");
		same(getsid(getpid()), getpid(), "getsid(getpid()) == getpid");
		same(getpgrp(), getpid(), "getpgrp == getpid");
		gives(setsid(), EPERM, "second setsid");
		gives(setpgid(0, 0), EPERM, "setpgid of a session leader");
		_exit(0);
	}
	ended(p);
	id("leader", p);
}

static void group_leader(void)
{
	pid_t p = spawn();

	if (p == 0) {
		setpgid(0, 0);
		gives(setsid(), EPERM, "setsid of a group leader");
		_exit(0);
	}
	ended(p);
}

/*
 * The number may be a group although its owner has left it: the leader moves
 * to another group while a member stays.
 */
static void own_number_is_a_group(void)
{
	pid_t p = spawn();

	if (p == 0) {
		pid_t group = getpgrp(), member;

		setpgid(0, 0);
		member = sleeper();
		gives(setpgid(0, group), 0, "leader leaves its group");
		gives(setsid(), EPERM, "setsid while a group has the own number");
		end(member);
		same(setsid(), getpid(), "setsid when that group is gone gives the own id");
		_exit(0);
	}
	ended(p);
}

static void inherited(void)
{
	pid_t p = spawn();

	if (p == 0) {
		pid_t me = setsid(), q = spawn();

		if (q == 0) {
			same(getsid(0), me, "a child is in its parent's session");
			same(getpgrp(), me, "and in its group");
			setpgid(0, 0);
			same(getsid(0), me, "a new group stays in the session");
			same(setsid() == -1 ? errno : 0, EPERM, "setsid of a group leader in a session fails");
			_exit(0);
		}
		ended(q);
		_exit(0);
	}
	ended(p);
}

/* A session outlives its leader, and the number stays taken. */
static void leader_ends(void)
{
	pid_t p;

	/* Subreaper, so that nothing is left when the program ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	p = spawn();
	if (p == 0) {
		shared->slot[SID] = setsid();
		if (spawn() == 0) {
			pid_t leader = getppid();

			shared->slot[PID] = getpid();
			until(getppid() != leader && shared->slot[REAPED]);
			same(getsid(0), shared->slot[SID], "the leader ended: getsid(0) stays");
			same(getpgrp(), shared->slot[PGRP], "the leader ended: getpgrp stays");
			gives(kill(shared->slot[SID], 0), ESRCH, "the leader ended: no process has its id");
			gives(kill(-shared->slot[SID], 0), 0, "the leader ended: the group has");
			shared->slot[LEAVE] = 1;
			_exit(0);
		}
		shared->slot[PGRP] = getpgrp();
		until(shared->slot[PID]);
		_exit(0);
	}
	ended(p);
	shared->slot[REAPED] = 1;
	until(shared->slot[LEAVE]);
	same(waitpid(-1, NULL, 0), shared->slot[PID], "the member is reaped");
}

static void other_sessions(void)
{
	pid_t p = sleeper(), own = getsid(0);

	same(getsid(p), own, "getsid(child) == own session");
	gives(getsid(NOBODY), ESRCH, "getsid(unknown)");
	gives(getsid(-1), ESRCH, "getsid(-1)");
	end(p);
	gives(getsid(p), ESRCH, "getsid(reaped)");
	gives(getpgid(p), ESRCH, "getpgid(reaped)");
}

int main(void)
{
	begin();
	new_session();
	group_leader();
	own_number_is_a_group();
	inherited();
	leader_ends();
	other_sessions();
	return finish();
}
