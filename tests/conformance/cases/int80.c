/*
 * Test 47: i386 system calls, from a 32-bit program or from 64-bit code by
 * int 0x80. They have numbers and layouts of their own, and they must tell
 * the same ids.
 */
#include "check.h"

/* The numbers and layouts are those of i386 whatever this is compiled for. */
enum {
	NR_FORK = 2, NR_WAITPID = 7, NR_GETPID = 20, NR_KILL = 37, NR_FCNTL = 55, NR_SETPGID = 57, NR_GETPPID = 64,
	NR_GETPGRP = 65, NR_SETSID = 66, NR_GETPRIORITY = 96, NR_WAIT4 = 114, NR_CLONE = 120, NR_GETPGID = 132,
	NR_GETSID = 147, NR_SCHED_GETSCHEDULER = 157, NR_RT_SIGTIMEDWAIT = 177, NR_RT_SIGQUEUEINFO = 178,
	NR_GETTID = 224, NR_TKILL = 238, NR_SET_TID_ADDRESS = 258, NR_TGKILL = 270, NR_WAITID = 284, NR_PRLIMIT64 = 340,
	NR_PIDFD_OPEN = 434,
};

struct info32 {
	int32_t signo, error, code, pid, uid, status;
	char rest[104];
};

struct flock32 {
	int16_t type, whence;
	int32_t start, len, pid;
};

/* low is memory that a 32-bit pointer reaches. */
static struct {
	struct info32 info;
	struct flock32 lock;
	int32_t word[4];
	uint32_t set[2];
} *low;

static long call(long nr, long a, long b, long c, long d, long e)
{
	int32_t ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory"
#ifdef __x86_64__
			   , "r8", "r9", "r10", "r11"
#endif
	);
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static long at(volatile void *p) { return (long)(uintptr_t)p; }

static void identity(void)
{
	same(call(NR_GETPID, 0, 0, 0, 0, 0), getpid(), "getpid agrees");
	same(call(NR_GETTID, 0, 0, 0, 0, 0), gettid_raw(), "gettid agrees");
	same(call(NR_GETPPID, 0, 0, 0, 0, 0), getppid(), "getppid agrees");
	same(call(NR_GETPGRP, 0, 0, 0, 0, 0), getpgrp(), "getpgrp agrees");
	same(call(NR_GETPGID, getpid(), 0, 0, 0, 0), getpgrp(), "getpgid(own id) agrees");
	same(call(NR_GETSID, 0, 0, 0, 0, 0), getsid(0), "getsid(0) agrees");
	same(call(NR_GETSID, getpid(), 0, 0, 0, 0), getsid(0), "getsid(own id) agrees");
	gives(call(NR_GETPGID, NOBODY, 0, 0, 0, 0), ESRCH, "getpgid(unknown)");
}

static pid_t fork32(void)
{
	pid_t p = call(NR_FORK, 0, 0, 0, 0, 0);

	if (p == -1)
		die("fork");
	return p;
}

static void creation(void)
{
	pid_t p = fork32();

	if (p == 0) {
		shared->slot[0] = call(NR_GETPID, 0, 0, 0, 0, 0);
		shared->slot[1] = call(NR_GETPPID, 0, 0, 0, 0, 0);
		shared->slot[2] = syscall(SYS_getpid);
		_exit(5);
	}
	same(call(NR_WAITPID, p, at(&low->word[0]), 0, 0, 0), p, "fork, waitpid: the child's id");
	same(WEXITSTATUS(low->word[0]), 5, "waitpid: the status");
	same(shared->slot[0], p, "fork: child getpid");
	same(shared->slot[2], p, "fork: child getpid, native");
	same(shared->slot[1], root, "fork: child getppid");
	gives(call(NR_WAITPID, p, 0, 0, 0, 0), ECHILD, "waitpid(reaped)");
	p = fork32();
	if (p == 0)
		_exit(6);
	same(call(NR_WAIT4, -1, at(&low->word[0]), 0, 0, 0), p, "wait4(-1): the child's id");
	same(WEXITSTATUS(low->word[0]), 6, "wait4: the status");
	id("second child", p);
}

static void clone_words(void)
{
	pid_t p;

	low->word[0] = low->word[1] = 0;
	p = call(NR_CLONE, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, at(&low->word[0]), 0, at(&low->word[1]));
	if (p == 0)
		_exit(low->word[1] == call(NR_GETPID, 0, 0, 0, 0, 0) ? 0 : 1);
	same(low->word[0], p, "clone: CLONE_PARENT_SETTID word");
	same(reap(p), 0, "clone: CLONE_CHILD_SETTID word");
}

static void wait_info(void)
{
	pid_t p = fork32();

	if (p == 0)
		_exit(9);
	memset(&low->info, 0x55, sizeof low->info);
	gives(call(NR_WAITID, P_PID, p, at(&low->info), WEXITED, 0), 0, "waitid(P_PID)");
	same(low->info.pid, p, "waitid: si_pid");
	same(low->info.signo, SIGCHLD, "waitid: si_signo");
	same(low->info.code, CLD_EXITED, "waitid: si_code");
	same(low->info.status, 9, "waitid: si_status");
	memset(&low->info, 0x55, sizeof low->info);
	gives(call(NR_WAITID, P_PID, p, at(&low->info), WEXITED, 0), ECHILD, "waitid(reaped)");
	same(low->info.pid, 0, "waitid(reaped): si_pid is 0");
}

static void signals(void)
{
	siginfo_t got;
	sigset_t set;
	pid_t p;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	low->set[0] = 1u << (SIGUSR1 - 1);
	p = fork32();
	if (p == 0)
		_exit(call(NR_KILL, root, SIGUSR1, 0, 0, 0) != 0);
	memset(&low->info, 0, sizeof low->info);
	same(call(NR_RT_SIGTIMEDWAIT, at(low->set), at(&low->info), 0, 8, 0), SIGUSR1, "kill, rt_sigtimedwait: signal");
	same(low->info.pid, p, "rt_sigtimedwait: si_pid");
	ended(p);
	gives(call(NR_TGKILL, getpid(), gettid_raw(), SIGUSR1, 0, 0), 0, "tgkill(own id, own thread)");
	sigwaitinfo(&set, &got);
	same(got.si_pid, getpid(), "tgkill: si_pid");
	gives(call(NR_TKILL, gettid_raw(), SIGUSR1, 0, 0, 0), 0, "tkill(own thread)");
	sigwaitinfo(&set, &got);
	memset(&low->info, 0, sizeof low->info);
	low->info.signo = SIGUSR1;
	low->info.code = SI_QUEUE;
	low->info.pid = -5;
	gives(call(NR_RT_SIGQUEUEINFO, getpid(), SIGUSR1, at(&low->info), 0, 0), 0, "rt_sigqueueinfo(own id)");
	sigwaitinfo(&set, &got);
	same(got.si_pid, -5, "rt_sigqueueinfo: si_pid is unchanged");
	gives(call(NR_KILL, NOBODY, 0, 0, 0, 0), ESRCH, "kill(unknown)");
	gives(call(NR_KILL, p, 0, 0, 0, 0), ESRCH, "kill(reaped)");
	gives(call(NR_TGKILL, -1, 0, 0, 0, 0), EINVAL, "tgkill(-1)");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void groups(void)
{
	pid_t p = sleeper(), q;

	gives(call(NR_SETPGID, p, p, 0, 0, 0), 0, "setpgid(child, child)");
	same(getpgid(p), p, "setpgid: native getpgid agrees");
	gives(call(NR_KILL, -p, SIGKILL, 0, 0, 0), 0, "kill(-group)");
	same(call(NR_WAITPID, -p, 0, 0, 0, 0), p, "waitpid(-group)");
	q = fork32();
	if (q == 0) {
		pid_t s = call(NR_SETSID, 0, 0, 0, 0, 0);

		_exit(s == getpid() && getsid(0) == s && call(NR_SETSID, 0, 0, 0, 0, 0) == -1 ? 0 : 1);
	}
	same(reap(q), 0, "setsid gives the own id, and fails the second time");
}

static void tid_address(void)
{
	pid_t p = fork32();

	if (p == 0)
		_exit(call(NR_SET_TID_ADDRESS, at(&low->word[2]), 0, 0, 0, 0) == getpid() ? 0 : 1);
	same(reap(p), 0, "set_tid_address gives the id");
}

static void others(void)
{
	pid_t p;
	int fd = memfd_create("lock", 0);

	p = spawn();
	if (p == 0) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };

		fcntl(fd, F_SETLK, &l);
		shared->slot[9] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[9]);
	low->lock = (struct flock32){ F_WRLCK, SEEK_SET, 0, 1, -77 };
	gives(call(NR_FCNTL, fd, 5, at(&low->lock), 0, 0), 0, "F_GETLK");
	same(low->lock.pid, p, "F_GETLK: l_pid");
	gives(call(NR_SCHED_GETSCHEDULER, p, 0, 0, 0, 0), 0, "sched_getscheduler(child)");
	same(call(NR_GETPRIORITY, 0, p, 0, 0, 0), 20, "getpriority(child)");
	gives(call(NR_PRLIMIT64, p, 7, 0, 0, 0), 0, "prlimit64(child)");
	yes(call(NR_PIDFD_OPEN, p, 0, 0, 0, 0) > 2, "pidfd_open(child)");
	end(p);
	gives(call(NR_SCHED_GETSCHEDULER, p, 0, 0, 0, 0), ESRCH, "sched_getscheduler(reaped)");
	gives(call(NR_PIDFD_OPEN, p, 0, 0, 0, 0), ESRCH, "pidfd_open(reaped)");
	close(fd);
}

static void no_i386(int sig)
{
	static const char line[] = "i386: unsupported (ENOSYS)\n";

	(void)sig;
	_exit(write(1, line, sizeof line - 1) < 0);
}

int main(void)
{
	begin();
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
#ifdef __x86_64__
		   | MAP_32BIT
#endif
		   , -1, 0);
	if (low == MAP_FAILED)
		die("mmap");
	/* A kernel without IA32 emulation answers int 0x80 with SIGSEGV. */
	signal(SIGSEGV, no_i386);
	call(NR_GETPID, 0, 0, 0, 0, 0);
	signal(SIGSEGV, SIG_DFL);
	identity();
	creation();
	clone_words();
	wait_info();
	signals();
	groups();
	tid_address();
	others();
	return finish();
}
