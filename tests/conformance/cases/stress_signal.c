/* Test 49, second part: signals in the middle of everything. */
#include "check.h"

#define FORKS 200
#define SENDERS 4
#define EACH 50

enum { HANDLED, STOP_STORM, FIRST = 8, FOREIGN = 40 };

static void count(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)si, (void)uc;
	shared->slot[HANDLED]++;
}

/* pest sends signals to the root until it is killed. */
static pid_t pest(int sig)
{
	pid_t p = spawn();

	if (p == 0)
		for (;;) {
			kill(root, sig);
			usleep(200);
		}
	return p;
}

/* A fork that a signal interrupts is begun again: exactly one child each. */
static void during_fork(void)
{
	bool right = true, ok = true;
	pid_t p = pest(SIGUSR1);

	until(shared->slot[HANDLED] > 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t q = fork();
		int status;

		if (q == 0)
			_exit(getppid() == root ? 3 : 4);
		ok = ok && q > 0;
		status = reap(q);
		right = right && WIFEXITED(status) && WEXITSTATUS(status) == 3;
	}
	end(p);
	yes(ok, "signals during fork: each fork gives a child");
	yes(right, "signals during fork: each child is waited for with its status");
	gives(waitpid(-1, NULL, 0), ECHILD, "signals during fork: no other child");
}

static pid_t sender[SENDERS];

static void tally(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	for (int i = 0; i < SENDERS; i++)
		if (si->si_pid == sender[i] && si->si_value.sival_int == i) {
			shared->slot[FIRST + i]++;
			return;
		}
	shared->slot[FOREIGN]++;
}

/* Queued signals of several senders: none is lost, each names its sender. */
static void queued(void)
{
	int sig = SIGRTMIN + 2;
	bool all = true;

	handle(sig, tally, SA_RESTART);
	for (int i = 0; i < SENDERS; i++) {
		sender[i] = spawn();
		if (sender[i] == 0) {
			until(shared->slot[STOP_STORM]);
			for (int k = 0; k < EACH; k++)
				while (sigqueue(root, sig, (union sigval){ .sival_int = i }) == -1 && errno == EAGAIN)
					usleep(100);
			_exit(0);
		}
	}
	shared->slot[STOP_STORM] = 1;
	for (int i = 0; i < SENDERS; i++)
		ended(sender[i]);
	for (int i = 0; i < SENDERS; i++) {
		until(shared->slot[FIRST + i] >= EACH);
		all = all && shared->slot[FIRST + i] == EACH;
	}
	yes(all, "queued signals: each arrives once, from its sender");
	same(shared->slot[FOREIGN], 0, "queued signals: none from anybody else");
	shared->slot[STOP_STORM] = 0;
}

/* worker forks and waits until it is told to stop, whatever stops it. */
static int worker(void)
{
	int n = 0;

	while (!shared->slot[STOP_STORM]) {
		pid_t p = fork();
		int status;

		if (p == 0)
			_exit(5);
		if (p == -1)
			return 1;
		while (waitpid(p, &status, 0) == -1)
			if (errno != EINTR)
				return 2;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 5)
			return 3;
		n++;
	}
	return n > 0 ? 0 : 4;
}

static void stop_storm(void)
{
	bool stops = true, continues = true;
	pid_t p = spawn();
	int status;

	if (p == 0)
		_exit(worker());
	for (int i = 0; i < 50; i++) {
		usleep(500);
		kill(p, SIGSTOP);
		stops = stops && waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status);
		kill(p, SIGCONT);
		continues = continues && waitpid(p, &status, WCONTINUED) == p && WIFCONTINUED(status);
	}
	shared->slot[STOP_STORM] = 1;
	yes(stops, "stop and continue 50 times: each stop is reported");
	yes(continues, "stop and continue 50 times: each continue is reported");
	same(reap(p), 0, "stop and continue 50 times: the work went on");
	shared->slot[STOP_STORM] = 0;
}

/* Stop and continue without waiting for either. */
static void blind_storm(void)
{
	pid_t p = spawn();
	int status;

	if (p == 0)
		_exit(worker());
	for (int i = 0; i < 300; i++)
		kill(p, i % 2 ? SIGCONT : SIGSTOP);
	kill(p, SIGCONT);
	shared->slot[STOP_STORM] = 1;
	status = reap(p);
	yes(WIFEXITED(status), "stop and continue blindly: it ends by itself");
	shared->slot[STOP_STORM] = 0;
}

/* Killing processes that are just being created leaves nothing behind. */
static void kill_storm(void)
{
	bool ok = true;

	for (int i = 0; i < 50; i++) {
		pid_t p = spawn();
		int status;

		if (p == 0) {
			prctl(PR_SET_CHILD_SUBREAPER, 1);
			_exit(worker());
		}
		if (i % 2)
			usleep(i * 20);
		ok = ok && kill(p, SIGKILL) == 0;
		status = reap(p);
		ok = ok && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	yes(ok, "killed while forking: each dies of SIGKILL");
}

/* Killing processes that are just being stopped. */
static void kill_stopping(void)
{
	bool ok = true;

	for (int i = 0; i < 300; i++) {
		pid_t p = sleeper();
		int status;

		if (i % 4 == 1)
			usleep(i % 50);
		ok = ok && kill(p, SIGSTOP) == 0;
		if (i % 3 == 0)
			ok = ok && waitpid(p, &status, WUNTRACED) == p && WIFSTOPPED(status);
		else if (i % 3 == 1)
			usleep(i % 97);
		ok = ok && kill(p, SIGKILL) == 0;
		status = reap(p);
		ok = ok && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	yes(ok, "killed while being stopped: each dies of SIGKILL");
}

int main(void)
{
	begin();
	handle(SIGUSR1, count, SA_RESTART);
	during_fork();
	queued();
	stop_storm();
	blind_storm();
	kill_storm();
	kill_stopping();
	gives(waitpid(-1, NULL, 0), ECHILD, "no child is left");
	return finish();
}
