/* Tests 3 and 4: orphans get a new parent, and that parent can wait for them. */
#include "check.h"

enum { ORPHAN, PARENT, NEXT_PARENT, READY, GO };

static void clear(void) { memset((void *)shared->slot, 0, sizeof shared->slot); }

/*
 * make_orphan has a child fork a grandchild and exit. The grandchild runs fn
 * once it has a new parent, whose id it has put into slot PARENT.
 */
static pid_t make_orphan(void (*fn)(void))
{
	pid_t middle = spawn();

	if (middle == 0) {
		pid_t me = getpid();

		if (spawn() == 0) {
			shared->slot[READY] = getppid() == me;
			shared->slot[ORPHAN] = getpid();
			until(getppid() != me);
			shared->slot[PARENT] = getppid();
			fn();
			_exit(7);
		}
		until(shared->slot[ORPHAN]);
		_exit(0);
	}
	ended(middle);
	return middle;
}

static void nothing(void) {}

/* parent_of reads the parent of a process from /proc, 0 if it cannot. */
static pid_t parent_of(pid_t p)
{
	char path[32], text[512], *at;
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "/proc/%d/stat", p);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	at = strrchr(text, ')');
	return at ? atoi(at + 4) : 0;
}

/* is_reaper says whether p is 1 or an ancestor of the root. */
static bool is_reaper(pid_t p)
{
	pid_t up = getppid();

	for (int i = 0; i < 64 && up > 0; i++) {
		if (up == p)
			return true;
		up = parent_of(up);
	}
	return p == 1;
}

static void to_outer_reaper(void)
{
	pid_t middle = make_orphan(nothing);

	yes(shared->slot[READY], "orphan: before, getppid == the parent");
	until(shared->slot[PARENT]);
	yes(shared->slot[PARENT] != middle, "orphan: after, getppid != the dead parent");
	yes(is_reaper(shared->slot[PARENT]), "orphan: after, getppid == the reaper of the tree");
	same(waitpid(-1, NULL, 0), -1, "orphan: the root cannot wait for it");
	clear();
}

static void to_subreaper(void)
{
	int flag = 0, status = 0;

	gives(prctl(PR_SET_CHILD_SUBREAPER, 1), 0, "subreaper: prctl in the root");
	prctl(PR_GET_CHILD_SUBREAPER, &flag);
	same(flag, 1, "subreaper: the flag reads 1");
	make_orphan(nothing);
	same(waitpid(-1, &status, 0), shared->slot[ORPHAN], "subreaper: waitpid(-1) gives the orphan's id");
	same(shared->slot[PARENT], root, "subreaper: the orphan's getppid == root");
	yes(WIFEXITED(status) && WEXITSTATUS(status) == 7, "subreaper: the orphan's status arrives");
	id("orphan", shared->slot[ORPHAN]);
	clear();
}

static void not_inherited(void)
{
	pid_t p = spawn();

	if (p == 0) {
		int flag = 1;

		prctl(PR_GET_CHILD_SUBREAPER, &flag);
		same(flag, 0, "subreaper: a child does not inherit the flag");
		_exit(0);
	}
	ended(p);
}

static void wait_second_parent(void)
{
	pid_t first = shared->slot[PARENT];

	until(getppid() != first);
	shared->slot[NEXT_PARENT] = getppid();
}

/* The nearest living subreaper gets the orphan, and when it ends the next. */
static void nearest_subreaper(void)
{
	pid_t inner = spawn();
	int status = 0;

	if (inner == 0) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		make_orphan(wait_second_parent);
		until(shared->slot[PARENT]);
		same(shared->slot[PARENT], getpid(), "nested: the orphan's getppid == the inner subreaper");
		_exit(0);
	}
	ended(inner);
	same(waitpid(-1, &status, 0), shared->slot[ORPHAN], "nested: the outer subreaper then waits for the orphan");
	same(shared->slot[NEXT_PARENT], root, "nested: the orphan's second getppid == root");
	clear();
}

/* A zombie whose parent dies is handed on too. */
static void zombie_is_handed_on(void)
{
	pid_t middle = spawn();
	int status = 0;

	if (middle == 0) {
		pid_t p = spawn();

		if (p == 0)
			_exit(9);
		shared->slot[ORPHAN] = p;
		zombie(p);
		_exit(0);
	}
	ended(middle);
	same(waitpid(-1, &status, 0), shared->slot[ORPHAN], "zombie: the subreaper collects it");
	same(WEXITSTATUS(status), 9, "zombie: with its status");
	clear();
}

static void *fork_and_leave(void *arg)
{
	pid_t *p = arg;

	*p = spawn();
	if (*p == 0) {
		until(shared->slot[GO]);
		shared->slot[PARENT] = getppid();
		_exit(0);
	}
	return NULL;
}

/* The parent is the process: it stays when only the forking thread ends. */
static void parent_thread_ends(void)
{
	pthread_t t;
	pid_t p = 0;

	pthread_create(&t, NULL, fork_and_leave, &p);
	pthread_join(t, NULL);
	shared->slot[GO] = 1;
	ended(p);
	same(shared->slot[PARENT], root, "thread: child of an ended thread keeps getppid == root");
	clear();
}

int main(void)
{
	begin();
	to_outer_reaper();
	to_subreaper();
	not_inherited();
	nearest_subreaper();
	zombie_is_handed_on();
	parent_thread_ends();
	return finish();
}
