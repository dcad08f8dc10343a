/* Test 33: stat and status of a process, however they are reached and read. */
#include "check.h"
#include <sys/uio.h>

enum { READY, TID, GO };

#define ROOM 8192

/* slurp reads an open file from its beginning, in pieces. */
static const char *slurp(int fd, size_t piece)
{
	static char text[2][ROOM];
	static int which;
	char *t = text[which ^= 1];
	ssize_t n;
	size_t have = 0;

	while ((n = read(fd, t + have, piece)) > 0 && have + n < ROOM - piece)
		have += n;
	t[have] = 0;
	return t;
}

static const char *text(const char *fmt, ...)
{
	char path[128];
	const char *t;
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof path, fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY);
	if (fd == -1)
		die("%s", path);
	t = slurp(fd, 4000);
	close(fd);
	return t;
}

/* line is a number in a text of the form of status. */
static long line(const char *t, const char *name)
{
	size_t n = strlen(name);

	for (; t; t = strchr(t, '\n') ? strchr(t, '\n') + 1 : NULL)
		if (!strncmp(t, name, n) && t[n] == ':')
			return atol(t + n + 1);
	return -77;
}

/* stat_is compares fields 1, 4, 5, 6 and 8 of a text of the form of stat. */
static void stat_is(const char *t, pid_t pid, pid_t ppid, pid_t pgid, pid_t sid, const char *how)
{
	const char *end = strrchr(t, ')');
	long v[7];

	if (!end || sscanf(end + 4, "%ld %ld %ld %ld %ld", &v[0], &v[1], &v[2], &v[3], &v[4]) != 5)
		die("%s: %s", how, t);
	same(atol(t), pid, "%s: pid", how);
	same(v[0], ppid, "%s: ppid", how);
	same(v[1], pgid, "%s: pgrp", how);
	same(v[2], sid, "%s: session", how);
	same(v[4], -1, "%s: no terminal's group", how);
}

static void of_status(pid_t p)
{
	const char *t = text("/proc/%d/status", p);

	same(line(t, "Tgid"), p, "status: Tgid");
	same(line(t, "Pid"), p, "status: Pid");
	same(line(t, "PPid"), root, "status: PPid");
	same(line(t, "TracerPid"), 0, "status: TracerPid");
	same(line(t, "NStgid"), p, "status: NStgid");
	same(line(t, "NSpid"), p, "status: NSpid");
	same(line(t, "NSpgid"), p, "status: NSpgid");
	same(line(t, "NSsid"), p, "status: NSsid");
	same(line(t, "Seccomp"), 0, "status: Seccomp");
	yes(strstr(t, "State:\tS (sleeping)") != NULL, "status: State");
}

/* of_zombie: what a process has of its supervisor it does not show in death. */
static void of_zombie(void)
{
	static const char *const names[] = { "Seccomp", "Seccomp_filters", "NoNewPrivs", "TracerPid" };
	char own[ROOM];
	const char *t;
	pid_t p = spawn();

	if (p == 0)
		_exit(0);
	zombie(p);
	snprintf(own, sizeof own, "%s", text("/proc/self/status"));
	t = text("/proc/%d/status", p);
	same(line(t, "Pid"), p, "zombie: Pid");
	yes(strstr(t, "State:\tZ (zombie)") != NULL, "zombie: State");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		same(line(t, names[i]), line(own, names[i]), "zombie: %s as its parent's", names[i]);
	reap(p);
}

/* of_ways opens stat of p in many ways. */
static void of_ways(pid_t p)
{
	char path[64];
	int fd, dir;

	stat_is(text("/proc/%d/stat", p), p, root, p, p, "absolute");
	stat_is(text("//proc/./%d/../%d//stat", p, p), p, root, p, p, "roundabout");
	stat_is(text("/proc/%d/task/%d/stat", p, p), p, root, p, p, "task");
	stat_is(text("/proc/self/root/proc/%d/stat", p), p, root, p, p, "through root");
	stat_is(text("/proc/self/task/%d/../../../%d/stat", root, p), p, root, p, p, "up from a task");
	if (chdir("/proc") == -1)
		die("chdir");
	stat_is(text("%d/stat", p), p, root, p, p, "relative");
	stat_is(text("./%d/stat", p), p, root, p, p, "relative with a dot");
	snprintf(path, sizeof path, "/proc/%d", p);
	if (chdir(path) == -1)
		die("chdir");
	stat_is(text("stat"), p, root, p, p, "in the directory");
	if (chdir("/") == -1)
		die("chdir");
	dir = open(path, O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "stat", O_RDONLY);
	stat_is(slurp(fd, 100), p, root, p, p, "openat");
	close(fd);
	fd = openat(dir, "../self/stat", O_RDONLY);
	same(atol(slurp(fd, 100)), root, "openat: ../self");
	close(fd);
	close(dir);
	dir = open("/proc", O_PATH);
	snprintf(path, sizeof path, "%d/stat", p);
	fd = openat(dir, path, O_RDONLY);
	stat_is(slurp(fd, 7), p, root, p, p, "openat of /proc, seven bytes at a time");
	close(fd);
	close(dir);
	fd = open("/proc/self/stat", O_PATH);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	same(atol(text("%s", path)), root, "O_PATH and again");
	close(fd);
	snprintf(path, sizeof path, "/proc/%d/stat", NOBODY);
	gives(open(path, O_RDONLY), ENOENT, "nobody");
}

static void of_reading(pid_t p)
{
	char path[64], whole[ROOM], part[ROOM], c[8];
	struct iovec v[2] = { { part, 3 }, { part + 3, 1000 } };
	int fd;
	size_t n;

	snprintf(path, sizeof path, "/proc/%d/stat", p);
	fd = open(path, O_RDONLY);
	snprintf(whole, sizeof whole, "%s", slurp(fd, 4000));
	n = strlen(whole);
	for (size_t i = 0; i < 20; i++)
		if (pread(fd, c, 1, i) != 1 || c[0] != whole[i])
			die("byte %zu", i);
	yes(pread(fd, part, 5, 3) == 5 && !memcmp(part, whole + 3, 5), "pread at an odd offset");
	same(pread(fd, part, 5, 100000), 0, "pread past the end");
	same(lseek(fd, 0, SEEK_SET), 0, "lseek to the beginning");
	yes(readv(fd, v, 2) == (ssize_t)n && !memcmp(part, whole, 10), "readv");
	same(lseek(fd, 0, SEEK_CUR), n, "the position is at the end");
	same(lseek(fd, 2, SEEK_SET), 2, "lseek to the middle");
	yes(read(fd, part, 4) == 4 && !memcmp(part, whole + 2, 4), "read in the middle");
	yes(preadv(fd, v, 2, 0) == (ssize_t)n && !memcmp(part, whole, 10), "preadv");
	gives(write(fd, "x", 1), EBADF, "write");
	/* A child reads on in the same open file. */
	lseek(fd, 0, SEEK_SET);
	pid_t q = spawn();
	if (q == 0) {
		yes(read(fd, part, 4) == 4 && !memcmp(part, whole, 4), "an inherited descriptor");
		_exit(0);
	}
	ended(q);
	same(lseek(fd, 0, SEEK_CUR), 4, "the position is shared");
	close(fd);
}

/* A file that is kept open shows what has changed since. */
static void of_change(void)
{
	const char *t;
	char *end;
	int fd, own;
	pid_t p;

	shared->slot[READY] = 0;
	p = spawn();
	if (p == 0) {
		until(shared->slot[READY]);
		setpgid(0, 0);
		shared->slot[READY] = 2;
		for (;;)
			pause();
	}
	t = text("/proc/%d/stat", p);
	{
		char path[64];

		snprintf(path, sizeof path, "/proc/%d/stat", p);
		fd = open(path, O_RDONLY);
	}
	t = slurp(fd, 4000);
	end = strrchr(t, ')');
	yes(strtol(strchr(end + 4, ' '), NULL, 10) == getpgrp(), "change: the group before");
	shared->slot[READY] = 1;
	until(shared->slot[READY] == 2);
	lseek(fd, 0, SEEK_SET);
	t = slurp(fd, 4000);
	end = strrchr(t, ')');
	yes(strtol(strchr(end + 4, ' '), NULL, 10) == p, "change: the group after lseek and read");
	close(fd);
	if (kill(p, SIGKILL) == -1)
		die("kill");
	zombie(p);
	t = text("/proc/%d/stat", p);
	end = strrchr(t, ')');
	yes(end && end[2] == 'Z', "change: state of a zombie");
	same(atol(t), p, "change: pid of a zombie");
	reap(p);
	own = open("/proc/self/stat", O_RDONLY);
	same(atol(slurp(own, 4000)), root, "change: the own");
	close(own);
}

/* A name that looks like the end of the name. */
static void of_name(void)
{
	prctl(PR_SET_NAME, "a) 7 (b) R 1 2");
	stat_is(text("/proc/self/stat"), root, getppid(), getpgrp(), getsid(0), "name with parentheses");
	yes(strstr(text("/proc/self/stat"), "(a) 7 (b) R 1 2) ") != NULL, "name with parentheses: it is there");
	prctl(PR_SET_NAME, "a\n1 (b) S 1");
	same(atol(text("/proc/self/stat")), root, "name with a newline");
	same(line(text("/proc/self/status"), "Pid"), root, "name with a newline: status");
	prctl(PR_SET_NAME, "check");
}

static void *thread(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

static void of_thread(void)
{
	const char *t;
	pthread_t th;
	int tid;

	shared->slot[TID] = shared->slot[GO] = 0;
	pthread_create(&th, NULL, thread, NULL);
	until(shared->slot[TID]);
	tid = shared->slot[TID];
	t = text("/proc/%d/status", tid);
	same(line(t, "Pid"), tid, "thread: /proc/TID/status: Pid");
	same(line(t, "Tgid"), root, "thread: /proc/TID/status: Tgid");
	t = text("/proc/self/task/%d/status", tid);
	same(line(t, "Pid"), tid, "thread: task/TID/status: Pid");
	same(line(t, "Threads"), 2, "thread: Threads");
	same(atol(text("/proc/%d/task/%d/stat", root, tid)), tid, "thread: task/TID/stat");
	same(atol(strchr(text("/proc/self/task/%d/sched", tid), '(') + 1), tid, "thread: sched");
	shared->slot[GO] = 1;
	pthread_join(th, NULL);
	{
		char path[64];

		snprintf(path, sizeof path, "/proc/self/task/%d", tid);
		until(access(path, F_OK) == -1);
		gives(open(path, O_RDONLY), ENOENT, "thread: gone");
	}
}

int main(void)
{
	pid_t p;

	begin();
	p = spawn();
	if (p == 0) {
		if (setsid() == -1)
			die("setsid");
		shared->slot[READY] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[READY]);
	until(strstr(text("/proc/%d/stat", p), ") S "));
	of_ways(p);
	of_status(p);
	of_reading(p);
	end(p);
	of_zombie();
	of_change();
	of_name();
	of_thread();
	id("child", p);
	return finish();
}
