/*
 * Test 13: signals that are waited for or read tell the same sender as a
 * handler, and timer signals keep their timer id in the same place.
 */
#include "check.h"

#include <sys/signalfd.h>

enum { SENDER, TIMER, SEEN };

static sigset_t set;

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[SENDER] = si->si_pid;
	shared->slot[TIMER] = si->si_timerid;
	shared->slot[SEEN] = sig;
}

/* from_child has a child send SIGUSR1 and end. */
static pid_t from_child(void)
{
	pid_t p = spawn();

	if (p == 0) {
		kill(root, SIGUSR1);
		_exit(0);
	}
	ended(p);
	return p;
}

static void waits(void)
{
	struct timespec soon = { 10, 0 }, now = { 0, 0 };
	siginfo_t si;
	pid_t p = from_child();

	same(sigwaitinfo(&set, &si), SIGUSR1, "sigwaitinfo: signal");
	same(si.si_pid, p, "sigwaitinfo: si_pid of a child that has ended");
	same(si.si_code, SI_USER, "sigwaitinfo: si_code");
	p = from_child();
	same(sigtimedwait(&set, &si, &soon), SIGUSR1, "sigtimedwait: signal");
	same(si.si_pid, p, "sigtimedwait: si_pid");
	gives(sigtimedwait(&set, &si, &now), EAGAIN, "sigtimedwait when there is none");
	raise(SIGUSR1);
	/* Raw, because the C library presents SI_TKILL as SI_USER here. */
	same(syscall(SYS_rt_sigtimedwait, &set, &si, NULL, 8), SIGUSR1, "rt_sigtimedwait of raise: signal");
	same(si.si_pid, getpid(), "rt_sigtimedwait of raise: si_pid == getpid");
	same(si.si_code, SI_TKILL, "rt_sigtimedwait of raise: si_code");
	raise(SIGUSR1);
	same(sigwaitinfo(&set, &si), SIGUSR1, "sigwaitinfo of raise: signal");
	same(si.si_pid, getpid(), "sigwaitinfo of raise: si_pid == getpid");
	from_child();
	same(sigwaitinfo(&set, NULL), SIGUSR1, "sigwaitinfo without siginfo");
}

static void blocked_wait(void)
{
	siginfo_t si;
	pid_t p = spawn();

	if (p == 0) {
		pause_ms(10);
		kill(root, SIGUSR1);
		_exit(0);
	}
	same(sigwaitinfo(&set, &si), SIGUSR1, "sigwaitinfo that sleeps: signal");
	same(si.si_pid, p, "sigwaitinfo that sleeps: si_pid");
	ended(p);
}

static void child_info(void)
{
	struct signalfd_siginfo got;
	siginfo_t si;
	sigset_t chld;
	int fd;
	pid_t p;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	p = spawn();
	if (p == 0)
		_exit(33);
	same(sigwaitinfo(&chld, &si), SIGCHLD, "sigwaitinfo of SIGCHLD");
	same(si.si_pid, p, "sigwaitinfo of SIGCHLD: si_pid");
	same(si.si_status, 33, "sigwaitinfo of SIGCHLD: si_status");
	reap(p);
	fd = signalfd(-1, &chld, 0);
	p = spawn();
	if (p == 0)
		_exit(34);
	same(read(fd, &got, sizeof got), sizeof got, "signalfd of SIGCHLD: read");
	same(got.ssi_signo, SIGCHLD, "signalfd of SIGCHLD: signal");
	same(got.ssi_pid, p, "signalfd of SIGCHLD: ssi_pid");
	same(got.ssi_status, 34, "signalfd of SIGCHLD: ssi_status");
	reap(p);
	close(fd);
	sigprocmask(SIG_UNBLOCK, &chld, NULL);
}

/* One read gives several signals. */
static void reads(void)
{
	struct signalfd_siginfo got[4];
	sigset_t both = set;
	int fd;
	pid_t p;

	memset(got, 0, sizeof got);
	sigaddset(&both, SIGUSR2);
	sigprocmask(SIG_BLOCK, &both, NULL);
	fd = signalfd(-1, &both, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd == -1)
		die("signalfd");
	p = from_child();
	kill(getpid(), SIGUSR2);
	same(read(fd, got, sizeof got), 2 * sizeof got[0], "signalfd: one read gives both signals");
	same(got[0].ssi_signo, SIGUSR1, "signalfd: the first is the child's");
	same(got[0].ssi_pid, p, "signalfd: its ssi_pid");
	same(got[1].ssi_signo, SIGUSR2, "signalfd: the second is the own");
	same(got[1].ssi_pid, getpid(), "signalfd: its ssi_pid == getpid");
	gives(read(fd, got, sizeof got), EAGAIN, "signalfd: then there is none");
	close(fd);
	sigdelset(&both, SIGUSR1);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
}

/* An inherited signalfd reads the signals of the reader. */
static void inherited(void)
{
	int fd = signalfd(-1, &set, 0);
	pid_t p = spawn();

	if (p == 0) {
		struct signalfd_siginfo got;

		same(read(fd, &got, sizeof got), sizeof got, "inherited signalfd: read in the child");
		same(got.ssi_pid, root, "inherited signalfd: ssi_pid == the parent that sent it");
		_exit(0);
	}
	kill(p, SIGUSR1);
	ended(p);
	close(fd);
}

static timer_t timer_soon(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec in = { .it_value = { 0, 1000000 } };
	timer_t t;

	ev.sigev_value.sival_int = 77;
	if (timer_create(CLOCK_MONOTONIC, &ev, &t) || timer_settime(t, 0, &in, NULL))
		die("timer");
	return t;
}

static void timers(void)
{
	struct signalfd_siginfo got;
	siginfo_t si;
	timer_t t = timer_soon();
	int fd;

	same(sigwaitinfo(&set, &si), SIGUSR1, "timer: sigwaitinfo");
	same(si.si_code, SI_TIMER, "timer: si_code is SI_TIMER");
	same(si.si_timerid, (long)t, "timer: si_timerid is the timer");
	same(si.si_value.sival_int, 77, "timer: value");
	timer_delete(t);
	t = timer_soon();
	fd = signalfd(-1, &set, 0);
	same(read(fd, &got, sizeof got), sizeof got, "timer: signalfd");
	same(got.ssi_tid, (long)t, "timer: ssi_tid is the timer");
	close(fd);
	timer_delete(t);
	handle(SIGUSR1, note, 0);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	t = timer_soon();
	until(shared->slot[SEEN]);
	same(shared->slot[TIMER], (long)t, "timer: a handler sees the timer's id");
	timer_delete(t);
}

int main(void)
{
	begin();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	waits();
	blocked_wait();
	child_info();
	reads();
	inherited();
	timers();
	return finish();
}
