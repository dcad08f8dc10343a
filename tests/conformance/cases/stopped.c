/* Test 20: stops and continues are reported for the right child. */
#include "check.h"

enum { TICKS };

/* ticker counts while it runs. */
static pid_t ticker(void)
{
	pid_t p = spawn();

	if (p == 0)
		for (;;) {
			shared->slot[TICKS]++;
			pause_ms(1);
		}
	return p;
}

static void stop_and_continue(const char *how, int sig)
{
	pid_t p = ticker(), other = sleeper();
	int status = 0;
	long ticks;

	until(shared->slot[TICKS] > 0);
	gives(kill(p, sig), 0, "%s: kill", how);
	same(waitpid(-1, &status, WUNTRACED), p, "%s: waitpid(-1, WUNTRACED) gives the child", how);
	yes(WIFSTOPPED(status) && WSTOPSIG(status) == sig, "%s: status says stopped by it", how);
	same(waitpid(-1, &status, WUNTRACED | WNOHANG), 0, "%s: reported once", how);
	ticks = shared->slot[TICKS];
	pause_ms(20);
	same(shared->slot[TICKS], ticks, "%s: it does not run", how);
	gives(kill(p, SIGCONT), 0, "%s: kill SIGCONT", how);
	same(waitpid(p, &status, WCONTINUED), p, "%s: waitpid(id, WCONTINUED) gives the child", how);
	yes(WIFCONTINUED(status), "%s: status says continued", how);
	same(waitpid(-1, &status, WCONTINUED | WUNTRACED | WNOHANG), 0, "%s: continue is reported once", how);
	until(shared->slot[TICKS] > ticks);
	yes(true, "%s: it runs again", how);
	end(p);
	end(other);
	shared->slot[TICKS] = 0;
}

static void not_asked(void)
{
	pid_t p = sleeper();
	int status;

	kill(p, SIGSTOP);
	waitpid(p, &status, WUNTRACED);
	kill(p, SIGCONT);
	same(waitpid(p, &status, WNOHANG), 0, "without WUNTRACED waitpid gives 0");
	kill(p, SIGSTOP);
	same(waitpid(p, &status, WUNTRACED), p, "second stop is reported again");
	end(p);
	yes(true, "SIGKILL ends a stopped child");
}

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	if (si->si_code != CLD_STOPPED && si->si_code != CLD_CONTINUED)
		return;
	shared->slot[10] = si->si_pid;
	shared->slot[11] = si->si_status;
	shared->slot[12] = si->si_code;
}

static void by_signal(void)
{
	pid_t p;

	handle(SIGCHLD, note, SA_RESTART);
	p = sleeper();
	kill(p, SIGSTOP);
	until(shared->slot[12] == CLD_STOPPED);
	same(shared->slot[10], p, "SIGCHLD of the stop: si_pid");
	same(shared->slot[11], SIGSTOP, "SIGCHLD of the stop: si_status");
	kill(p, SIGCONT);
	until(shared->slot[12] == CLD_CONTINUED);
	same(shared->slot[10], p, "SIGCHLD of the continue: si_pid");
	same(shared->slot[11], SIGCONT, "SIGCHLD of the continue: si_status");
	end(p);
	signal(SIGCHLD, SIG_DFL);
}

static void *ticking(void *arg)
{
	(void)arg;
	for (;;) {
		shared->slot[20]++;
		pause_ms(1);
	}
	return NULL;
}

/* A stop stops all threads. */
static void threads(void)
{
	pid_t p = spawn();
	int status;
	long ticks;

	if (p == 0) {
		pthread_t t;

		pthread_create(&t, NULL, ticking, NULL);
		for (;;)
			pause();
	}
	until(shared->slot[20] > 0);
	kill(p, SIGSTOP);
	same(waitpid(p, &status, WUNTRACED), p, "threads: waitpid gives the process");
	ticks = shared->slot[20];
	pause_ms(20);
	same(shared->slot[20], ticks, "threads: no thread runs");
	kill(p, SIGCONT);
	until(shared->slot[20] > ticks);
	yes(true, "threads: they run again");
	end(p);
}

static void raise_stop(void)
{
	pid_t p = spawn();
	int status = 0;

	if (p == 0) {
		raise(SIGSTOP);
		_exit(4);
	}
	same(waitpid(p, &status, WUNTRACED), p, "raise(SIGSTOP): reported");
	yes(WIFSTOPPED(status), "raise(SIGSTOP): as a stop");
	kill(p, SIGCONT);
	same(WEXITSTATUS(reap(p)), 4, "raise(SIGSTOP): goes on after SIGCONT");
	id("last", p);
}

int main(void)
{
	begin();
	stop_and_continue("SIGSTOP", SIGSTOP);
	stop_and_continue("SIGTSTP", SIGTSTP);
	not_asked();
	by_signal();
	threads();
	raise_stop();
	return finish();
}
