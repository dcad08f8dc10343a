/*
 * Test 50: a tree that can live beside another with the same ids. It reads
 * commands from standard input: g makes it signal each of its children and
 * check that nobody else's signals arrive; the end of input ends it.
 */
#include "check.h"

#define CHILDREN 3
#define SIGNALS 50

enum { OWN, COUNT, FOREIGN = 16 };

static int my_slot;

static void count(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	shared->slot[si->si_pid == root ? my_slot : FOREIGN]++;
}

static pid_t server(int slot)
{
	pid_t p = spawn();

	if (p == 0) {
		my_slot = slot;
		handle(SIGUSR1, count, SA_RESTART);
		shared->slot[20 + slot] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[20 + slot]);
	return p;
}

static void signal_all(const pid_t *p, int round)
{
	bool sent = true, exact = true;

	for (int k = 0; k < SIGNALS; k++)
		for (int i = 0; i < CHILDREN; i++) {
			long before = shared->slot[COUNT + i];

			sent = sent && kill(p[i], SIGUSR1) == 0;
			until(shared->slot[COUNT + i] != before);
		}
	for (int i = 0; i < CHILDREN; i++)
		exact = exact && shared->slot[COUNT + i] == (long)SIGNALS * round;
	yes(sent, "round %d: every signal was sent", round);
	yes(exact, "round %d: every child got exactly its own", round);
	same(shared->slot[FOREIGN], 0, "round %d: nobody got another's", round);
}

int main(void)
{
	pid_t p[CHILDREN];
	char c, name[16];
	int round = 0;

	begin();
	for (int i = 0; i < CHILDREN; i++) {
		p[i] = server(COUNT + i);
		snprintf(name, sizeof name, "child %d", i);
		id(name, p[i]);
	}
	yes(true, "ready");
	while (read(0, &c, 1) == 1)
		if (c == 'g')
			signal_all(p, ++round);
	for (int i = 0; i < CHILDREN; i++)
		end(p[i]);
	return finish();
}
