/* Test 29: a lock names its holder. */
#include "check.h"

#define UNTOUCHED -77

enum { READY, WAITING, GOT };

static int file;

static struct flock region(int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len, .l_pid = 0 };

	return l;
}

/* find asks who holds the first byte from start on. */
static struct flock find(int fd, int cmd, off_t start)
{
	struct flock l = region(F_WRLCK, start, 1);

	if (cmd == F_GETLK)
		l.l_pid = UNTOUCHED;
	if (fcntl(fd, cmd, &l) == -1)
		die("fcntl");
	return l;
}

/* holder locks a region and stays. */
static pid_t holder(int cmd, int type, off_t start)
{
	pid_t p;

	shared->slot[READY] = 0;
	p = spawn();
	if (p == 0) {
		struct flock l = region(type, start, 10);
		/* An open file description of its own, for F_OFD_SETLK. */
		char path[32];
		int fd = file;

		if (cmd == F_OFD_SETLK) {
			snprintf(path, sizeof path, "/proc/self/fd/%d", file);
			fd = open(path, O_RDWR);
		}
		if (fd == -1 || fcntl(fd, cmd, &l) == -1)
			die("lock");
		shared->slot[READY] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[READY]);
	return p;
}

static void of_child(void)
{
	pid_t p = holder(F_SETLK, F_WRLCK, 0), q = holder(F_SETLK, F_RDLCK, 100);
	struct flock l = find(file, F_GETLK, 5);

	same(l.l_type, F_WRLCK, "F_GETLK: the child's lock is found");
	same(l.l_pid, p, "F_GETLK: l_pid == the child");
	same(l.l_start, 0, "F_GETLK: l_start");
	same(l.l_len, 10, "F_GETLK: l_len");
	l = find(file, F_GETLK, 105);
	same(l.l_pid, q, "F_GETLK: l_pid == the other child");
	same(l.l_type, F_RDLCK, "F_GETLK: l_type of the other child's");
	l = find(file, F_GETLK, 50);
	same(l.l_type, F_UNLCK, "F_GETLK of a free region: F_UNLCK");
	same(l.l_pid, UNTOUCHED, "F_GETLK of a free region: l_pid is untouched");
	l = find(file, F_OFD_GETLK, 5);
	same(l.l_pid, p, "F_OFD_GETLK: l_pid == the child");
	end(p);
	l = find(file, F_GETLK, 5);
	same(l.l_type, F_UNLCK, "F_GETLK after the holder's end: F_UNLCK");
	end(q);
	id("holder", p);
}

static void of_open_file(void)
{
	pid_t p = holder(F_OFD_SETLK, F_WRLCK, 200);
	struct flock l = find(file, F_GETLK, 205);

	same(l.l_type, F_WRLCK, "open file description: F_GETLK finds it");
	same(l.l_pid, -1, "open file description: l_pid is -1");
	l = find(file, F_OFD_GETLK, 205);
	same(l.l_pid, -1, "open file description: F_OFD_GETLK l_pid is -1");
	end(p);
}

/* The parent's lock as seen by the child. */
static void of_parent(void)
{
	struct flock l = region(F_WRLCK, 300, 10);
	pid_t p;

	if (fcntl(file, F_SETLK, &l) == -1)
		die("lock");
	same(find(file, F_GETLK, 300).l_type, F_UNLCK, "own lock: F_GETLK does not see it");
	p = spawn();
	if (p == 0) {
		same(find(file, F_GETLK, 300).l_pid, root, "parent's lock: l_pid == the parent");
		_exit(0);
	}
	ended(p);
}

/* A thread's lock is its process's. */
static void *lock_in_thread(void *arg)
{
	struct flock l = region(F_WRLCK, 400, 10);

	return (void *)(long)fcntl(*(int *)arg, F_SETLK, &l);
}

static void of_thread(void)
{
	pthread_t t;
	pid_t p;

	pthread_create(&t, NULL, lock_in_thread, &file);
	pthread_join(t, NULL);
	p = spawn();
	if (p == 0) {
		same(find(file, F_GETLK, 400).l_pid, root, "a thread's lock: l_pid == its process");
		_exit(0);
	}
	ended(p);
}

/* A lock that is waited for comes to the waiter. */
static void waited_for(void)
{
	pid_t p = holder(F_SETLK, F_WRLCK, 500), q = spawn();

	if (q == 0) {
		struct flock l = region(F_WRLCK, 500, 10);

		shared->slot[WAITING] = 1;
		fcntl(file, F_SETLKW, &l);
		shared->slot[GOT] = 1;
		for (;;)
			pause();
	}
	until(shared->slot[WAITING]);
	pause_ms(5);
	same(find(file, F_GETLK, 500).l_pid, p, "waited for: l_pid == the holder");
	end(p);
	until(shared->slot[GOT]);
	same(find(file, F_GETLK, 500).l_pid, q, "waited for: then l_pid == the waiter");
	end(q);
}

#ifdef __i386__
/* The old call with 32-bit offsets has a layout of its own. */
static void old_layout(void)
{
	struct { short type, whence; int32_t start, len, pid; } l = { F_WRLCK, SEEK_SET, 0, 1, UNTOUCHED };
	pid_t p = holder(F_SETLK, F_WRLCK, 0);

	gives(syscall(SYS_fcntl, file, 5, &l), 0, "old F_GETLK");
	same(l.pid, p, "old F_GETLK: l_pid");
	end(p);
}
#endif

int main(void)
{
	begin();
	file = memfd_create("locks", 0);
	if (file == -1)
		die("memfd_create");
	of_child();
	of_open_file();
	of_parent();
	of_thread();
	waited_for();
#ifdef __i386__
	old_layout();
#endif
	return finish();
}
