/* Test 16: setpgid, what it allows and what it refuses. */
#include "check.h"

#include <spawn.h>

enum { GRANDCHILD, SESSION, TID };

/* Parent and child both make the child a leader, as shells do. */
static void race(void)
{
	bool parent_ok = true, child_ok = true;

	for (int i = 0; i < 20; i++) {
		pid_t p = spawn();
		int status;

		if (p == 0)
			_exit(setpgid(0, 0) != 0 || getpgrp() != getpid());
		/* A child that has ended can be moved too, until it is reaped. */
		parent_ok = parent_ok && setpgid(p, p) == 0;
		status = reap(p);
		child_ok = child_ok && status == 0;
	}
	yes(parent_ok, "race: setpgid(child, child) by the parent works");
	yes(child_ok, "race: setpgid(0, 0) by the child works");
}

static void forms(void)
{
	pid_t p = sleeper(), q = sleeper(), own = getpgrp();

	gives(setpgid(p, 0), 0, "setpgid(child, 0)");
	same(getpgid(p), p, "setpgid(child, 0): its group is its id");
	gives(setpgid(q, p), 0, "setpgid(other child, group)");
	same(getpgid(q), p, "setpgid(other child, group): its group is that one");
	gives(setpgid(q, own), 0, "setpgid(child, own group)");
	same(getpgid(q), own, "setpgid(child, own group): it is back");
	gives(setpgid(p, own), 0, "setpgid(leader, own group)");
	gives(setpgid(q, p), EPERM, "setpgid(child, group that is gone)");
	id("child", p);
	end(p);
	end(q);
}

/* sleeps is what a child runs that the program is executed in again. */
static int sleeps(void)
{
	for (;;)
		pause();
	return 1;
}

static void after_exec(void)
{
	int fd[2];
	char c;
	pid_t p;

	if (pipe2(fd, O_CLOEXEC))
		die("pipe2");
	p = spawn();
	if (p == 0) {
		execl(self(), self(), "sleeps", NULL);
		_exit(1);
	}
	close(fd[1]);
	same(read(fd[0], &c, 1), 0, "after exec: the child executes");
	close(fd[0]);
	gives(setpgid(p, p), EACCES, "after exec: setpgid(child, child)");
	end(p);
}

static void *linger(void *arg)
{
	shared->slot[TID] = gettid_raw();
	while (shared->slot[TID])
		pause_ms(1);
	return arg;
}

static void refused(void)
{
	pid_t q = sleeper(), p = spawn();
	pthread_t t;

	if (p == 0) {
		setsid();
		shared->slot[GRANDCHILD] = sleeper();
		shared->slot[SESSION] = getpid();
		for (;;)
			pause();
	}
	until(shared->slot[SESSION]);
	gives(setpgid(p, p), EPERM, "setpgid of a child in another session");
	gives(setpgid(q, p), EPERM, "setpgid into a group of another session");
	gives(setpgid(0, p), EPERM, "setpgid of oneself into a group of another session");
	gives(setpgid(shared->slot[GRANDCHILD], 0), ESRCH, "setpgid of a grandchild");
	gives(setpgid(getppid(), 0), ESRCH, "setpgid of the parent");
	gives(setpgid(NOBODY, 0), ESRCH, "setpgid of unknown");
	gives(setpgid(NOBODY, NOBODY), ESRCH, "setpgid of unknown into unknown");
	gives(setpgid(0, NOBODY), EPERM, "setpgid of oneself into unknown");
	gives(setpgid(q, NOBODY), EPERM, "setpgid of a child into unknown");
	gives(setpgid(-1, 0), EINVAL, "setpgid(-1, 0)");
	gives(setpgid(-1, getpgrp()), ESRCH, "setpgid of -1 into the own group");
	gives(setpgid(0, -1), EINVAL, "setpgid into -1");
	gives(setpgid(q, -q), EINVAL, "setpgid into a negative id");
	pthread_create(&t, NULL, linger, NULL);
	until(shared->slot[TID]);
	gives(setpgid(shared->slot[TID], 0), EINVAL, "setpgid of a thread");
	shared->slot[TID] = 0;
	pthread_join(t, NULL);
	kill(shared->slot[GRANDCHILD], SIGKILL);
	end(p);
	end(q);
	gives(setpgid(q, q), ESRCH, "setpgid of a reaped child");
}

/* posix_spawn and vfork run the child in the parent's memory. */
static void spawned(void)
{
	char *argv[] = { (char *)self(), "sleeps", NULL }, *none[] = { NULL };
	posix_spawnattr_t attr;
	pid_t p = 0;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	same(posix_spawn(&p, self(), NULL, &attr, argv, none), 0, "posix_spawn into a new group gives 0");
	same(getpgid(p), p, "posix_spawn into a new group: the group is the child's id");
	end(p);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	same(posix_spawn(&p, self(), NULL, &attr, argv, none), 0, "posix_spawn into a new session gives 0");
	same(getsid(p), p, "posix_spawn into a new session: the session is the child's id");
	end(p);
	p = vfork();
	if (p == 0)
		_exit(setpgid(0, 0) || getpgrp() != getpid());
	same(reap(p), 0, "vfork: setpgid(0, 0) in the child works");
}

/* A zombie leader keeps its group number taken and can be joined. */
static void zombie_leader(void)
{
	pid_t p = spawn(), q;

	if (p == 0)
		_exit(setpgid(0, 0));
	zombie(p);
	q = sleeper();
	gives(setpgid(q, p), 0, "setpgid into the group of a zombie");
	ended(p);
	same(getpgid(q), p, "the leader is reaped: the group stays");
	gives(kill(-p, 0), 0, "the leader is reaped: the group is found");
	end(q);
	gives(kill(-p, 0), ESRCH, "the last member is reaped: the group is gone");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sleeps") == 0)
		return sleeps();
	begin();
	race();
	forms();
	after_exec();
	refused();
	spawned();
	zombie_leader();
	return finish();
}
