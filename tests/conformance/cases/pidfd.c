/* Test 26: a pidfd is of the process that its number meant. */
#include "check.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

enum { READY, TID, GO };

static int pidfd_open(pid_t p, unsigned flags) { return syscall(SYS_pidfd_open, p, flags); }

static int pidfd_send_signal(int fd, int sig, siginfo_t *si) { return syscall(SYS_pidfd_send_signal, fd, sig, si, 0); }

/* field is a number in the fdinfo of a descriptor. */
static long field(int fd, const char *name)
{
	char path[64], line[128], fmt[32];
	long n = -77;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	snprintf(fmt, sizeof fmt, "%s: %%ld", name);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	while (fgets(line, sizeof line, f))
		sscanf(line, fmt, &n);
	fclose(f);
	return n;
}

static volatile sig_atomic_t from, code;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	from = si->si_pid;
	code = si->si_code;
}

static void of_child(void)
{
	struct pollfd pfd = { .events = POLLIN };
	siginfo_t si = { 0 };
	pid_t p = sleeper();
	int fd = pidfd_open(p, 0);

	gives(fd, 0, "child: pidfd_open");
	same(field(fd, "Pid"), p, "child: Pid in fdinfo");
	same(field(fd, "NSpid"), p, "child: NSpid in fdinfo");
	pfd.fd = fd;
	same(poll(&pfd, 1, 0), 0, "child: poll while it lives");
	gives(waitid(P_PIDFD, fd, &si, WEXITED | WNOHANG), 0, "child: waitid while it lives");
	same(si.si_pid, 0, "child: waitid while it lives: no id");
	gives(pidfd_send_signal(fd, 0, NULL), 0, "child: pidfd_send_signal 0");
	gives(pidfd_send_signal(fd, SIGKILL, NULL), 0, "child: pidfd_send_signal SIGKILL");
	same(poll(&pfd, 1, 10000), 1, "child: poll after its end");
	gives(waitid(P_PIDFD, fd, &si, WEXITED | WNOWAIT), 0, "child: waitid, WNOWAIT");
	same(si.si_pid, p, "child: waitid, WNOWAIT: si_pid");
	same(field(fd, "Pid"), p, "child: Pid in fdinfo of a zombie");
	memset(&si, 0, sizeof si);
	gives(waitid(P_PIDFD, fd, &si, WEXITED), 0, "child: waitid");
	same(si.si_pid, p, "child: waitid: si_pid");
	same(field(fd, "Pid"), -1, "child: Pid in fdinfo after it was reaped");
	gives(pidfd_send_signal(fd, 0, NULL), ESRCH, "child: pidfd_send_signal after it was reaped");
	gives(waitid(P_PIDFD, fd, &si, WEXITED), ECHILD, "child: waitid after it was reaped");
	gives(pidfd_open(p, 0), ESRCH, "child: pidfd_open after it was reaped");
	id("child", p);
	close(fd);
}

static void of_numbers(void)
{
	int fd;

	gives(pidfd_open(0, 0), EINVAL, "numbers: 0");
	gives(pidfd_open(-1, 0), EINVAL, "numbers: -1");
	gives(pidfd_open(NOBODY, 0), ESRCH, "numbers: nobody");
	gives(pidfd_open(root, 1u << 30), EINVAL, "numbers: unknown flags");
	fd = pidfd_open(root, 0);
	same(field(fd, "Pid"), root, "numbers: the own");
	yes(fcntl(fd, F_GETFD) & FD_CLOEXEC, "numbers: close-on-exec");
	close(fd);
}

static void of_siginfo(void)
{
	siginfo_t si = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
	int fd = pidfd_open(root, 0);
	pid_t p;

	handle(SIGUSR1, on_signal, 0);
	si.si_pid = -5;
	gives(pidfd_send_signal(fd, SIGUSR1, &si), 0, "siginfo: an id of one's own choice");
	same(from, -5, "siginfo: it arrives");
	gives(pidfd_send_signal(fd, SIGUSR1, NULL), 0, "siginfo: none");
	same(from, root, "siginfo: none: the sender's id");
	same(code, SI_USER, "siginfo: none: SI_USER");
	p = spawn();
	if (p == 0) {
		pidfd_send_signal(fd, SIGUSR1, NULL);
		_exit(0);
	}
	ended(p);
	same(from, p, "siginfo: from a child that got the descriptor");
	si.si_signo = SIGUSR2;
	gives(pidfd_send_signal(fd, SIGUSR1, &si), EINVAL, "siginfo: of another signal");
	close(fd);
}

static void *thread(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

/* A thread has a descriptor only with PIDFD_THREAD, which is O_EXCL. */
static void of_thread(void)
{
	pthread_t t;
	int fd, e;

	shared->slot[TID] = shared->slot[GO] = 0;
	pthread_create(&t, NULL, thread, NULL);
	until(shared->slot[TID]);
	fd = pidfd_open(shared->slot[TID], 0);
	e = errno;
	yes(fd == -1 && (e == EINVAL || e == ENOENT), "thread: pidfd_open fails");
	fd = pidfd_open(shared->slot[TID], O_EXCL);
	if (fd == -1) {
		unsupported("PIDFD_THREAD", errno);
	} else {
		same(field(fd, "Pid"), shared->slot[TID], "PIDFD_THREAD: Pid in fdinfo");
		close(fd);
	}
	shared->slot[GO] = 1;
	pthread_join(t, NULL);
}

/* info is struct pidfd_info as it was at first (linux/pidfd.h). */
struct info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ids[8], exit_code;
};

static void of_info(void)
{
	struct info i = { .mask = 1 };
	pid_t p = sleeper();
	int fd = pidfd_open(p, 0);

	if (ioctl(fd, _IOWR(0xFF, 11, struct info), &i) == -1) {
		unsupported("info", errno);
	} else {
		same(i.pid, p, "info: pid");
		same(i.tgid, p, "info: tgid");
		same(i.ppid, root, "info: ppid");
	}
	end(p);
	close(fd);
}

static void of_clone(void)
{
	int fd = -1;
	siginfo_t si = { 0 };
	pid_t p = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &fd, NULL, NULL);

	if (p == 0)
		_exit(7);
	yes(fd >= 0, "clone: CLONE_PIDFD gives a descriptor");
	same(field(fd, "Pid"), p, "clone: Pid in fdinfo");
	gives(waitid(P_PIDFD, fd, &si, WEXITED), 0, "clone: waitid");
	same(si.si_pid, p, "clone: waitid: si_pid");
	same(si.si_status, 7, "clone: waitid: si_status");
	close(fd);
}

/* A descriptor of another process, which is of the same file. */
static void of_getfd(void)
{
	struct stat a, b;
	int pipes[2], fd, got;
	pid_t p;

	if (pipe(pipes) == -1)
		die("pipe");
	shared->slot[READY] = 0;
	p = spawn();
	if (p == 0) {
		int own[2];

		if (pipe(own) == -1)
			die("pipe");
		shared->slot[READY] = own[1] + 1;
		if (read(own[0], &own[1], 1) != 1)
			die("read");
		_exit(0);
	}
	until(shared->slot[READY]);
	fd = pidfd_open(p, 0);
	got = syscall(SYS_pidfd_getfd, fd, (int)shared->slot[READY] - 1, 0);
	gives(got, 0, "getfd: a child's descriptor");
	yes(fstat(got, &a) == 0 && fstat(pipes[1], &b) == 0 && a.st_ino != b.st_ino, "getfd: the child's pipe");
	same(write(got, "x", 1), 1, "getfd: it can be written to");
	ended(p);
	close(got);
	close(fd);
}

/* Descriptors of others name them, and their links say nothing. */
static void of_links(void)
{
	char path[64], text[64] = "";
	int fd = pidfd_open(root, 0);

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	yes(readlink(path, text, sizeof text - 1) > 0 && (!strcmp(text, "anon_inode:[pidfd]") || !strncmp(text, "pidfd:[", 7)), "links: text");
	close(fd);
}

int main(void)
{
	begin();
	of_child();
	of_numbers();
	of_siginfo();
	of_thread();
	of_info();
	of_clone();
	of_getfd();
	of_links();
	return finish();
}
