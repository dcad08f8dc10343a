/* Test 6: waitid fills si_pid, si_status and si_code, or clears them. */
#include "check.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static pid_t exiting(int code)
{
	pid_t p = spawn();

	if (p == 0)
		_exit(code);
	return p;
}

/* expect checks the outcome of a successful waitid. */
static void expect(const char *how, int ret, const siginfo_t *si, pid_t p, int code, int status)
{
	gives(ret, 0, "%s", how);
	same(si->si_pid, p, "%s: si_pid", how);
	same(si->si_signo, SIGCHLD, "%s: si_signo is SIGCHLD", how);
	same(si->si_code, code, "%s: si_code", how);
	same(si->si_status, status, "%s: si_status", how);
	same(si->si_uid, getuid(), "%s: si_uid", how);
}

static void by_id(void)
{
	siginfo_t si = { 0 };
	pid_t p = exiting(11);

	expect("P_PID with WNOWAIT", waitid(P_PID, p, &si, WEXITED | WNOWAIT), &si, p, CLD_EXITED, 11);
	memset(&si, 0, sizeof si);
	expect("P_PID", waitid(P_PID, p, &si, WEXITED), &si, p, CLD_EXITED, 11);
	id("child", p);
	p = sleeper();
	kill(p, SIGTERM);
	expect("P_PID of a killed child", waitid(P_PID, p, &si, WEXITED), &si, p, CLD_KILLED, SIGTERM);
}

static void any(void)
{
	siginfo_t si = { 0 };
	pid_t p = exiting(12);

	expect("P_ALL", waitid(P_ALL, 0, &si, WEXITED), &si, p, CLD_EXITED, 12);
	p = exiting(12);
	expect("P_ALL with an id to ignore", waitid(P_ALL, NOBODY, &si, WEXITED), &si, p, CLD_EXITED, 12);
}

static void by_group(void)
{
	siginfo_t si = { 0 };
	pid_t p = exiting(13), q = sleeper();

	setpgid(q, q);
	expect("P_PGID 0", waitid(P_PGID, 0, &si, WEXITED), &si, p, CLD_EXITED, 13);
	p = exiting(14);
	expect("P_PGID own group", waitid(P_PGID, getpgrp(), &si, WEXITED), &si, p, CLD_EXITED, 14);
	kill(q, SIGKILL);
	expect("P_PGID other group", waitid(P_PGID, q, &si, WEXITED), &si, q, CLD_KILLED, SIGKILL);
}

static void by_pidfd(void)
{
	siginfo_t si = { 0 };
	pid_t p = exiting(15);
	int fd = syscall(SYS_pidfd_open, p, 0);

	if (fd == -1)
		die("pidfd_open");
	expect("P_PIDFD", waitid(P_PIDFD, fd, &si, WEXITED), &si, p, CLD_EXITED, 15);
	close(fd);
}

static void stopped(void)
{
	siginfo_t si = { 0 };
	pid_t p = sleeper();

	kill(p, SIGSTOP);
	expect("WSTOPPED", waitid(P_PID, p, &si, WSTOPPED), &si, p, CLD_STOPPED, SIGSTOP);
	kill(p, SIGCONT);
	expect("WCONTINUED", waitid(P_ALL, 0, &si, WCONTINUED), &si, p, CLD_CONTINUED, SIGCONT);
	end(p);
}

/* cleared says whether the fields are zero after a call that found nothing. */
static void cleared(const char *how, const siginfo_t *si)
{
	same(si->si_pid, 0, "%s: si_pid is 0", how);
	same(si->si_signo, 0, "%s: si_signo is 0", how);
}

static void nothing(void)
{
	siginfo_t si;
	pid_t p = sleeper();

	memset(&si, 0x55, sizeof si);
	gives(waitid(P_PID, p, &si, WEXITED | WNOHANG), 0, "WNOHANG of a living child");
	cleared("WNOHANG of a living child", &si);
	memset(&si, 0x55, sizeof si);
	gives(waitid(P_PID, NOBODY, &si, WEXITED), ECHILD, "P_PID unknown");
	cleared("P_PID unknown", &si);
	memset(&si, 0x55, sizeof si);
	gives(waitid(P_PGID, NOBODY, &si, WEXITED), ECHILD, "P_PGID unknown");
	cleared("P_PGID unknown", &si);
	memset(&si, 0x55, sizeof si);
	gives(waitid(P_PID, getpid(), &si, WEXITED | WNOHANG), ECHILD, "P_PID own id");
	cleared("P_PID own id", &si);
	end(p);
	memset(&si, 0x55, sizeof si);
	gives(waitid(P_PID, p, &si, WEXITED), ECHILD, "P_PID reaped");
	cleared("P_PID reaped", &si);
}

static void invalid(void)
{
	siginfo_t si;

	gives(waitid(P_PID, 0, &si, WEXITED), EINVAL, "P_PID 0");
	gives(waitid(P_PID, -1, &si, WEXITED), EINVAL, "P_PID -1");
	gives(waitid(P_PGID, -1, &si, WEXITED), EINVAL, "P_PGID -1");
	gives(waitid(P_PID, NOBODY, &si, 0), EINVAL, "no state asked for");
	gives(waitid(9, NOBODY, &si, WEXITED), EINVAL, "unknown kind of id");
	gives(waitid(P_PIDFD, 0x7000, &si, WEXITED), EBADF, "P_PIDFD of no file");
}

/* Without a siginfo the call works all the same. */
static void no_info(void)
{
	pid_t p = exiting(16);

	gives(syscall(SYS_waitid, P_PID, p, NULL, WEXITED, NULL), 0, "NULL siginfo");
	gives(waitpid(p, NULL, 0), ECHILD, "NULL siginfo: the child is reaped");
}

int main(void)
{
	begin();
	by_id();
	any();
	by_group();
	by_pidfd();
	stopped();
	nothing();
	invalid();
	no_info();
	return finish();
}
