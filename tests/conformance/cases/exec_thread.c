/* Test 24: exec by any thread keeps the process id and ends the others. */
#include "check.h"

enum { TIDS = 8 };

static int out[2];
static volatile pid_t tid[3];

/* told is what the new image reports. */
struct told {
	pid_t pid, tid, ppid, pgid, sid;
	int gone; /* of the former threads' ids that are no longer found */
};

static int reports(char **argv)
{
	struct told t = { getpid(), gettid_raw(), getppid(), getpgrp(), getsid(0), 0 };

	for (int i = 3; i < 6; i++) {
		pid_t old = atoi(argv[i]);

		if (syscall(SYS_tgkill, t.pid, old, 0) == -1 && errno == ESRCH && kill(old, 0) == -1)
			t.gone++;
	}
	return write(atoi(argv[2]), &t, sizeof t) != sizeof t;
}

static void execute(const char *what)
{
	char fd[16], a[3][16];

	snprintf(fd, sizeof fd, "%d", out[1]);
	for (int i = 0; i < 3; i++)
		snprintf(a[i], sizeof a[i], "%d", tid[i]);
	execl(self(), self(), what, fd, a[0], a[1], a[2], NULL);
	_exit(1);
}

static volatile bool go;

static void *waits(void *arg)
{
	tid[(long)arg] = gettid_raw();
	for (;;)
		pause();
	return NULL;
}

static void *executes(void *arg)
{
	tid[(long)arg] = gettid_raw();
	while (!go)
		pause_ms(1);
	execute("reports");
	return NULL;
}

/* make_threads starts two that wait and one that will execute. */
static void make_threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, waits, (void *)0);
	pthread_create(&t, NULL, waits, (void *)1);
	pthread_create(&t, NULL, executes, (void *)2);
	until(tid[0] && tid[1] && tid[2]);
	for (int i = 0; i < 3; i++)
		shared->slot[TIDS + i] = tid[i];
}

static void by_thread(void)
{
	make_threads();
	go = true;
	for (;;)
		pause();
}

/* The leader is a zombie when another thread executes. */
static void by_thread_without_leader(void)
{
	make_threads();
	go = true;
	syscall(SYS_exit, 0);
}

/* The leader executes; the others vanish. */
static void by_leader(void)
{
	make_threads();
	execute("reports");
}

static void check(const char *how, void (*fn)(void))
{
	pid_t p = spawn();
	struct told t;

	if (p == 0) {
		fn();
		_exit(1);
	}
	if (read(out[0], &t, sizeof t) != sizeof t)
		die("%s: nothing told", how);
	same(t.pid, p, "%s: getpid is the same", how);
	same(t.tid, p, "%s: gettid == getpid", how);
	same(t.ppid, root, "%s: getppid is the same", how);
	same(t.pgid, getpgrp(), "%s: getpgrp is the same", how);
	same(t.sid, getsid(0), "%s: getsid is the same", how);
	same(t.gone, 3, "%s: the former threads are gone", how);
	same(waitpid(p, NULL, 0), p, "%s: waitpid gives the process", how);
	gives(kill(shared->slot[TIDS + 2], 0), ESRCH, "%s: kill(former thread)", how);
	id(how, p);
}

/* The parent may signal and wait by the same id before and after. */
static void signalled(void)
{
	pid_t p = spawn();

	if (p == 0) {
		make_threads();
		go = true;
		for (;;)
			pause();
	}
	until(shared->slot[TIDS + 2]);
	for (int i = 0; i < 20; i++)
		if (kill(p, 0) == -1)
			yes(false, "signals around exec: the process is always found");
	yes(true, "signals around exec: the process is always found");
	same(WEXITSTATUS(reap(p)), 0, "signals around exec: it ends well");
	struct told t;

	if (read(out[0], &t, sizeof t) != sizeof t)
		die("nothing told");
	same(t.pid, p, "signals around exec: getpid is the same");
}

/* A failed exec leaves all as it was. */
static void failed(void)
{
	pid_t p = spawn();

	if (p == 0) {
		make_threads();
		gives(execl("/nowhere/at/all", "x", NULL), ENOENT, "failed exec");
		same(getpid(), gettid_raw(), "failed exec: gettid == getpid");
		gives(syscall(SYS_tgkill, getpid(), tid[0], 0), 0, "failed exec: the threads are there");
		_exit(0);
	}
	ended(p);
}

static void *root_executes(void *arg)
{
	(void)arg;
	execl(self(), self(), shared->failed ? "failed" : "again", NULL);
	_exit(1);
}

/* again is the root after it has executed itself from a thread. */
static int again(bool failed)
{
	begin();
	same(gettid_raw(), getpid(), "root, after exec by a thread: gettid == getpid");
	shared->failed |= failed;
	return finish();
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc == 6)
		return reports(argv);
	if (argc == 2)
		return again(strcmp(argv[1], "failed") == 0);
	begin();
	if (pipe(out))
		die("pipe");
	check("leader executes", by_leader);
	check("thread executes", by_thread);
	check("thread executes, leader has left", by_thread_without_leader);
	signalled();
	failed();
	finish();
	pthread_create(&t, NULL, root_executes, NULL);
	pthread_join(t, NULL);
	return 1;
}
