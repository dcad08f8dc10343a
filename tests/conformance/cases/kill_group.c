/*
 * Test 10: kill(0) and kill(-group) reach exactly the group. The signal to
 * the inherited group is SIGWINCH, which processes outside ignore by default.
 */
#include "check.h"

#define MEMBERS 3

/* Slot numbers: what each process counts, and who sent it last. */
enum { ROOT, A, B = A + MEMBERS, SAME = B + MEMBERS, COUNTERS, SENDER = 32 };

static int my_slot;

static void count(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	shared->slot[SENDER + my_slot] = si->si_pid;
	shared->slot[my_slot]++;
}

/* member is a child that counts signals in a slot; group -1 is the parent's. */
static pid_t member(int slot, pid_t group)
{
	pid_t p = spawn();

	if (p == 0) {
		my_slot = slot;
		handle(SIGUSR1, count, SA_RESTART);
		handle(SIGWINCH, count, SA_RESTART);
		if (group >= 0)
			setpgid(0, group);
		shared->slot[20 + slot] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[20 + slot]);
	return p;
}

static bool group_has(int first, long n)
{
	for (int i = first; i < first + MEMBERS; i++)
		if (shared->slot[i] != n)
			return false;
	return true;
}

static bool group_was_sent_by(int first, pid_t p)
{
	for (int i = first; i < first + MEMBERS; i++)
		if (shared->slot[SENDER + i] != p)
			return false;
	return true;
}

static void by_outsider_of_group(pid_t a)
{
	gives(kill(-a, SIGUSR1), 0, "kill(-group)");
	until(group_has(A, 1));
	pause_ms(20);
	yes(group_has(A, 1), "kill(-group): each member got it once");
	yes(group_was_sent_by(A, root), "kill(-group): si_pid == the sender");
	yes(group_has(B, 0), "kill(-group): the sibling group got nothing");
	same(shared->slot[ROOT], 0, "kill(-group): the sender got nothing");
	same(shared->slot[SAME], 0, "kill(-group): the inherited group got nothing");
}

/* A new member signals its own group by 0; it is hit too. */
static void by_member(pid_t b)
{
	pid_t p = spawn();

	if (p == 0) {
		setpgid(0, b);
		my_slot = COUNTERS;
		handle(SIGUSR1, count, SA_RESTART);
		gives(kill(0, SIGUSR1), 0, "kill(0) by a member");
		same(shared->slot[COUNTERS], 1, "kill(0): the sender got it");
		_exit(0);
	}
	ended(p);
	until(group_has(B, 1));
	pause_ms(20);
	yes(group_has(B, 1), "kill(0): each member got it once");
	yes(group_was_sent_by(B, p), "kill(0): si_pid == the sender");
	yes(group_has(A, 1), "kill(0): the sibling group got nothing");
	same(shared->slot[ROOT], 0, "kill(0): the root, elsewhere, got nothing");
}

static void inherited(void)
{
	gives(kill(0, SIGWINCH), 0, "kill(0) in the inherited group");
	until(shared->slot[ROOT] && shared->slot[SAME]);
	pause_ms(30);
	same(shared->slot[ROOT], 1, "inherited group: the root got it once");
	same(shared->slot[SENDER + ROOT], root, "inherited group: the root got it from itself");
	same(shared->slot[SAME], 1, "inherited group: the child in it got it once");
	gives(kill(-getpgrp(), SIGWINCH), 0, "kill(-getpgrp()) in the inherited group");
	until(shared->slot[ROOT] > 1 && shared->slot[SAME] > 1);
	pause_ms(30);
	same(shared->slot[ROOT], 2, "inherited group by number: the root got it once");
	same(shared->slot[SAME], 2, "inherited group by number: the child in it got it once");
	yes(group_has(A, 1) && group_has(B, 1), "inherited group: the others got nothing");
}

/* The group outlives its leader. */
static void leader_gone(pid_t a)
{
	end(a);
	gives(kill(a, 0), ESRCH, "leader gone: kill(leader, 0)");
	gives(kill(-a, SIGUSR1), 0, "leader gone: kill(-group)");
	until(shared->slot[A + 1] == 2 && shared->slot[A + 2] == 2);
	same(shared->slot[A], 1, "leader gone: only the members got it");
}

static void fatal(pid_t a, pid_t *p, pid_t b)
{
	gives(kill(-a, SIGKILL), 0, "kill(-group, SIGKILL)");
	same(WTERMSIG(reap(p[1])), SIGKILL, "SIGKILL: first member died");
	same(WTERMSIG(reap(p[2])), SIGKILL, "SIGKILL: second member died");
	gives(kill(-a, 0), ESRCH, "SIGKILL: the group is gone");
	gives(kill(-b, 0), 0, "SIGKILL: the sibling group is there");
	gives(kill(-b, SIGKILL), 0, "the sibling group is killed too");
	while (waitpid(-b, NULL, 0) > 0)
		;
	gives(kill(-b, 0), ESRCH, "and is gone");
}

int main(void)
{
	pid_t a[MEMBERS], b[MEMBERS], inside;

	begin();
	handle(SIGUSR1, count, SA_RESTART);
	handle(SIGWINCH, count, SA_RESTART);
	for (int i = 0; i < MEMBERS; i++) {
		a[i] = member(A + i, i ? a[0] : 0);
		b[i] = member(B + i, i ? b[0] : 0);
	}
	inside = member(SAME, -1);
	by_outsider_of_group(a[0]);
	by_member(b[0]);
	inherited();
	leader_gone(a[0]);
	fatal(a[0], a, b[0]);
	end(inside);
	return finish();
}
