/*
 * check.h - what every conformance program shares.
 *
 * A program prints one line a fact on standard output. The lines hold no
 * number that may differ from run to run, so that the output of a native run
 * and of a run under pidsim can be compared line by line. After the facts
 * come "ids:" lines with the raw ids it saw. Each program also judges its
 * facts itself: it exits 0 when all hold and 1 otherwise, with the reason on
 * standard error.
 *
 * By hand: cc -o x NAME.c && ./x. The environment may say more:
 *   CHECK_ROOT     the id that the first process must have
 *   CHECK_OUTSIDE  the real id of a process outside the tree
 *   CHECK_SPACE    "private" when outsiders do not exist for the program
 *
 * Include it first: it asks for the GNU interfaces.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK __attribute__((unused)) static

/* No process can have this id: the kernel's limit is 0x400000. */
#define NOBODY 0x7fffff

/* A process that takes longer than this is ended by SIGALRM. */
#define CHECK_SECONDS 60

#define MAX_IDS 64

/* shared is one page that all processes of the program see. */
struct shared {
	volatile int failed;
	volatile long slot[64]; /* what children tell their parents */
	volatile int nids;
	struct {
		char name[32];
		long value;
	} id[MAX_IDS];
};

CHECK struct shared *shared;
CHECK pid_t root; /* getpid of the first process */

CHECK void say(int fd, const char *fmt, va_list ap, const char *end)
{
	char line[512];
	int n = vsnprintf(line, sizeof line, fmt, ap);

	if (n > (int)sizeof line - 64)
		n = sizeof line - 64;
	n += snprintf(line + n, sizeof line - n, "%s\n", end);
	if (write(fd, line, n) != n)
		_exit(1);
}

CHECK void report(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(2, fmt, ap, "");
	va_end(ap);
}

/* die ends the process when the test cannot be carried out. */
#define die(...) check_die(__FILE__, __LINE__, __VA_ARGS__)
CHECK __attribute__((noreturn)) void check_die(const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	int e = errno;

	report("%s:%d: cannot go on (errno %d):", file, line, e);
	va_start(ap, fmt);
	say(2, fmt, ap, "");
	va_end(ap);
	if (shared)
		shared->failed = 1;
	_exit(1);
}

/* yes prints a fact and whether it holds. */
#define yes(ok, ...) check_yes(__FILE__, __LINE__, ok, __VA_ARGS__)
CHECK bool check_yes(const char *file, int line, bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(1, fmt, ap, ok ? ": yes" : ": NO");
	va_end(ap);
	if (!ok) {
		report("%s:%d: this fact does not hold", file, line);
		shared->failed = 1;
	}
	return ok;
}

/* same prints the fact that two numbers are equal. */
#define same(got, want, ...) check_same(__FILE__, __LINE__, got, want, __VA_ARGS__)
CHECK bool check_same(const char *file, int line, long got, long want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(1, fmt, ap, got == want ? ": yes" : ": NO");
	va_end(ap);
	if (got != want) {
		report("%s:%d: got %ld, want %ld", file, line, got, want);
		shared->failed = 1;
	}
	return got == want;
}

CHECK const char *errname(int e)
{
	static char other[16];

	switch (e) {
	case 0: return "ok";
	case EPERM: return "EPERM";
	case ENOENT: return "ENOENT";
	case ESRCH: return "ESRCH";
	case EINTR: return "EINTR";
	case EIO: return "EIO";
	case EBADF: return "EBADF";
	case ECHILD: return "ECHILD";
	case EAGAIN: return "EAGAIN";
	case EACCES: return "EACCES";
	case EFAULT: return "EFAULT";
	case EBUSY: return "EBUSY";
	case EPIPE: return "EPIPE";
	case E2BIG: return "E2BIG";
	case EEXIST: return "EEXIST";
	case EINVAL: return "EINVAL";
	case ENOTTY: return "ENOTTY";
	case EDEADLK: return "EDEADLK";
	case ENOSYS: return "ENOSYS";
	case EOPNOTSUPP: return "EOPNOTSUPP";
	case ETIMEDOUT: return "ETIMEDOUT";
	case EOWNERDEAD: return "EOWNERDEAD";
	}
	snprintf(other, sizeof other, "errno %d", e);
	return other;
}

/*
 * gives prints the outcome of a call: "ok" or the name of its errno. Want is
 * the errno it must fail with, 0 when it must succeed.
 */
#define gives(ret, want, ...) check_gives(__FILE__, __LINE__, ret, want, __VA_ARGS__)
CHECK bool check_gives(const char *file, int line, long ret, int want, const char *fmt, ...)
{
	int got = ret == -1 ? errno : 0;
	char end[32];
	va_list ap;

	snprintf(end, sizeof end, ": %s", errname(got));
	va_start(ap, fmt);
	say(1, fmt, ap, end);
	va_end(ap);
	if (got != want) {
		report("%s:%d: got %s (result %ld), want %s", file, line, errname(got), ret, want ? errname(want) : "ok");
		shared->failed = 1;
	}
	return got == want;
}

/*
 * unsupported stands in for the facts of a whole section where the machine or
 * a documented limit does not allow them. The harness knows by section which
 * runs may say so.
 */
CHECK void unsupported(const char *section, int e)
{
	char line[128];
	int n = snprintf(line, sizeof line, "%s: unsupported (%s)\n", section, errname(e));

	if (write(1, line, n) != n)
		_exit(1);
}

/*
 * id notes a raw id for the "ids:" lines: one that depends on nothing but the
 * id of the root and the order in which this program creates its tasks.
 */
CHECK void id(const char *name, long value)
{
	int i = __atomic_fetch_add(&shared->nids, 1, __ATOMIC_SEQ_CST);

	if (i >= MAX_IDS)
		die("too many ids");
	snprintf(shared->id[i].name, sizeof shared->id[i].name, "%s", name);
	shared->id[i].value = value;
}

CHECK void on_alarm(int sig)
{
	static const char late[] = "this process took too long\n";

	(void)sig;
	if (write(2, late, sizeof late - 1) < 0)
		_exit(1);
	shared->failed = 1;
	_exit(1);
}

/* begin must come first in main. */
CHECK void begin(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	const char *want = getenv("CHECK_ROOT");
	sigset_t none;

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		die("mmap");
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGALRM, &sa, NULL);
	alarm(CHECK_SECONDS);
	root = getpid();
	same(root, want && *want ? atol(want) : root, "root: getpid is the chosen id");
	id("root", root);
}

/* finish prints the ids and gives the exit status for main to return. */
CHECK int finish(void)
{
	for (int i = 0; i < shared->nids; i++) {
		char line[96];
		int n = snprintf(line, sizeof line, "ids: %s %ld\n", shared->id[i].name, shared->id[i].value);

		if (write(1, line, n) != n)
			return 1;
	}
	if (shared->failed)
		report("some facts do not hold");
	return shared->failed;
}

/* spawn is fork, for children that cannot be forgotten: SIGALRM ends them. */
CHECK pid_t spawn(void)
{
	pid_t p = fork();

	if (p == -1)
		die("fork");
	if (p == 0)
		alarm(CHECK_SECONDS);
	return p;
}

/* reap waits for a child and gives its status. */
CHECK int reap(pid_t p)
{
	int status;
	pid_t got;

	while ((got = waitpid(p, &status, 0)) == -1 && errno == EINTR)
		;
	if (got != p)
		die("waitpid(%d) gives %d", p, got);
	return status;
}

/* ended reaps a child that must exit with code 0. */
#define ended(p) check_ended(__FILE__, __LINE__, p)
CHECK void check_ended(const char *file, int line, pid_t p)
{
	int status = reap(p);

	if (status != 0) {
		report("%s:%d: child ended with status %#x", file, line, status);
		shared->failed = 1;
	}
}

/* end ends a child by SIGKILL and reaps it. */
CHECK void end(pid_t p)
{
	if (kill(p, SIGKILL) == -1)
		die("kill(%d, SIGKILL)", p);
	reap(p);
}

CHECK void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		;
}

CHECK long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* until waits for something that another process brings about. */
#define until(cond)                                                      \
	do {                                                             \
		long long late = now_ms() + CHECK_SECONDS * 500;         \
		while (!(cond)) {                                        \
			if (now_ms() > late)                             \
				die("still not true: %s", #cond);        \
			pause_ms(1);                                     \
		}                                                        \
	} while (0)

/* zombie waits until a child has ended and leaves it unreaped. */
CHECK void zombie(pid_t p)
{
	siginfo_t si;

	while (waitid(P_PID, p, &si, WEXITED | WNOWAIT) == -1)
		if (errno != EINTR)
			die("waitid(P_PID, %d, WNOWAIT)", p);
}

/* handle installs a handler that is told who sent the signal. */
CHECK void handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, &sa, NULL) == -1)
		die("sigaction(%d)", sig);
}

CHECK pid_t gettid_raw(void) { return syscall(SYS_gettid); }

/* self is the path of this program, for running it again. */
CHECK const char *self(void) { return (const char *)getauxval(AT_EXECFN); }

/* sleeper is a child that only waits to be killed. */
CHECK pid_t sleeper(void)
{
	pid_t p = spawn();

	if (p == 0)
		for (;;)
			pause();
	return p;
}

#endif
