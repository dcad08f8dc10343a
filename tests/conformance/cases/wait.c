/* Test 5: waitpid in all its forms gives the right id or the right error. */
#include "check.h"

static pid_t exiting(int code)
{
	pid_t p = spawn();

	if (p == 0)
		_exit(code);
	return p;
}

/* in_group is a child in a group of its own that exits with code. */
static pid_t in_group(int code)
{
	int fd[2];
	char c;
	pid_t p;

	if (pipe(fd))
		die("pipe");
	p = spawn();
	if (p == 0) {
		setpgid(0, 0);
		close(fd[1]);
		if (read(fd[0], &c, 1) < 0)
			_exit(1);
		_exit(code);
	}
	setpgid(p, p);
	close(fd[0]);
	close(fd[1]);
	return p;
}

static void by_id(void)
{
	pid_t a = exiting(3), b = exiting(4);
	int status = 0;

	same(waitpid(b, &status, 0), b, "waitpid(id) gives that id");
	same(WEXITSTATUS(status), 4, "waitpid(id) gives its status");
	same(waitpid(a, &status, 0), a, "waitpid(other id) gives that id");
	same(WEXITSTATUS(status), 3, "waitpid(other id) gives its status");
	gives(waitpid(a, &status, 0), ECHILD, "waitpid(reaped id)");
	id("a", a);
	id("b", b);
}

static void any(void)
{
	pid_t a = exiting(5), got;
	int status = 0;

	got = waitpid(-1, &status, 0);
	same(got, a, "waitpid(-1) gives the child");
	same(WEXITSTATUS(status), 5, "waitpid(-1) gives its status");
	gives(waitpid(-1, &status, 0), ECHILD, "waitpid(-1) without children");
	gives(waitpid(-1, &status, WNOHANG), ECHILD, "waitpid(-1, WNOHANG) without children");
	a = exiting(6);
	same(wait(&status), a, "wait gives the child");
	a = exiting(6);
	same(wait4(a, &status, 0, NULL), a, "wait4 gives the child");
}

static void by_group(void)
{
	pid_t own = exiting(1), other = in_group(2);
	int status = 0;

	same(waitpid(0, &status, 0), own, "waitpid(0) gives the child of the own group");
	gives(waitpid(0, &status, 0), ECHILD, "waitpid(0) with children in other groups only");
	same(waitpid(-other, &status, 0), other, "waitpid(-group) gives the child of that group");
	gives(waitpid(-other, &status, 0), ECHILD, "waitpid(-group that ended)");
}

static void own_group_by_number(void)
{
	pid_t p = spawn();
	int status = 0;

	if (p == 0) {
		pid_t q;

		setpgid(0, 0);
		q = exiting(8);
		same(waitpid(-getpgrp(), &status, 0), q, "waitpid(-getpgrp()) gives the child");
		_exit(0);
	}
	ended(p);
}

static void no_hang(void)
{
	pid_t p = sleeper();
	int status = 0;

	same(waitpid(p, &status, WNOHANG), 0, "waitpid(id, WNOHANG) of a living child gives 0");
	same(waitpid(-1, &status, WNOHANG), 0, "waitpid(-1, WNOHANG) gives 0");
	same(waitpid(0, &status, WNOHANG), 0, "waitpid(0, WNOHANG) gives 0");
	kill(p, SIGKILL);
	zombie(p);
	same(waitpid(p, &status, WNOHANG), p, "waitpid(id, WNOHANG) of a zombie gives its id");
	same(WTERMSIG(status), SIGKILL, "waitpid gives the signal that ended it");
}

static void errors(void)
{
	int status;
	pid_t p = sleeper();

	gives(waitpid(NOBODY, &status, 0), ECHILD, "waitpid(unknown)");
	gives(waitpid(-NOBODY, &status, 0), ECHILD, "waitpid(-unknown)");
	gives(waitpid(INT_MIN, &status, 0), ESRCH, "waitpid(INT_MIN)");
	gives(waitpid(getpid(), &status, 0), ECHILD, "waitpid(own id)");
	gives(waitpid(getppid(), &status, WNOHANG), ECHILD, "waitpid(parent)");
	gives(waitpid(1, &status, WNOHANG), ECHILD, "waitpid(1)");
	gives(waitpid(p, &status, 0x4000), EINVAL, "waitpid(id, bad options)");
	end(p);
	gives(waitpid(p, &status, 0x4000), EINVAL, "waitpid(reaped, bad options)");
}

static void *waiter(void *arg)
{
	return (void *)(long)waitpid(*(pid_t *)arg, NULL, 0);
}

static void *waiter_of_own(void *arg)
{
	if (waitpid(*(pid_t *)arg, NULL, __WNOTHREAD) == -1)
		return (void *)(long)-errno;
	return NULL;
}

static void from_threads(void)
{
	pid_t p = exiting(0);
	pthread_t t;
	void *got;

	pthread_create(&t, NULL, waiter_of_own, &p);
	pthread_join(t, &got);
	same((long)got, -ECHILD, "thread: __WNOTHREAD does not see another thread's child");
	pthread_create(&t, NULL, waiter, &p);
	pthread_join(t, &got);
	same((long)got, p, "thread: waitpid gives another thread's child");
}

/* Children that do not send SIGCHLD are waited for only on demand. */
static void clone_children(void)
{
	pid_t p = syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (p == 0)
		_exit(0);
	gives(waitpid(p, NULL, 0), ECHILD, "clone child without signal: waitpid");
	same(waitpid(p, NULL, __WCLONE), p, "clone child without signal: __WCLONE gives its id");
	p = syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (p == 0)
		_exit(0);
	same(waitpid(-1, NULL, __WALL), p, "clone child without signal: __WALL gives its id");
}

/* With SIGCHLD ignored children are reaped at once and wait finds none. */
static void ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	exiting(0);
	exiting(0);
	gives(waitpid(-1, NULL, 0), ECHILD, "SIGCHLD ignored: waitpid(-1) waits for all");
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	begin();
	by_id();
	any();
	by_group();
	own_group_by_number();
	no_hang();
	errors();
	from_threads();
	clone_children();
	ignored();
	return finish();
}
