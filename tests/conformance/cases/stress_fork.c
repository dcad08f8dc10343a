/* Test 49, first part: many processes at once. None is lost, none is foreign. */
#include "check.h"

#define MANY 1000
#define THREADS 4
#define EACH 50
#define DEPTH 5

static pid_t child[MANY];

static int find(pid_t p, int n)
{
	for (int i = 0; i < n; i++)
		if (child[i] == p)
			return i;
	return -1;
}

/* many are alive together, then all end together. */
static void many(void)
{
	bool distinct = true, known = true, status_ok = true;
	int gate[2], status;
	char c;

	if (pipe(gate))
		die("pipe");
	for (int i = 0; i < MANY; i++) {
		child[i] = spawn();
		if (child[i] == 0) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) == 0 ? i % 100 : 255);
		}
		distinct = distinct && find(child[i], i) == -1;
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < MANY; i++) {
		pid_t p = waitpid(-1, &status, 0);
		int at = find(p, MANY);

		known = known && p > 0 && at >= 0;
		if (at >= 0) {
			status_ok = status_ok && WIFEXITED(status) && WEXITSTATUS(status) == at % 100;
			child[at] = -1;
		}
	}
	yes(distinct, "1000 children alive at once: ids differ");
	yes(known, "1000 children: each is waited for once");
	yes(status_ok, "1000 children: each with its own status");
	gives(waitpid(-1, &status, 0), ECHILD, "1000 children: no more");
}

/* creator is a thread that creates and waits for its own children. */
static void *creator(void *arg)
{
	for (int i = 0; i < EACH; i++) {
		pid_t p = fork(), got;
		int status;

		if (p == 0)
			_exit(getppid() == root ? 7 : 8);
		if (p == -1)
			return (void *)1;
		while ((got = waitpid(p, &status, 0)) == -1 && errno == EINTR)
			;
		if (got != p || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
			return (void *)1;
	}
	return arg;
}

static void by_threads(void)
{
	pthread_t t[THREADS];
	bool ok = true;
	void *bad;

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, creator, NULL);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &bad);
		ok = ok && !bad;
	}
	yes(ok, "4 threads creating processes: each waits for its own");
}

static void *brief(void *arg) { return arg; }

/* thread_churn is threads coming and going in several processes. */
static void thread_churn(void)
{
	pid_t p[THREADS];

	for (int i = 0; i < THREADS; i++) {
		p[i] = spawn();
		if (p[i] == 0) {
			for (int k = 0; k < EACH; k++) {
				pthread_t t[2];

				for (int j = 0; j < 2; j++)
					if (pthread_create(&t[j], NULL, brief, NULL))
						_exit(1);
				for (int j = 0; j < 2; j++)
					pthread_join(t[j], NULL);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < THREADS; i++)
		ended(p[i]);
	yes(true, "processes whose threads come and go: all end well");
}

/* grow is a binary tree of processes; the status counts its nodes. */
static int grow(int depth)
{
	int n = 1, status;

	for (int i = 0; depth > 0 && i < 2; i++) {
		pid_t p = spawn();

		if (p == 0)
			_exit(grow(depth - 1));
	}
	for (int i = 0; depth > 0 && i < 2; i++) {
		if (waitpid(-1, &status, 0) <= 0 || !WIFEXITED(status))
			return 255;
		n += WEXITSTATUS(status);
	}
	return n;
}

int main(void)
{
	begin();
	many();
	by_threads();
	thread_churn();
	same(grow(DEPTH), (1 << (DEPTH + 1)) - 1, "a tree of processes: every node is counted");
	gives(waitpid(-1, NULL, 0), ECHILD, "no child is left");
	return finish();
}
