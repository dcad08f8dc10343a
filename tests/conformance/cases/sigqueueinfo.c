/*
 * Test 12: what a program writes into a siginfo arrives as it was written,
 * also when the number in si_pid is somebody's id.
 */
#include "check.h"

enum { SEEN, CODE, SENDER, UID, VALUE, ERRNO };

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[CODE] = si->si_code;
	shared->slot[SENDER] = si->si_pid;
	shared->slot[UID] = si->si_uid;
	shared->slot[ERRNO] = si->si_errno;
	shared->slot[VALUE] = si->si_value.sival_int;
	shared->slot[SEEN] = sig;
}

static void clear(void) { memset((void *)shared->slot, 0, sizeof shared->slot); }

static siginfo_t forged(int code, pid_t sender)
{
	siginfo_t si;

	memset(&si, 0, sizeof si);
	si.si_signo = SIGUSR1;
	si.si_errno = 5;
	si.si_code = code;
	si.si_pid = sender;
	si.si_uid = 4;
	si.si_value.sival_int = 42;
	return si;
}

static int queue(pid_t p, siginfo_t *si) { return syscall(SYS_rt_sigqueueinfo, p, SIGUSR1, si); }

static int queue_thread(pid_t p, pid_t t, siginfo_t *si)
{
	return syscall(SYS_rt_tgsigqueueinfo, p, t, SIGUSR1, si);
}

static int queue_pidfd(pid_t p, siginfo_t *si)
{
	int fd = syscall(SYS_pidfd_open, p, 0), ret;

	ret = syscall(SYS_pidfd_send_signal, fd, SIGUSR1, si, 0);
	close(fd);
	return ret;
}

/* unchanged checks the signal that came last against what was queued. */
static void unchanged(const char *how, const siginfo_t *si)
{
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], SIGUSR1, "%s: signal", how);
	same(shared->slot[CODE], si->si_code, "%s: si_code", how);
	same(shared->slot[ERRNO], si->si_errno, "%s: si_errno", how);
	same(shared->slot[SENDER], si->si_pid, "%s: si_pid", how);
	same(shared->slot[UID], si->si_uid, "%s: si_uid", how);
	/* A 32-bit siginfo has room for a value only with negative codes. */
	if (si->si_code < 0)
		same(shared->slot[VALUE], si->si_value.sival_int, "%s: value", how);
	clear();
}

/* to_oneself and from_child send one forged siginfo each way. */
static void to_oneself(const char *what, int code, pid_t sender)
{
	siginfo_t si = forged(code, sender);
	char how[80];

	snprintf(how, sizeof how, "to oneself, %s", what);
	gives(queue(getpid(), &si), 0, "%s", how);
	unchanged(how, &si);
	snprintf(how, sizeof how, "to the own thread, %s", what);
	gives(queue_thread(getpid(), gettid_raw(), &si), 0, "%s", how);
	unchanged(how, &si);
	snprintf(how, sizeof how, "to oneself by pidfd, %s", what);
	gives(queue_pidfd(getpid(), &si), 0, "%s", how);
	unchanged(how, &si);
}

static void from_child(const char *what, int code, pid_t sender)
{
	siginfo_t si = forged(code, sender);
	pid_t p = spawn();
	char how[80];

	snprintf(how, sizeof how, "from a child, %s", what);
	if (p == 0) {
		gives(queue(root, &si), 0, "%s", how);
		_exit(0);
	}
	ended(p);
	unchanged(how, &si);
}

static void wanted(const char *what, int code, pid_t sender)
{
	to_oneself(what, code, sender);
	from_child(what, code, sender);
}

/* Kernel codes may only be forged to oneself. */
static void refused(void)
{
	siginfo_t si = forged(SI_USER, getpid());
	pid_t p = sleeper();

	gives(queue(p, &si), EPERM, "SI_USER to a child");
	si = forged(SI_TKILL, getpid());
	gives(queue(p, &si), EPERM, "SI_TKILL to a child");
	gives(queue_thread(p, p, &si), EPERM, "SI_TKILL to a child's thread");
	si = forged(SI_QUEUE, getpid());
	gives(queue(NOBODY, &si), ESRCH, "SI_QUEUE to unknown");
	gives(queue(-1, &si), ESRCH, "SI_QUEUE to -1");
	gives(queue_thread(p, getpid(), &si), ESRCH, "SI_QUEUE to a thread of another process");
	gives(queue_thread(-1, getpid(), &si), EINVAL, "SI_QUEUE to group -1");
	gives(queue_thread(getpid(), 0, &si), EINVAL, "SI_QUEUE to thread 0");
	end(p);
	gives(queue(p, &si), ESRCH, "SI_QUEUE to a reaped child");
}

/* forged_kernel_codes are accepted from oneself; they too arrive unchanged. */
static void forged_kernel_codes(void)
{
	pid_t p = sleeper();

	to_oneself("SI_USER and own id", SI_USER, getpid());
	to_oneself("SI_USER and a child's id", SI_USER, p);
	to_oneself("SI_USER and 0", SI_USER, 0);
	to_oneself("SI_TKILL and own id", SI_TKILL, getpid());
	end(p);
	/* Who forwards a signal may do so after the end of its sender. */
	to_oneself("SI_USER and a reaped child's id", SI_USER, p);
	to_oneself("SI_USER and an id nobody has", SI_USER, NOBODY);
	to_oneself("SI_MESGQ and an id that nobody can have", SI_MESGQ, 0x12345678);
}

/*
 * forged_end is what the kernel would say of a child. Of si_signo it takes no
 * notice: the signal is the call's.
 */
static void forged_end(int signo)
{
	siginfo_t si = forged(CLD_KILLED, 0);
	pid_t p = sleeper();

	si.si_signo = signo;
	si.si_pid = p;
	si.si_errno = 0;
	gives(syscall(SYS_rt_sigqueueinfo, getpid(), SIGCHLD, &si), 0, "SIGCHLD to oneself, si_signo %d", signo);
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], SIGCHLD, "SIGCHLD to oneself: signal");
	same(shared->slot[SENDER], p, "SIGCHLD to oneself: si_pid");
	clear();
	signal(SIGCHLD, SIG_DFL);
	end(p);
}

static void waited(void)
{
	siginfo_t si = forged(SI_QUEUE, -5), got;
	sigset_t set;

	memset(&got, 0, sizeof got);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	queue(getpid(), &si);
	same(sigwaitinfo(&set, &got), SIGUSR1, "sigwaitinfo of a queued -5");
	yes(got.si_code == SI_QUEUE && got.si_pid == -5 && got.si_uid == 4, "sigwaitinfo of a queued -5: unchanged");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int main(void)
{
	const char *outside = getenv("CHECK_OUTSIDE");
	pid_t p;

	begin();
	handle(SIGUSR1, note, SA_RESTART);
	p = sleeper();
	wanted("own id", SI_QUEUE, getpid());
	wanted("a child's id", SI_QUEUE, p);
	wanted("0", SI_QUEUE, 0);
	wanted("-5", SI_QUEUE, -5);
	wanted("an id nobody has", SI_QUEUE, NOBODY);
	wanted("an id from outside", SI_QUEUE, outside ? atoi(outside) : 2);
	wanted("SI_ASYNCIO and own id", SI_ASYNCIO, getpid());
	wanted("SI_ASYNCNL and own id", SI_ASYNCNL, getpid());
	wanted("SI_MESGQ and own id", SI_MESGQ, getpid());
	end(p);
	refused();
	forged_kernel_codes();
	handle(SIGCHLD, note, SA_RESTART);
	forged_end(SIGCHLD);
	handle(SIGCHLD, note, SA_RESTART);
	forged_end(SIGUSR1);
	waited();
	return finish();
}
