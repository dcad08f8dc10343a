/* Test 1: every way to create a process gives parent and child the same ids. */
#include "check.h"

#include <linux/sched.h>
#include <spawn.h>

enum { PID, PPID, TID, VIA_RAW }; /* slots a child fills */

static void tell(void)
{
	shared->slot[PID] = getpid();
	shared->slot[PPID] = getppid();
	shared->slot[TID] = gettid_raw();
	shared->slot[VIA_RAW] = syscall(SYS_getpid);
}

/* agree checks what child p, which has told, knows about itself. */
static void agree(const char *how, pid_t p)
{
	pid_t got = p > 0 ? waitpid(p, NULL, 0) : -1;

	yes(p > 0, "%s: the call gives the parent an id", how);
	same(got, p, "%s: waitpid gives the same id", how);
	same(shared->slot[PID], p, "%s: child getpid == the call's result", how);
	same(shared->slot[VIA_RAW], p, "%s: child getpid == the raw system call", how);
	same(shared->slot[PPID], root, "%s: child getppid == parent getpid", how);
	same(shared->slot[TID], p, "%s: child gettid == child getpid", how);
	same(getpid(), root, "%s: parent getpid stays", how);
	id(how, p);
	memset((void *)shared->slot, 0, sizeof shared->slot);
}

static void by_fork(void)
{
	pid_t p = fork();

	if (p == 0) {
		tell();
		_exit(0);
	}
	agree("fork", p);
}

static void by_raw(void)
{
#ifdef SYS_fork
	pid_t p = syscall(SYS_fork);

	if (p == 0) {
		tell();
		_exit(0);
	}
	agree("raw fork", p);
#endif
}

static void by_vfork(void)
{
	pid_t p = vfork();

	if (p == 0) {
		tell();
		_exit(0);
	}
	agree("vfork", p);
}

static int clone_main(void *arg)
{
	(void)arg;
	tell();
	return 0;
}

static void by_clone(const char *how, int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t p = clone(clone_main, stack + sizeof stack, flags | SIGCHLD, NULL);

	agree(how, p);
}

static void by_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t p = syscall(SYS_clone3, &args, sizeof args);

	if (p == 0) {
		tell();
		_exit(0);
	}
	agree("clone3", p);
}

/* A structure of a later kernel is good as long as it asks for nothing new. */
static void by_larger_clone3(void)
{
	struct {
		struct clone_args known;
		uint64_t later[4];
	} args = { .known = { .exit_signal = SIGCHLD } };
	pid_t p = syscall(SYS_clone3, &args, sizeof args);

	if (p == 0) {
		tell();
		_exit(0);
	}
	agree("clone3 with a larger structure", p);
	args.later[3] = 1;
	gives(syscall(SYS_clone3, &args, sizeof args), E2BIG, "clone3 that asks for something unknown");
	gives(syscall(SYS_clone3, &args, getpagesize() + 1), E2BIG, "clone3 with more than a page");
	gives(syscall(SYS_clone3, &args, 63), EINVAL, "clone3 with less than the first version");
	gives(syscall(SYS_clone3, NULL, 64), EFAULT, "clone3 with nothing");
	args.later[3] = 0;
	args.known.set_tid = 1;
	args.known.set_tid_size = 33;
	gives(syscall(SYS_clone3, &args, sizeof args), EINVAL, "clone3 with more ids than namespaces can nest");
	args.known.set_tid_size = 32;
	gives(syscall(SYS_clone3, &args, sizeof args), EFAULT, "clone3 with ids that cannot be read");
	args.known.set_tid = 0;
	gives(syscall(SYS_clone3, &args, sizeof args), EINVAL, "clone3 with a number of ids and none");
}

static void by_spawn(void)
{
	char *argv[] = { "child", "tell", NULL };
	char *none[] = { NULL };
	posix_spawn_file_actions_t actions;
	int fd[2], e;
	long told[3] = { 0 };
	pid_t p = 0;

	if (pipe(fd))
		die("pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd[1], 9);
	e = posix_spawn(&p, self(), &actions, NULL, argv, none);
	close(fd[1]);
	if (e == 0 && read(fd[0], told, sizeof told) != sizeof told)
		die("the spawned child told nothing");
	close(fd[0]);
	shared->slot[PID] = shared->slot[VIA_RAW] = told[0];
	shared->slot[PPID] = told[1];
	shared->slot[TID] = told[2];
	agree("posix_spawn", p);
	posix_spawn_file_actions_destroy(&actions);
}

/* spawned is what the program does when posix_spawn has run it again. */
static int spawned(void)
{
	long told[3] = { getpid(), getppid(), gettid_raw() };

	return write(9, told, sizeof told) != sizeof told;
}

/* A child made with CLONE_PARENT is its creator's sibling. */
static void by_clone_parent(void)
{
	pid_t middle = spawn(), p;

	if (middle == 0) {
		p = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (p == 0) {
			tell();
			_exit(0);
		}
		shared->slot[8] = p;
		_exit(0);
	}
	ended(middle);
	agree("CLONE_PARENT", shared->slot[8]);
}

static void deep(int left)
{
	pid_t p;

	if (left == 0)
		return;
	p = spawn();
	if (p == 0) {
		shared->slot[left] = getppid();
		deep(left - 1);
		_exit(0);
	}
	shared->slot[20 + left] = p;
	ended(p);
}

static void generations(void)
{
	bool ok = true;

	deep(5);
	same(shared->slot[5], root, "generations: first child's getppid == root");
	for (int i = 1; i < 5; i++)
		ok = ok && shared->slot[i] == shared->slot[20 + i + 1];
	yes(ok, "generations: each getppid == the id of the one before");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "tell") == 0)
		return spawned();
	begin();
	same(gettid_raw(), root, "root: gettid == getpid");
	by_fork();
	by_raw();
	by_vfork();
	by_clone("clone", 0);
	by_clone("clone with CLONE_VM", CLONE_VM);
	by_clone("clone with CLONE_VM and CLONE_VFORK", CLONE_VM | CLONE_VFORK);
	by_clone("clone with CLONE_FILES and CLONE_FS", CLONE_FILES | CLONE_FS);
	by_clone("clone with CLONE_UNTRACED", CLONE_UNTRACED);
	by_clone3();
	by_larger_clone3();
	by_spawn();
	by_clone_parent();
	generations();
	return finish();
}
