/*
 * oracle - run a program natively with a chosen real process id.
 *
 *   oracle [-u UID] [-n] [-m PID_MAX] N PROGRAM [ARG...]
 *
 * The kernel itself gives the program the id N (clone3 with set_tid, which
 * needs CAP_CHECKPOINT_RESTORE). This is how the truth is found that a run
 * under pidsim is compared with. N = 0 lets the kernel choose.
 *
 *   -u UID      drop to this user and group before the program starts
 *   -n          a new pid and mount namespace with its own /proc, so that
 *               kill(-1) reaches nothing outside; oracle is process 1 there
 *   -m PID_MAX  with -n: the namespace's pid_max; before Linux 6.14 this would
 *               be the machine's, so do not use it there
 *
 * Orphans of the tree come to the oracle. It exits as the program did. A tree
 * of which something is left one second after the program's end is an error:
 * the rest is killed and the status is 124. 125 is the oracle's own failure,
 * 123 means that N is in use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEFTOVERS = 124, FAILED = 125, IN_USE = 123 };

struct options {
	long uid; /* -1: stay */
	int contained;
	const char *pid_max;
	pid_t pid;
	char **argv;
};

static void fail(const char *what)
{
	fprintf(stderr, "oracle: %s: %s\n", what, strerror(errno));
	_exit(errno == EEXIST ? IN_USE : FAILED);
}

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	o->uid = -1;
	while ((c = getopt(argc, argv, "+u:nm:")) != -1) {
		switch (c) {
		case 'u': o->uid = atol(optarg); break;
		case 'n': o->contained = 1; break;
		case 'm': o->pid_max = optarg; break;
		default: _exit(FAILED);
		}
	}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: oracle [-u UID] [-n] [-m PID_MAX] N PROGRAM [ARG...]\n");
		_exit(FAILED);
	}
	o->pid = atol(argv[optind]);
	o->argv = argv + optind + 1;
}

static pid_t fork_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	if (pid) {
		args.set_tid = (uintptr_t)&pid;
		args.set_tid_size = 1;
	}
	return syscall(SYS_clone3, &args, sizeof args);
}

static void run(struct options *o)
{
	if (o->uid >= 0) {
		gid_t gid = o->uid;

		if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(o->uid, o->uid, o->uid))
			fail("drop privileges");
	}
	execv(o->argv[0], o->argv);
	fail(o->argv[0]);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/*
 * kill_children kills what is left of the tree: all are children of the
 * oracle now or will be, because it is their subreaper.
 */
static void kill_children(void)
{
	char path[64], word[32];
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "r");
	if (!f)
		return;
	while (fscanf(f, "%31s", word) == 1)
		kill(atoi(word), SIGKILL);
	fclose(f);
}

/* wait_tree collects every process of the tree and gives the root's status. */
static int wait_tree(pid_t first, int *leftovers)
{
	int status, of_root = -1;
	long long late = 0;
	pid_t p;

	*leftovers = 0;
	for (;;) {
		p = waitpid(-1, &status, of_root == -1 ? 0 : WNOHANG);
		if (p == first) {
			of_root = status;
			late = now_ms() + 1000;
		} else if (p == 0) {
			if (now_ms() > late) {
				*leftovers = 1;
				kill_children();
			}
			usleep(1000);
		} else if (p == -1 && errno == ECHILD) {
			return of_root;
		}
	}
}

static int end_as(int status)
{
	struct rlimit none = { 0, 0 };

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(WTERMSIG(status), SIG_DFL);
	kill(getpid(), WTERMSIG(status));
	for (;;)
		pause();
}

static int supervise(struct options *o)
{
	int status, leftovers;
	pid_t p;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	p = fork_as(o->pid);
	if (p == -1)
		fail("clone3 with set_tid");
	if (p == 0)
		run(o);
	status = wait_tree(p, &leftovers);
	if (leftovers) {
		fprintf(stderr, "oracle: the program left processes behind\n");
		return LEFTOVERS << 8;
	}
	return status;
}

static void write_pid_max(const char *value)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "w");

	if (!f || fputs(value, f) < 0 || fclose(f))
		fail("write pid_max");
}

/* contain makes process 1 of new namespaces the one that supervises. */
static int contain(struct options *o)
{
	int status;
	pid_t init;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		fail("unshare");
	init = fork();
	if (init == -1)
		fail("fork");
	if (init == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL))
			fail("mount /proc");
		if (o->pid_max)
			write_pid_max(o->pid_max);
		status = supervise(o);
		/* An init cannot die of its own signals: tell by the code. */
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	while (waitpid(init, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };

	parse(&o, argc, argv);
	return end_as(o.contained ? contain(&o) : supervise(&o));
}
