/*
 * Test 9: kill(-1) reaches everybody but the sender and process 1.
 *
 * Run natively this signals every process that the user may signal: it does
 * so only in a pid namespace of its own (oracle -n), with CHECK_CONTAINED=1.
 */
#include "check.h"

#define CHILDREN 4

enum { ROOT, COUNT, READY = 16, SENDER = 32 };

static int my_slot;

static void count(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	shared->slot[SENDER + my_slot] = si->si_pid;
	shared->slot[my_slot]++;
}

static void serve(int slot)
{
	my_slot = slot;
	handle(SIGUSR1, count, SA_RESTART);
	shared->slot[READY + slot] = getpid();
	for (;;)
		pause();
}

/* The last of the children is in a session of its own. */
static pid_t server(int slot)
{
	pid_t p = spawn();

	if (p == 0) {
		if (slot == CHILDREN)
			setsid();
		serve(slot);
	}
	until(shared->slot[READY + slot]);
	return p;
}

static void orphan(int slot)
{
	pid_t p = spawn();

	if (p == 0) {
		if (spawn() == 0)
			serve(slot);
		until(shared->slot[READY + slot]);
		_exit(0);
	}
	ended(p);
}

static bool all_have(long n)
{
	for (int i = 1; i <= CHILDREN + 1; i++)
		if (shared->slot[i] != n)
			return false;
	return true;
}

static bool all_were_sent_by(pid_t p)
{
	for (int i = 1; i <= CHILDREN + 1; i++)
		if (shared->slot[SENDER + i] != p)
			return false;
	return true;
}

static volatile bool leave;

static void *linger(void *arg)
{
	while (!leave)
		pause_ms(1);
	return arg;
}

static void by_root(void)
{
	gives(kill(-1, 0), 0, "kill(-1, 0) with others");
	gives(kill(-1, SIGUSR1), 0, "kill(-1, SIGUSR1) by the root");
	until(all_have(1));
	pause_ms(30);
	yes(all_have(1), "by the root: every other process got it once");
	yes(all_were_sent_by(root), "by the root: si_pid == root");
	same(shared->slot[ROOT], 0, "by the root: the sender got nothing, neither did its thread");
}

static void by_child(void)
{
	pid_t p = spawn();

	if (p == 0) {
		my_slot = CHILDREN + 2;
		handle(SIGUSR1, count, SA_RESTART);
		gives(kill(-1, SIGUSR1), 0, "kill(-1, SIGUSR1) by a child");
		same(shared->slot[my_slot], 0, "by a child: the sender got nothing");
		_exit(0);
	}
	ended(p);
	until(all_have(2) && shared->slot[ROOT]);
	pause_ms(30);
	yes(all_have(2), "by a child: every other process got it once");
	yes(all_were_sent_by(p), "by a child: si_pid == the child");
	same(shared->slot[ROOT], 1, "by a child: the root got it once");
	same(shared->slot[SENDER + ROOT], p, "by a child: the root sees the child's id");
}

static void fatal(pid_t *p)
{
	gives(kill(-1, SIGKILL), 0, "kill(-1, SIGKILL) by the root");
	for (int i = 1; i <= CHILDREN; i++)
		same(WTERMSIG(reap(p[i])), SIGKILL, "SIGKILL: child %d died", i);
	until(kill(shared->slot[READY + CHILDREN + 1], 0) == -1);
	gives(kill(shared->slot[READY + CHILDREN + 1], 0), ESRCH, "SIGKILL: the orphan died");
	gives(kill(-1, 0), ESRCH, "kill(-1, 0) when alone");
	gives(kill(-1, SIGTERM), ESRCH, "kill(-1, SIGTERM) when alone");
	gives(kill(getpid(), 0), 0, "the sender is there");
}

int main(void)
{
	const char *contained = getenv("CHECK_CONTAINED");
	pid_t p[CHILDREN + 1];
	pthread_t t;

	if (!contained || strcmp(contained, "1") != 0) {
		fprintf(stderr, "refused: run me in a pid namespace (oracle -n) with CHECK_CONTAINED=1\n");
		return 1;
	}
	begin();
	handle(SIGUSR1, count, SA_RESTART);
	for (int i = 1; i <= CHILDREN; i++)
		p[i] = server(i);
	orphan(CHILDREN + 1);
	pthread_create(&t, NULL, linger, NULL);
	by_root();
	by_child();
	fatal(p);
	leave = true;
	pthread_join(t, NULL);
	return finish();
}
