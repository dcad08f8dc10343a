/* Test 42: control groups list processes and take them. */
#include "check.h"
#include <sys/stat.h>

enum { TID, GO };

/* The first of these that exists, and where a group can be made. */
static const char *places[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids", "/sys/fs/cgroup", NULL };

static char group[128];

static int put(const char *file, const char *fmt, ...)
{
	char path[192], text[64];
	va_list ap;
	int fd, n, r;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(path, sizeof path, "%s/%s", group, file);
	fd = open(path, O_WRONLY);
	if (fd == -1)
		return -1;
	r = write(fd, text, n);
	n = errno;
	close(fd);
	errno = n;
	return r == -1 ? -1 : 0;
}

/* lists tells how many ids a file has, and whether one of them is p. */
static int lists(const char *file, long p, bool *found)
{
	char path[192], line[64];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", group, file);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	*found = false;
	while (fgets(line, sizeof line, f)) {
		n++;
		if (atol(line) == p)
			*found = true;
	}
	fclose(f);
	return n;
}

static void *thread(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

/* move puts a process back where it came from, so that the group can go. */
static void back(void)
{
	char *slash = strrchr(group, '/');

	*slash = 0;
	put("cgroup.procs", "0");
	*slash = '/';
}

int main(void)
{
	const char *own = NULL;
	pthread_t t;
	bool found;
	pid_t p;

	begin();
	for (const char **w = places; *w && !own; w++) {
		snprintf(group, sizeof group, "%s/check-cgroup-%d-%lld", *w, root, now_ms());
		if (mkdir(group, 0755) == 0) {
			char procs[192];

			snprintf(procs, sizeof procs, "%s/cgroup.procs", group);
			if (access(procs, W_OK) == 0)
				own = *w;
			else
				rmdir(group);
		}
	}
	if (!own) {
		unsupported("cgroup", EACCES);
		return finish();
	}
	p = sleeper();
	same(lists("cgroup.procs", p, &found), 0, "cgroup: empty at first");
	gives(put("cgroup.procs", "%d\n", p), 0, "cgroup: take the child");
	same(lists("cgroup.procs", p, &found), 1, "cgroup: it has one process");
	yes(found, "cgroup: the child");
	gives(put("cgroup.procs", "%d", NOBODY), ESRCH, "cgroup: nobody");
	gives(put("cgroup.procs", "x"), EINVAL, "cgroup: no number");
	gives(put("cgroup.procs", "-1"), EINVAL, "cgroup: a negative number");
	gives(put("cgroup.procs", "0"), 0, "cgroup: 0 is the writer");
	same(lists("cgroup.procs", root, &found), 2, "cgroup: it has two processes");
	yes(found, "cgroup: the writer");
	pthread_create(&t, NULL, thread, NULL);
	until(shared->slot[TID]);
	same(lists("cgroup.procs", shared->slot[TID], &found), 2, "cgroup: a thread is no process");
	yes(!found, "cgroup: it is not listed");
	shared->slot[GO] = 1;
	pthread_join(t, NULL);
	back();
	same(lists("cgroup.procs", p, &found), 1, "cgroup: the writer has left");
	end(p);
	until(rmdir(group) == 0 || errno != EBUSY);
	gives(access(group, F_OK), ENOENT, "cgroup: removed");
	return finish();
}
