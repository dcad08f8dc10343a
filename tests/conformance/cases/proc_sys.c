/* Test 37: files of /proc about the whole space of ids. */
#include "check.h"

static long number(const char *path, int field)
{
	char text[256] = "", *save, *w;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || read(fd, text, sizeof text - 1) <= 0)
		die("%s", path);
	close(fd);
	w = strtok_r(text, " \t\n", &save);
	while (w && field--)
		w = strtok_r(NULL, " \t\n", &save);
	return w ? atol(w) : -77;
}

/*
 * On a machine with other processes the last id can be anybody's. In a
 * private space it is the tree's.
 */
static void of_last(const char *what, const char *path, int field)
{
	const char *space = getenv("CHECK_SPACE");
	bool alone = space && !strcmp(space, "private");
	long max = number("/proc/sys/kernel/pid_max", 0), last;
	pid_t p = sleeper();

	last = number(path, field);
	yes(last > 0 && last < max, "%s: an id", what);
	if (alone && last != p)
		die("%s: %ld, the last process is %d", what, last, p);
	end(p);
	p = sleeper();
	yes(number(path, field) != last || !alone, "%s: another one after a fork", what);
	end(p);
}

static void of_reread(void)
{
	char a[128] = "", b[128] = "";
	const char *space = getenv("CHECK_SPACE");
	int fd = open("/proc/loadavg", O_RDONLY);
	pid_t p;

	if (fd == -1 || pread(fd, a, sizeof a - 1, 0) <= 0)
		die("loadavg");
	p = sleeper();
	if (pread(fd, b, sizeof b - 1, 0) <= 0)
		die("loadavg");
	if (space && !strcmp(space, "private"))
		yes(atol(strrchr(b, ' ')) == p, "loadavg: kept open, it shows the last id");
	else
		yes(atol(strrchr(b, ' ')) > 0, "loadavg: kept open, it shows the last id");
	end(p);
	close(fd);
}

int main(void)
{
	long max;

	begin();
	max = number("/proc/sys/kernel/pid_max", 0);
	yes(max > root, "pid_max: more than the root's id");
	yes(max <= 4194304, "pid_max: no more than the kernel's limit");
	of_last("loadavg", "/proc/loadavg", 4);
	if (access("/proc/sys/kernel/ns_last_pid", R_OK) == 0)
		of_last("ns_last_pid", "/proc/sys/kernel/ns_last_pid", 0);
	else
		unsupported("ns_last_pid", errno);
	of_reread();
	return finish();
}
