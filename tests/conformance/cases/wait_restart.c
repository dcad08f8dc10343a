/* Test 7: a wait that a signal interrupts still waits for the right child. */
#include "check.h"

enum { HANDLED, DONE, MIDDLE_GOT, WANT, GO };

static void count(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)si, (void)uc;
	shared->slot[HANDLED]++;
}

/* Linux restarts the call: the child's signals are handled in between. */
static void restarted(void)
{
	pid_t p, got;
	int status = 0;

	handle(SIGUSR1, count, SA_RESTART);
	p = spawn();
	if (p == 0) {
		for (int i = 0; i < 5; i++) {
			long before = shared->slot[HANDLED];

			pause_ms(5);
			kill(root, SIGUSR1);
			until(shared->slot[HANDLED] > before);
		}
		_exit(7);
	}
	got = waitpid(p, &status, 0);
	same(got, p, "SA_RESTART: waitpid(id) gives the child");
	same(WEXITSTATUS(status), 7, "SA_RESTART: with its status");
	same(shared->slot[HANDLED], 5, "SA_RESTART: the handler ran each time");
	shared->slot[HANDLED] = 0;
}

/* The same with waitid, whose siginfo is filled at last. */
static void waitid_restarted(void)
{
	siginfo_t si = { 0 };
	pid_t p = spawn();

	if (p == 0) {
		for (int i = 0; i < 3; i++) {
			long before = shared->slot[HANDLED];

			pause_ms(5);
			kill(root, SIGUSR1);
			until(shared->slot[HANDLED] > before);
		}
		_exit(9);
	}
	gives(waitid(P_PID, p, &si, WEXITED), 0, "SA_RESTART: waitid(P_PID)");
	same(si.si_pid, p, "SA_RESTART: si_pid is the child");
	same(si.si_status, 9, "SA_RESTART: si_status");
	shared->slot[HANDLED] = 0;
}

static void interrupted(void)
{
	pid_t p, got;
	int e;

	handle(SIGUSR1, count, 0);
	p = spawn();
	if (p == 0) {
		while (!shared->slot[DONE]) {
			kill(root, SIGUSR1);
			pause_ms(5);
		}
		_exit(0);
	}
	got = waitpid(p, NULL, 0);
	e = errno;
	shared->slot[DONE] = 1;
	errno = e;
	gives(got, EINTR, "no SA_RESTART: waitpid(id)");
	while ((got = waitpid(p, NULL, 0)) == -1 && errno == EINTR)
		;
	same(got, p, "no SA_RESTART: the retry gives the child");
	signal(SIGUSR1, SIG_DFL);
	memset((void *)shared->slot, 0, sizeof shared->slot);
}

/* A stop and a continue interrupt the call without any handler. */
static void across_stop(void)
{
	pid_t middle = spawn();
	int status;

	if (middle == 0) {
		pid_t p = spawn();

		if (p == 0) {
			until(shared->slot[GO]);
			_exit(5);
		}
		shared->slot[WANT] = p;
		shared->slot[MIDDLE_GOT] = waitpid(p, &status, 0);
		_exit(0);
	}
	until(shared->slot[WANT]);
	for (int i = 0; i < 3; i++) {
		pause_ms(5);
		kill(middle, SIGSTOP);
		same(waitpid(middle, &status, WUNTRACED), middle, "stop %d: the waiting child stops", i);
		kill(middle, SIGCONT);
		same(waitpid(middle, &status, WCONTINUED), middle, "stop %d: and continues", i);
	}
	shared->slot[GO] = 1;
	ended(middle);
	same(shared->slot[MIDDLE_GOT], shared->slot[WANT], "stops: its waitpid(id) gives the grandchild");
}

#ifdef __x86_64__
/* raw_wait4 tells whether the argument registers are as they were. */
static long raw_wait4(long pid, int *status, bool *kept)
{
	long ret, rdi = pid, rsi = (long)status, rdx = 0;
	register long r10 __asm__("r10") = 0;

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10)
			 : "0"((long)SYS_wait4)
			 : "rcx", "r11", "memory");
	*kept = rdi == pid && rsi == (long)status && rdx == 0 && r10 == 0;
	return ret;
}
#else
static long raw_wait4(long pid, int *status, bool *kept)
{
	long ret, ebx = pid, ecx = (long)status, edx = 0, esi = 0;

	__asm__ volatile("int $0x80"
			 : "=a"(ret), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi)
			 : "0"((long)SYS_wait4)
			 : "memory");
	*kept = ebx == pid && ecx == (long)status && edx == 0 && esi == 0;
	return ret;
}
#endif

static void registers(void)
{
	pid_t p = spawn();
	bool kept = false;
	int status = 0;

	if (p == 0)
		_exit(3);
	same(raw_wait4(p, &status, &kept), p, "raw wait4: gives the child");
	yes(kept, "raw wait4: argument registers are preserved");
	same(raw_wait4(p, &status, &kept), -ECHILD, "raw wait4 of the reaped: ECHILD");
	yes(kept, "raw wait4 of the reaped: argument registers are preserved");
	id("last", p);
}

int main(void)
{
	begin();
	restarted();
	waitid_restarted();
	interrupted();
	across_stop();
	registers();
	return finish();
}
