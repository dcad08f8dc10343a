/* Test 32: the links of /proc that hold ids. */
#include "check.h"

enum { TID, GO };

/* is reads a link into a buffer of n bytes and compares. */
#define is(path, n, want, ...) same_link(__LINE__, path, n, want, __VA_ARGS__)
static void same_link(int line, const char *path, size_t n, const char *want, const char *what)
{
	char buf[PATH_MAX];
	ssize_t len;
	size_t most = strlen(want) < n ? strlen(want) : n;

	memset(buf, '#', sizeof buf);
	len = readlink(path, buf, n);
	if (!yes(len == (ssize_t)most && !memcmp(buf, want, most) && buf[most] == '#', "%s", what))
		report("line %d: %zd bytes, %.*s, want %s", line, len, len > 0 ? (int)len : 0, buf, want);
}

static void of_self(const char *who)
{
	char want[64], what[64];

	snprintf(want, sizeof want, "%d", getpid());
	snprintf(what, sizeof what, "%s: /proc/self", who);
	is("/proc/self", 64, want, what);
	snprintf(what, sizeof what, "%s: /proc/self, three bytes", who);
	is("/proc/self", 3, want, what);
	snprintf(what, sizeof what, "%s: /proc/self, as many as it has", who);
	is("/proc/self", strlen(want), want, what);
	snprintf(want, sizeof want, "%d/task/%d", getpid(), gettid_raw());
	snprintf(what, sizeof what, "%s: /proc/thread-self", who);
	is("/proc/thread-self", 64, want, what);
	snprintf(what, sizeof what, "%s: /proc/thread-self, seven bytes", who);
	is("/proc/thread-self", 7, want, what);
}

static void *thread(void *arg)
{
	(void)arg;
	of_self("thread");
	return NULL;
}

static void of_paths(void)
{
	char want[128], path[64];
	int fd, dir;

	snprintf(want, sizeof want, "%d", root);
	if (chdir("/proc") == -1)
		die("chdir");
	is("self", 64, want, "relative: self");
	is("./self/../self", 64, want, "relative: ./self/../self");
	is("self/cwd", 64, "/proc", "relative: self/cwd");
	dir = open("/proc", O_RDONLY | O_DIRECTORY);
	memset(path, 0, sizeof path);
	yes(readlinkat(dir, "self", path, sizeof path) > 0 && !strcmp(path, want), "readlinkat: self");
	fd = open("self", O_PATH | O_NOFOLLOW);
	memset(path, 0, sizeof path);
	yes(readlinkat(fd, "", path, sizeof path) > 0 && !strcmp(path, want), "readlinkat: the link itself, without a name");
	close(fd);
	errno = 0;
	gives(readlink("/proc/self", path, 0), EINVAL, "readlink: no bytes");
	gives(syscall(SYS_readlinkat, AT_FDCWD, "/proc/self", NULL, 64), EFAULT, "readlink: no buffer");
	/* Directories and descriptors that lead into /proc/PID. */
	snprintf(path, sizeof path, "/proc/%d/task", root);
	if (chdir(path) == -1)
		die("chdir");
	is("/proc/self/cwd", 64, path, "cwd: /proc/PID/task");
	yes(getcwd(want, sizeof want) && !strcmp(want, path), "getcwd: /proc/PID/task");
	gives(getcwd(want, strlen(path)) ? 0 : -1, 34, "getcwd: one byte too few");
	yes(getcwd(want, strlen(path) + 1) && !strcmp(want, path), "getcwd: just enough");
	if (chdir("/proc/self/fd") == -1)
		die("chdir");
	snprintf(path, sizeof path, "/proc/%d/fd", root);
	is("/proc/self/cwd", 64, path, "cwd: /proc/self/fd has the number");
	fd = open("/proc/self/stat", O_RDONLY);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	snprintf(want, sizeof want, "/proc/%d/stat", root);
	is(path, 64, want, "fd: /proc/self/stat");
	is(path, 9, want, "fd: /proc/self/stat, nine bytes");
	close(fd);
	fd = open("/proc/thread-self/status", O_RDONLY);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	snprintf(want, sizeof want, "/proc/%d/task/%d/status", root, root);
	is(path, 64, want, "fd: /proc/thread-self/status");
	close(fd);
	close(dir);
	if (chdir("/") == -1)
		die("chdir");
}

/* The directory of a process that is gone keeps its name. */
static void of_gone(void)
{
	char path[64], want[96];
	pid_t p = sleeper();
	int fd;

	snprintf(path, sizeof path, "/proc/%d", p);
	snprintf(want, sizeof want, "%s (deleted)", path);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd == -1 || fchdir(fd) == -1)
		die("%s", path);
	end(p);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	is(path, 64, want, "fd: the directory of a reaped process");
	is("/proc/self/cwd", 64, want, "cwd: the directory of a reaped process");
	gives(openat(fd, "stat", O_RDONLY), ESRCH, "openat: in the directory of a reaped process");
	gives(getcwd(path, sizeof path) ? 0 : -1, ENOENT, "getcwd: the directory of a reaped process");
	close(fd);
	if (chdir("/") == -1)
		die("chdir");
}

int main(void)
{
	pthread_t t;
	pid_t p;

	begin();
	of_self("main");
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	p = spawn();
	if (p == 0) {
		of_self("child");
		_exit(0);
	}
	ended(p);
	of_paths();
	of_gone();
	return finish();
}
