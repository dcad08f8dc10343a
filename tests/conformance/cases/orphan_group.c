/*
 * Test 19: a stopped process group that becomes orphaned gets SIGHUP and
 * SIGCONT; a stop signal from the keyboard no longer stops it.
 */
#include "check.h"

enum { MEMBER, HUP, CONT, ORDER, HUP_PID, CONT_PID, HUP_CODE, GO_ON, PARENT };

static void note(int sig, siginfo_t *si, void *uc)
{
	long order = ++shared->slot[ORDER];

	(void)uc;
	if (sig == SIGHUP) {
		shared->slot[HUP] = order;
		shared->slot[HUP_PID] = si->si_pid;
		shared->slot[HUP_CODE] = si->si_code;
	} else {
		shared->slot[CONT] = order;
		shared->slot[CONT_PID] = si->si_pid;
	}
}

static void member(pid_t parent)
{
	setpgid(0, 0);
	handle(SIGHUP, note, SA_RESTART);
	handle(SIGCONT, note, SA_RESTART);
	shared->slot[MEMBER] = getpid();
	kill(getpid(), SIGSTOP);
	until(shared->slot[HUP] && shared->slot[CONT]);
	until(getppid() != parent);
	shared->slot[PARENT] = getppid();
	kill(getpid(), SIGTSTP);
	shared->slot[GO_ON] = 1;
	_exit(0);
}

static void middle(void)
{
	int status;
	pid_t p;

	setsid();
	p = spawn();
	if (p == 0)
		member(getppid());
	same(waitpid(p, &status, WUNTRACED), p, "the member is stopped");
	_exit(0);
}

int main(void)
{
	pid_t p;
	int status;

	begin();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	p = spawn();
	if (p == 0)
		middle();
	ended(p);
	same(waitpid(-1, &status, 0), shared->slot[MEMBER], "the orphan ends and is reaped by the subreaper");
	same(status, 0, "with status 0");
	yes(shared->slot[HUP] > 0, "it got SIGHUP");
	yes(shared->slot[CONT] > 0, "it got SIGCONT");
	same(shared->slot[HUP_PID], 0, "SIGHUP: si_pid is 0");
	same(shared->slot[HUP_CODE], SI_KERNEL, "SIGHUP: si_code is SI_KERNEL");
	same(shared->slot[CONT_PID], 0, "SIGCONT: si_pid is 0");
	same(shared->slot[PARENT], root, "its new parent is the subreaper");
	yes(shared->slot[GO_ON], "SIGTSTP does not stop an orphaned group");
	id("member", shared->slot[MEMBER]);
	return finish();
}
