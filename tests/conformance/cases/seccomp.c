/* Test 43: filters of the program's own, which know its ids. */
#include "check.h"
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#ifdef __i386__
#define MACHINE AUDIT_ARCH_I386
#else
#define MACHINE AUDIT_ARCH_X86_64
#endif

enum { TID, GO, LISTENER, DONE };

#define REFUSED 77

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)

static int install(struct sock_filter *f, size_t n, unsigned flags)
{
	struct sock_fprog p = { n, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

/* only lets a call with number nr through when argument arg is id, or 0 where
 * also says so. */
static int only(long nr, int arg, pid_t id, bool also)
{
	struct sock_filter f[] = {
		LOAD(nr),
		IF(nr, 0, 4),
		LOAD(args[arg]),
		IF(id, 2, 0),
		IF(also ? 0 : id, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | REFUSED),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(f, sizeof f / sizeof *f, 0);
}

static volatile sig_atomic_t from;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	from = si->si_pid;
}

/* Signals for oneself alone. */
static void of_signals(void)
{
	pid_t p = spawn();

	if (p == 0) {
		pid_t me = getpid();

		handle(SIGUSR1, on_signal, 0);
		if (only(SYS_kill, 0, me, false) || only(SYS_tgkill, 0, me, false) || only(SYS_tgkill, 1, me, false) || only(SYS_tkill, 0, me, false))
			die("seccomp");
		gives(kill(me, SIGUSR1), 0, "signals: kill of oneself");
		same(from, me, "signals: kill: si_pid");
		from = 0;
		gives(syscall(SYS_tgkill, me, me, SIGUSR1), 0, "signals: tgkill of oneself");
		same(from, me, "signals: tgkill: si_pid");
		from = 0;
		gives(syscall(SYS_tkill, me, SIGUSR1), 0, "signals: tkill of oneself");
		same(from, me, "signals: tkill: si_pid");
		from = 0;
		gives(raise(SIGUSR1), 0, "signals: raise");
		same(from, me, "signals: raise: si_pid");
		gives(kill(me, 0), 0, "signals: kill(0) of oneself");
		gives(kill(getppid(), 0), REFUSED, "signals: kill of the parent is refused");
		gives(kill(-1, 0), REFUSED, "signals: kill of everybody is refused");
		gives(syscall(SYS_tgkill, getppid(), getppid(), 0), REFUSED, "signals: tgkill of the parent is refused");
		_exit(0);
	}
	ended(p);
}

/* Calls about oneself, in the way of browsers: the id or 0. */
static void of_self(void)
{
	pid_t p = spawn();

	if (p == 0) {
		pid_t me = getpid();
		struct sched_param param;
		struct rlimit limit;
		cpu_set_t set;

		if (only(SYS_sched_getparam, 0, me, true) || only(SYS_sched_getscheduler, 0, me, true) || only(SYS_sched_getaffinity, 0, me, true) ||
		    only(SYS_sched_setaffinity, 0, me, true) || only(SYS_prlimit64, 0, me, true) || only(SYS_getpriority, 1, me, true) ||
		    only(SYS_setpriority, 1, me, true) || only(SYS_getpgid, 0, me, true) || only(SYS_getsid, 0, me, true))
			die("seccomp");
		gives(sched_getparam(me, &param), 0, "self: sched_getparam");
		gives(sched_getscheduler(me), 0, "self: sched_getscheduler");
		gives(sched_getaffinity(me, sizeof set, &set), 0, "self: sched_getaffinity");
		gives(sched_setaffinity(me, sizeof set, &set), 0, "self: sched_setaffinity");
		gives(prlimit(me, RLIMIT_NOFILE, NULL, &limit), 0, "self: prlimit");
		gives(setpriority(PRIO_PROCESS, me, 3), 0, "self: setpriority");
		same(getpriority(PRIO_PROCESS, me), 3, "self: getpriority");
		same(getpgid(me), getpgrp(), "self: getpgid");
		same(getsid(me), getsid(0), "self: getsid");
		gives(sched_getparam(getppid(), &param), REFUSED, "self: sched_getparam of the parent is refused");
		gives(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit), REFUSED, "self: prlimit of the parent is refused");
		_exit(0);
	}
	ended(p);
}

static void *thread(void *arg)
{
	(void)arg;
	if (only(SYS_uselib, 0, 0, false) != 0)
		die("seccomp in a thread");
	shared->slot[TID] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

/* A thread with a filter of its own keeps others from being synchronised. */
static void of_threads(void)
{
	struct sock_filter all[] = { RETURN(SECCOMP_RET_ALLOW) };
	pid_t p = spawn();

	if (p == 0) {
		pthread_t t;
		long r;

		pthread_create(&t, NULL, thread, NULL);
		until(shared->slot[TID]);
		r = install(all, 1, SECCOMP_FILTER_FLAG_TSYNC);
		same(r, shared->slot[TID], "threads: TSYNC names the thread that has another filter");
		gives(install(all, 1, SECCOMP_FILTER_FLAG_TSYNC | 0x10), ESRCH, "threads: TSYNC_ESRCH");
		shared->slot[GO] = 1;
		pthread_join(t, NULL);
		gives(install(all, 1, SECCOMP_FILTER_FLAG_TSYNC), 0, "threads: TSYNC when it has ended");
		_exit(0);
	}
	ended(p);
}

/* Without a tracer, calls that are left to one do not exist. */
static void of_tracer(void)
{
	struct sock_filter f[] = {
		LOAD(nr),
		IF(SYS_getppid, 3, 0),
		IF(SYS_umask, 2, 0),
		IF(SYS_getpid, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_TRACE | 4711),
	};
	pid_t p = spawn();

	if (p == 0) {
		if (install(f, sizeof f / sizeof *f, 0))
			die("seccomp");
		gives(syscall(SYS_getppid), ENOSYS, "tracer: getppid");
		gives(syscall(SYS_umask, 022), ENOSYS, "tracer: umask");
		gives(syscall(SYS_getpid), ENOSYS, "tracer: getpid");
		yes(gettid_raw() > 0, "tracer: gettid is not left to it");
		_exit(0);
	}
	ended(p);
}

/* next takes a notification. */
static struct seccomp_notif *next(int fd)
{
	static struct seccomp_notif n;

	memset(&n, 0, sizeof n);
	while (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n) == -1)
		if (errno != EINTR)
			die("SECCOMP_IOCTL_NOTIF_RECV");
	return &n;
}

static void reply(int fd, struct seccomp_notif *n, int error, long value, unsigned flags)
{
	struct seccomp_notif_resp r = { .id = n->id, .error = error, .val = value, .flags = flags };

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r) == -1)
		die("SECCOMP_IOCTL_NOTIF_SEND");
}

/* A listener hears about calls before they run. */
static void of_listener(void)
{
	struct sock_filter f[] = {
		LOAD(nr),
		IF(SYS_getpgid, 4, 0),
		IF(SYS_sched_getparam, 3, 0),
		IF(SYS_kill, 2, 0),
		IF(SYS_getppid, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_USER_NOTIF),
	};
	struct seccomp_notif *n;
	int fd, pidfd;
	pid_t p = spawn();

	if (p == 0) {
		struct sched_param param;
		pid_t parent = getppid();

		shared->slot[LISTENER] = install(f, sizeof f / sizeof *f, SECCOMP_FILTER_FLAG_NEW_LISTENER) + 1;
		if (shared->slot[LISTENER] == 0)
			die("listener");
		until(shared->slot[GO] == 2);
		same(getpgid(parent), getpgrp(), "listener: getpgid of the parent, continued");
		gives(sched_getparam(parent, &param), REFUSED, "listener: sched_getparam, refused by it");
		gives(kill(parent, 0), 0, "listener: kill of the parent, continued");
		same(getppid(), 12321, "listener: getppid, as it says");
		same(getppid(), parent, "listener: getppid, continued");
		gives(kill(NOBODY, 0), ESRCH, "listener: kill of nobody, continued");
		_exit(0);
	}
	shared->slot[GO] = 0;
	until(shared->slot[LISTENER]);
	pidfd = syscall(SYS_pidfd_open, p, 0);
	fd = syscall(SYS_pidfd_getfd, pidfd, (int)shared->slot[LISTENER] - 1, 0);
	if (fd == -1)
		die("pidfd_getfd");
	shared->slot[GO] = 2;
	n = next(fd);
	bool right[6] = { n->pid == p, n->data.nr == SYS_getpgid && n->data.arch == MACHINE, n->data.args[0] == (unsigned)root };
	reply(fd, n, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	n = next(fd);
	right[3] = n->data.nr == SYS_sched_getparam && n->data.args[0] == (unsigned)root;
	reply(fd, n, -REFUSED, 0, 0);
	n = next(fd);
	right[4] = n->data.nr == SYS_kill && n->data.args[0] == (unsigned)root && n->data.args[1] == 0;
	reply(fd, n, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	n = next(fd);
	right[5] = n->data.nr == SYS_getppid;
	reply(fd, n, 0, 12321, 0);
	reply(fd, next(fd), 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	reply(fd, next(fd), 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	ended(p);
	yes(right[0], "listener: pid");
	yes(right[1], "listener: the call and its interface");
	yes(right[2], "listener: the argument of getpgid");
	yes(right[3], "listener: the argument of sched_getparam");
	yes(right[4], "listener: the arguments of kill");
	yes(right[5], "listener: getppid");
	close(fd);
	close(pidfd);
	id("caller", p);
}

/* A response to nobody changes no call. */
static void of_response(void)
{
	pid_t p = spawn();

	if (p == 0) {
		struct seccomp_notif_resp r = { 0 };

		usleep(50000); /* the parent waits by then */
		yes(ioctl(-1, SECCOMP_IOCTL_NOTIF_SEND, &r) == -1, "response: no listener");
		usleep(10000);
		_exit(0);
	}
	same(waitpid(p, NULL, 0), p, "response: waitpid");
}

/* administers tells whether the process has CAP_SYS_ADMIN. */
static bool administers(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) == -1)
		die("capget");
	return d[0].effective >> CAP_SYS_ADMIN & 1;
}

static long set_filter(unsigned flags, const struct sock_fprog *p)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, p);
}

/* A filter takes rights, or to have renounced new ones. */
static void of_rights(void)
{
	struct sock_filter all[] = { RETURN(SECCOMP_RET_ALLOW) };
	struct sock_filter bad[] = { RETURN(SECCOMP_RET_ALLOW), { 0xffff, 0, 0, 0 } };
	struct sock_fprog p = { 1, all }, empty = { 0, all }, large = { 4097, all }, wrong = { 2, bad }, nowhere = { 1, (void *)1 };
	int want = administers() ? 0 : EACCES;
	pid_t child = spawn();

	if (child == 0) {
		gives(set_filter(0, NULL), EFAULT, "rights: a filter that is nowhere");
		gives(set_filter(1 << 30, &p), EINVAL, "rights: a flag that does not exist");
		gives(set_filter(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, &p), EINVAL, "rights: a listener and TSYNC");
		gives(set_filter(0, &empty), EINVAL, "rights: an empty filter");
		gives(set_filter(0, &large), EINVAL, "rights: too long a filter");
		gives(set_filter(0, &wrong), want ? want : EINVAL, "rights: a filter of no sense");
		gives(set_filter(0, &nowhere), want ? want : EFAULT, "rights: instructions that are nowhere");
		gives(set_filter(0, &p), want, "rights: seccomp");
		gives(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), want, "rights: prctl");
		gives(prctl(PR_SET_SECCOMP, 3, &p), EINVAL, "rights: prctl with another mode");
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		gives(set_filter(0, &p), 0, "rights: seccomp, renounced");
		gives(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p), 0, "rights: prctl, renounced");
		_exit(0);
	}
	ended(child);
	child = spawn();
	if (child == 0) {
		if (unshare(CLONE_NEWUSER) == -1)
			unsupported("namespace", errno);
		else
			gives(set_filter(0, &p), 0, "namespace: seccomp");
		_exit(0);
	}
	ended(child);
}

int main(void)
{
	begin();
	of_rights();
	of_signals();
	of_self();
	of_threads();
	of_tracer();
	of_listener();
	of_response();
	return finish();
}
