/* Test 21: thread ids, from every source that tells one. */
#include "check.h"

#define THREADS 8

static pthread_barrier_t barrier;
static volatile pid_t tid[THREADS], as_clear_address[THREADS];

/* thread_main also asks set_tid_address, and gives it the word back. */
static void *thread_main(void *arg)
{
	long i = (long)arg;
	void *word = NULL;

	tid[i] = gettid_raw();
	yes(getpid() == root, "thread %ld: getpid == the process", i);
	/* The kernel may be built without this prctl. */
	if (prctl(PR_GET_TID_ADDRESS, &word, 0, 0, 0) == 0 && word)
		as_clear_address[i] = syscall(SYS_set_tid_address, word);
	else
		as_clear_address[i] = tid[i];
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void threads(void)
{
	pthread_t t[THREADS];
	bool not_root = true, in_range = true, address = true;

	pthread_barrier_init(&barrier, NULL, 2);
	for (long i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, thread_main, (void *)i);
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		not_root = not_root && tid[i] != root;
		in_range = in_range && tid[i] > 0 && tid[i] < 0x400000;
		address = address && as_clear_address[i] == tid[i];
	}
	yes(not_root, "threads: none has the id of the process");
	yes(in_range, "threads: ids are in range");
	yes(address, "threads: set_tid_address gives gettid");
}

static volatile bool leave;
static volatile pid_t alive[THREADS];

static void *stay(void *arg)
{
	alive[(long)arg] = gettid_raw();
	while (!leave)
		pause_ms(1);
	return NULL;
}

static void all_at_once(void)
{
	pthread_t t[THREADS];
	bool distinct = true, tgkill_ok = true;

	for (long i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, stay, (void *)i);
		until(alive[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		char name[16];

		for (int j = 0; j < i; j++)
			distinct = distinct && alive[i] != alive[j];
		tgkill_ok = tgkill_ok && syscall(SYS_tgkill, root, alive[i], 0) == 0;
		snprintf(name, sizeof name, "thread %d", i);
		id(name, alive[i]);
	}
	yes(distinct, "threads alive at once: ids differ");
	yes(tgkill_ok, "threads alive at once: each is found by its id");
	leave = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

/* words is what the kernel writes for a thread made by hand. */
static volatile pid_t parent_word, child_word, raw_tid;

static int raw_thread(void *arg)
{
	(void)arg;
	raw_tid = gettid_raw();
	while (!parent_word)
		;
	syscall(SYS_exit, 0);
	return 0;
}

static void settid_words(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
	pid_t p = clone(raw_thread, stack + sizeof stack, flags, NULL, &parent_word, NULL, &child_word);

	until(raw_tid && child_word);
	same(parent_word, p, "clone thread: CLONE_PARENT_SETTID word == the call's result");
	same(child_word, p, "clone thread: CLONE_CHILD_SETTID word == the call's result");
	same(raw_tid, p, "clone thread: gettid == the call's result");
	until(syscall(SYS_tgkill, root, p, 0) == -1);
}

/* The same words of a process: the child's copy holds its own id. */
static void process_words(void)
{
	pid_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t p;

#ifdef __i386__
	p = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &word[0], 0, &word[1]);
#else
	p = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &word[0], &word[1], 0);
#endif
	if (p == 0) {
		same(word[1], syscall(SYS_getpid), "clone process: CLONE_CHILD_SETTID word == getpid");
		_exit(0);
	}
	ended(p);
	same(word[0], p, "clone process: CLONE_PARENT_SETTID word == the call's result");
	same(word[1], 0, "clone process: the parent's copy of the other word is untouched");
	id("process", p);
}

/* glibc keeps the id of the thread itself; it tells by pthread_kill. */
static void library_word(void)
{
	pid_t p;

	same(gettid(), root, "library: gettid == getpid in the root");
	p = spawn();
	if (p == 0) {
		same(gettid(), getpid(), "library: gettid == getpid in a child");
		same(pthread_kill(pthread_self(), 0), 0, "library: pthread_kill(self) works in a child");
		raise(SIGKILL);
	}
	same(reap(p), SIGKILL, "library: raise reaches the child");
}

static void tid_address(void)
{
	void *word = NULL;

	if (prctl(PR_GET_TID_ADDRESS, &word, 0, 0, 0) == -1) {
		unsupported("set_tid_address", errno);
		return;
	}
	same(syscall(SYS_set_tid_address, word), root, "set_tid_address: gives the id of the main thread");
}

int main(void)
{
	begin();
	same(gettid_raw(), root, "main thread: gettid == getpid");
	tid_address();
	threads();
	all_at_once();
	settid_words();
	process_words();
	library_word();
	return finish();
}
