/*
 * Test 7, continued: a system call changes no register but the result, and
 * nothing in the caller's memory that it only reads. Here every call that
 * takes an id is made, with what it reads in memory that cannot be written.
 */
#include "check.h"

#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

/* frame is the argument registers before or after a call. */
struct frame { long a[5]; };

#ifdef __x86_64__
static long call(long nr, struct frame *f)
{
	long ret, rdi = f->a[0], rsi = f->a[1], rdx = f->a[2];
	register long r10 __asm__("r10") = f->a[3];
	register long r8 __asm__("r8") = f->a[4];

	__asm__ volatile("syscall"
			 : "=a"(ret), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8)
			 : "0"(nr)
			 : "rcx", "r11", "memory");
	*f = (struct frame){ { rdi, rsi, rdx, r10, r8 } };
	return ret;
}
#else
static long call(long nr, struct frame *f)
{
	long ret, ebx = f->a[0], ecx = f->a[1], edx = f->a[2], esi = f->a[3], edi = f->a[4];

	__asm__ volatile("int $0x80"
			 : "=a"(ret), "+b"(ebx), "+c"(ecx), "+d"(edx), "+S"(esi), "+D"(edi)
			 : "0"(nr)
			 : "memory");
	*f = (struct frame){ { ebx, ecx, edx, esi, edi } };
	return ret;
}
#endif

/* kept makes a call and says how it ended and whether it kept its arguments. */
static void kept(const char *name, int want, long nr, long a, long b, long c, long d, long e)
{
	struct frame before = { { a, b, c, d, e } }, after = before;
	long ret = call(nr, &after);

	errno = ret < 0 && ret > -4096 ? -ret : 0;
	gives(errno ? -1 : 0, want, "%s", name);
	yes(memcmp(&before, &after, sizeof before) == 0, "%s: keeps its argument registers", name);
}

#define KEPT(name, want, nr, ...) kept_n(name, want, nr, __VA_ARGS__, 0, 0, 0, 0, 0)
#define kept_n(name, want, nr, a, b, c, d, e, ...) \
	kept(name, want, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* sealed is a page that can be read and not written. */
static struct {
	siginfo_t info;
	struct sigevent event;
	struct __user_cap_header_struct header;
	struct timespec zero;
	int group;
	char path[32];
	sigset_t set;
} *sealed;

static void seal(pid_t child)
{
	sealed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sealed == MAP_FAILED)
		die("mmap");
	sealed->info.si_signo = SIGUSR1;
	sealed->info.si_code = SI_QUEUE;
	sealed->info.si_pid = getpid();
	sealed->event.sigev_notify = SIGEV_THREAD_ID;
	sealed->event.sigev_signo = SIGUSR1;
	sealed->event._sigev_un._tid = gettid_raw();
	sealed->header.version = _LINUX_CAPABILITY_VERSION_3;
	sealed->header.pid = child;
	sealed->group = child;
	snprintf(sealed->path, sizeof sealed->path, "/proc/%d/stat", child);
	sigemptyset(&sealed->set);
	sigaddset(&sealed->set, SIGUSR1);
	if (mprotect(sealed, 4096, PROT_READ))
		die("mprotect");
}

static void identity(pid_t p)
{
	KEPT("getpid", 0, SYS_getpid, 1, 2, 3, 4, 5);
	KEPT("gettid", 0, SYS_gettid, 1, 2, 3, 4, 5);
	KEPT("getppid", 0, SYS_getppid, 1, 2, 3, 4, 5);
	KEPT("getpgid(child)", 0, SYS_getpgid, p, 2, 3, 4, 5);
	KEPT("getpgid(0)", 0, SYS_getpgid, 0, 2, 3, 4, 5);
	KEPT("getsid(child)", 0, SYS_getsid, p, 2, 3, 4, 5);
	KEPT("setpgid(child, child)", 0, SYS_setpgid, p, p, 3, 4, 5);
}

static void signals(pid_t p)
{
	siginfo_t si;

	KEPT("kill(child)", 0, SYS_kill, p, 0, 3, 4, 5);
	KEPT("kill(-group)", 0, SYS_kill, -p, 0, 3, 4, 5);
	KEPT("kill(0)", 0, SYS_kill, 0, 0, 3, 4, 5);
	KEPT("tkill(child)", 0, SYS_tkill, p, 0, 3, 4, 5);
	KEPT("tgkill(child)", 0, SYS_tgkill, p, p, 0, 4, 5);
	KEPT("kill(unknown)", ESRCH, SYS_kill, NOBODY, 0, 3, 4, 5);
	KEPT("rt_sigqueueinfo(own id)", 0, SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sealed->info, 4, 5);
	KEPT("rt_sigtimedwait", 0, SYS_rt_sigtimedwait, &sealed->set, &si, 0, 8, 5);
	KEPT("rt_tgsigqueueinfo(own id)", 0, SYS_rt_tgsigqueueinfo, getpid(), gettid_raw(), SIGUSR1, &sealed->info, 5);
	KEPT("rt_sigtimedwait again", 0, SYS_rt_sigtimedwait, &sealed->set, &si, 0, 8, 5);
	KEPT("rt_sigtimedwait of none", EAGAIN, SYS_rt_sigtimedwait, &sealed->set, &si, &sealed->zero, 8, 5);
}

static void waits(pid_t p)
{
	siginfo_t si;
	int status;

	KEPT("wait4(child, WNOHANG)", 0, SYS_wait4, p, &status, WNOHANG, 0, 5);
	KEPT("wait4(-group, WNOHANG)", 0, SYS_wait4, -p, &status, WNOHANG, 0, 5);
	KEPT("wait4(unknown)", ECHILD, SYS_wait4, NOBODY, &status, WNOHANG, 0, 5);
	KEPT("waitid(child, WNOHANG)", 0, SYS_waitid, P_PID, p, &si, WEXITED | WNOHANG, 0);
	KEPT("waitid(group, WNOHANG)", 0, SYS_waitid, P_PGID, p, &si, WEXITED | WNOHANG, 0);
}

static void scheduling(pid_t p)
{
	cpu_set_t cpus;
	struct sched_param param;
	struct rlimit64 { uint64_t cur, max; } limit;

	KEPT("sched_getaffinity(child)", 0, SYS_sched_getaffinity, p, sizeof cpus, &cpus, 4, 5);
	KEPT("sched_getscheduler(child)", 0, SYS_sched_getscheduler, p, 2, 3, 4, 5);
	KEPT("sched_getparam(child)", 0, SYS_sched_getparam, p, &param, 3, 4, 5);
	KEPT("getpriority(child)", 0, SYS_getpriority, PRIO_PROCESS, p, 3, 4, 5);
	KEPT("getpriority(group)", 0, SYS_getpriority, PRIO_PGRP, p, 3, 4, 5);
	KEPT("ioprio_get(child)", 0, SYS_ioprio_get, 1, p, 3, 4, 5);
	KEPT("prlimit64(child)", 0, SYS_prlimit64, p, RLIMIT_NOFILE, 0, &limit, 5);
}

static void files(pid_t p)
{
	int fd[2], got;
	char text[64];
	struct flock64 lock = { .l_type = F_WRLCK };

	if (pipe(fd))
		die("pipe");
	KEPT("F_SETOWN(child)", 0, SYS_fcntl, fd[0], F_SETOWN, p, 4, 5);
	KEPT("F_GETOWN", 0, SYS_fcntl, fd[0], F_GETOWN, 0, 4, 5);
	KEPT("F_OFD_GETLK of a pipe", EBADF, SYS_fcntl, -1, F_OFD_GETLK, &lock, 4, 5);
	KEPT("TIOCSPGRP of a pipe", ENOTTY, SYS_ioctl, fd[0], TIOCSPGRP, &sealed->group, 4, 5);
	KEPT("TIOCGPGRP of a pipe", ENOTTY, SYS_ioctl, fd[0], TIOCGPGRP, &got, 4, 5);
	KEPT("readlink /proc/self", 0, SYS_readlink, "/proc/self", text, sizeof text, 4, 5);
	KEPT("open /proc/child/stat", 0, SYS_openat, AT_FDCWD, sealed->path, O_RDONLY, 0, 5);
	KEPT("access /proc/child/stat", 0, SYS_access, sealed->path, F_OK, 3, 4, 5);
	KEPT("open /proc/unknown", ENOENT, SYS_openat, AT_FDCWD, "/proc/4194302", O_RDONLY, 0, 5);
	KEPT("pidfd_open(child)", 0, SYS_pidfd_open, p, 0, 3, 4, 5);
	KEPT("pidfd_open(unknown)", ESRCH, SYS_pidfd_open, NOBODY, 0, 3, 4, 5);
}

static void others(pid_t p)
{
	struct __user_cap_data_struct caps[2];
	struct timespec ts;
	void *timer = NULL;
	clockid_t clock = ~(unsigned)p << 3 | 2;

	KEPT("capget(child)", 0, SYS_capget, &sealed->header, caps, 3, 4, 5);
	KEPT("timer_create for the own thread", 0, SYS_timer_create, CLOCK_MONOTONIC, &sealed->event, &timer, 4, 5);
	KEPT("clock_gettime of the child's clock", 0, SYS_clock_gettime, clock, &ts, 3, 4, 5);
	KEPT("clock_getres of the child's clock", 0, SYS_clock_getres, clock, &ts, 3, 4, 5);
}

static void creation(void)
{
	struct frame before = { { CLONE_PARENT_SETTID | SIGCHLD, 0, 0, 0, 0 } }, after;
	pid_t told = 0;
	long p;

	before.a[2] = (long)&told;
	after = before;
	p = call(SYS_clone, &after);
	if (p == 0)
		_exit(memcmp(&before, &after, sizeof before) != 0);
	yes(memcmp(&before, &after, sizeof before) == 0, "clone: the parent keeps its argument registers");
	same(told, p, "clone: the word holds the result");
	same(reap(p), 0, "clone: the child keeps its argument registers");
}

int main(void)
{
	sigset_t set;
	pid_t p;

	begin();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p = sleeper();
	seal(p);
	identity(p);
	signals(p);
	waits(p);
	scheduling(p);
	files(p);
	others(p);
	creation();
	end(p);
	return finish();
}
