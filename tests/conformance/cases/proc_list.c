/* Tests 34 and 35: /proc lists the processes, and task the threads. */
#include "check.h"
#include <dirent.h>
#include <sys/stat.h>

enum { READY, GO, TIDS };

#define MOST 4096

/* A listing is the numbers that a directory has, in its order. */
struct listing {
	int n;
	long id[MOST], off[MOST];
};

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/* list reads a directory with getdents64 and a buffer of size bytes. */
static void list(struct listing *l, const char *path, size_t size)
{
	static char buf[65536] __attribute__((aligned(8)));
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	long n;

	if (fd == -1)
		die("%s", path);
	l->n = 0;
	while ((n = syscall(SYS_getdents64, fd, buf, size)) > 0)
		for (long at = 0; at < n;) {
			struct entry *e = (void *)(buf + at);

			if (e->name[0] >= '0' && e->name[0] <= '9' && l->n < MOST) {
				l->off[l->n] = e->off;
				l->id[l->n++] = atol(e->name);
			}
			at += e->reclen;
		}
	if (n == -1)
		die("getdents64 of %s with %zu bytes", path, size);
	close(fd);
}

static bool has(const struct listing *l, long id)
{
	for (int i = 0; i < l->n; i++)
		if (l->id[i] == id)
			return true;
	return false;
}

static bool sorted(const struct listing *l)
{
	for (int i = 1; i < l->n; i++)
		if (l->id[i] <= l->id[i - 1])
			return false;
	return true;
}

/* Other processes may come and go on the machine; those of the tree do not. */
static void of_root(pid_t a, pid_t b, pid_t z)
{
	static struct listing l, small;
	const char *space = getenv("CHECK_SPACE"), *outside = getenv("CHECK_OUTSIDE");
	struct dirent *e;
	char path[64];
	struct stat st;
	long at = -1;
	DIR *d;

	list(&l, "/proc", 65536);
	yes(has(&l, root) && has(&l, a) && has(&l, b), "list: the root and its children");
	yes(has(&l, z), "list: a zombie");
	yes(sorted(&l), "list: sorted, and no number twice");
	list(&small, "/proc", 100);
	yes(has(&small, root) && has(&small, a) && has(&small, b), "list: with a tiny buffer");
	yes(sorted(&small), "list: sorted with a tiny buffer");
	if (space && !strcmp(space, "private")) {
		int known = 0;

		for (int i = 0; i < l.n; i++)
			known += l.id[i] == 1 || l.id[i] == root || l.id[i] == a || l.id[i] == b || l.id[i] == z;
		if (known != l.n)
			die("%d of %d are the tree's", known, l.n);
		snprintf(path, sizeof path, "/proc/%s", outside);
		if (stat(path, &st) == 0)
			die("%s is there", path);
	}
	/* seekdir to the entry after the first child, and back. */
	d = opendir("/proc");
	while ((e = readdir(d)))
		if (atol(e->d_name) == a)
			at = telldir(d);
	seekdir(d, at);
	e = readdir(d);
	yes(e && atol(e->d_name) > a && atol(e->d_name) <= b, "list: seekdir");
	rewinddir(d);
	for (at = 0; (e = readdir(d));)
		at += atol(e->d_name) == root;
	same(at, 1, "list: rewinddir");
	closedir(d);
	snprintf(path, sizeof path, "/proc/%d", NOBODY);
	gives(stat(path, &st), ENOENT, "list: nobody");
	snprintf(path, sizeof path, "/proc/%d", a);
	yes(stat(path, &st) == 0 && S_ISDIR(st.st_mode), "list: stat of a child");
	gives(access(path, X_OK), 0, "list: access of a child");
	same(st.st_uid, geteuid(), "list: the owner of a child");
}

static void *thread(void *arg)
{
	shared->slot[TIDS + (long)arg] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

static void of_threads(void)
{
	static struct listing l;
	char path[128], name[32] = "";
	struct stat st;
	pthread_t t[3];
	int fd, n;

	shared->slot[GO] = 0;
	for (long i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, thread, (void *)i);
		until(shared->slot[TIDS + i]);
	}
	list(&l, "/proc/self/task", 65536);
	same(l.n, 4, "threads: as many as there are");
	yes(has(&l, root), "threads: the main one");
	for (int i = 0; i < 3; i++)
		yes(has(&l, shared->slot[TIDS + i]), "threads: thread %d", i);
	same(l.id[0], root, "threads: the main one is first");
	list(&l, "/proc/self/task", 32);
	same(l.n, 4, "threads: with a tiny buffer");
	snprintf(path, sizeof path, "/proc/%d/task", root);
	list(&l, path, 65536);
	same(l.n, 4, "threads: by number");
	stat(path, &st);
	same(st.st_nlink, 4 + 2, "threads: links of the directory");
	snprintf(path, sizeof path, "/proc/%ld", shared->slot[TIDS]);
	gives(stat(path, &st), 0, "threads: /proc/TID is there");
	list(&l, "/proc", 65536);
	yes(!has(&l, shared->slot[TIDS]), "threads: and not listed");
	gives(pthread_setname_np(t[1], "renamed") ? -1 : 0, 0, "threads: pthread_setname_np of another");
	snprintf(path, sizeof path, "/proc/self/task/%ld/comm", shared->slot[TIDS + 1]);
	fd = open(path, O_RDONLY);
	n = read(fd, name, sizeof name - 1);
	yes(n == 8 && !strcmp(name, "renamed\n"), "threads: its name");
	close(fd);
	snprintf(path, sizeof path, "/proc/self/task/%d", NOBODY);
	gives(stat(path, &st), ENOENT, "threads: nobody");
	shared->slot[GO] = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void of_children(pid_t a, pid_t b, pid_t z)
{
	char path[64], text[256] = "", want[64];
	int fd, n;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", root, root);
	fd = open(path, O_RDONLY);
	if (fd == -1) {
		unsupported("children", errno);
		return;
	}
	n = read(fd, text, sizeof text - 1);
	snprintf(want, sizeof want, "%d %d %d ", a, b, z);
	yes(n > 0 && !strcmp(text, want), "children: all three in their order");
	close(fd);
}

int main(void)
{
	pid_t a, b, z;

	begin();
	a = sleeper();
	b = sleeper();
	z = spawn();
	if (z == 0)
		_exit(0);
	zombie(z);
	of_root(a, b, z);
	of_children(a, b, z);
	of_threads();
	end(a);
	end(b);
	reap(z);
	{
		static struct listing l;

		list(&l, "/proc", 65536);
		yes(!has(&l, a) && !has(&l, b) && !has(&l, z), "list: none that was reaped");
	}
	id("first", a);
	id("second", b);
	return finish();
}
