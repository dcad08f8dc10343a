/* Test 22: signals to single threads. */
#include "check.h"

enum { TID, HANDLED_BY, CODE, SENDER, LEAVE, COUNT };

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	shared->slot[CODE] = si->si_code;
	shared->slot[SENDER] = si->si_pid;
	shared->slot[HANDLED_BY] = gettid_raw();
	shared->slot[COUNT]++;
}

static void clear(void) { shared->slot[HANDLED_BY] = shared->slot[CODE] = shared->slot[SENDER] = 0; }

static int tgkill_raw(pid_t tgid, pid_t tid, int sig) { return syscall(SYS_tgkill, tgid, tid, sig); }
static int tkill_raw(pid_t tid, int sig) { return syscall(SYS_tkill, tid, sig); }

/* arrived checks what the handler saw of a signal that this process sent. */
static void arrived(const char *how, pid_t by)
{
	until(shared->slot[HANDLED_BY]);
	same(shared->slot[HANDLED_BY], by, "%s: handled by the thread meant", how);
	same(shared->slot[CODE], SI_TKILL, "%s: si_code is SI_TKILL", how);
	same(shared->slot[SENDER], getpid(), "%s: si_pid == getpid", how);
	clear();
}

static void *stay(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	while (!shared->slot[LEAVE])
		pause_ms(1);
	return NULL;
}

static void oneself(void)
{
	gives(tgkill_raw(getpid(), gettid_raw(), SIGUSR1), 0, "tgkill(getpid, gettid)");
	arrived("tgkill(getpid, gettid)", root);
	gives(tkill_raw(gettid_raw(), SIGUSR1), 0, "tkill(gettid)");
	arrived("tkill(gettid)", root);
	gives(raise(SIGUSR1), 0, "raise");
	arrived("raise", root);
}

static void other_thread(pthread_t t, pid_t tid)
{
	gives(tgkill_raw(root, tid, SIGUSR1), 0, "tgkill(getpid, other thread)");
	arrived("tgkill(getpid, other thread)", tid);
	gives(tkill_raw(tid, SIGUSR1), 0, "tkill(other thread)");
	arrived("tkill(other thread)", tid);
	same(pthread_kill(t, SIGUSR1), 0, "pthread_kill gives 0");
	arrived("pthread_kill", tid);
	gives(tgkill_raw(tid, tid, SIGUSR1), ESRCH, "tgkill(thread as group, thread)");
}

static void errors(pid_t tid)
{
	pid_t p = sleeper();

	gives(tgkill_raw(p, tid, 0), ESRCH, "tgkill(child, own thread)");
	gives(tgkill_raw(root, p, 0), ESRCH, "tgkill(own id, child)");
	gives(tgkill_raw(p, p, 0), 0, "tgkill(child, child)");
	gives(tgkill_raw(NOBODY, tid, 0), ESRCH, "tgkill(unknown, own thread)");
	gives(tgkill_raw(root, NOBODY, 0), ESRCH, "tgkill(own id, unknown)");
	gives(tgkill_raw(0, tid, 0), EINVAL, "tgkill(0, thread)");
	gives(tgkill_raw(-1, tid, 0), EINVAL, "tgkill(-1, thread)");
	gives(tgkill_raw(root, 0, 0), EINVAL, "tgkill(own id, 0)");
	gives(tgkill_raw(root, -1, 0), EINVAL, "tgkill(own id, -1)");
	gives(tkill_raw(0, 0), EINVAL, "tkill(0)");
	gives(tkill_raw(-1, 0), EINVAL, "tkill(-1)");
	gives(tkill_raw(-root, 0), EINVAL, "tkill(-own id)");
	gives(tkill_raw(NOBODY, 0), ESRCH, "tkill(unknown)");
	gives(tgkill_raw(root, tid, 65), EINVAL, "tgkill(own id, own thread, 65)");
	gives(tgkill_raw(root, NOBODY, 65), ESRCH, "tgkill(own id, unknown, 65)");
	kill(p, SIGKILL);
	zombie(p);
	gives(tgkill_raw(p, p, 0), 0, "tgkill(zombie, zombie)");
	reap(p);
	gives(tgkill_raw(p, p, 0), ESRCH, "tgkill(reaped, reaped)");
	gives(tkill_raw(p, 0), ESRCH, "tkill(reaped)");
}

/* From a child: the sender is the child, the target a thread of the parent. */
static void across(pid_t tid)
{
	pid_t p = spawn();

	if (p == 0) {
		gives(tgkill_raw(root, tid, SIGUSR1), 0, "child: tgkill(parent, its thread)");
		_exit(0);
	}
	ended(p);
	until(shared->slot[HANDLED_BY]);
	same(shared->slot[HANDLED_BY], tid, "child: handled by the thread meant");
	same(shared->slot[SENDER], p, "child: si_pid == the child");
	clear();
}

/* many sends, as a runtime that preempts its threads by signals does. */
static void many(pid_t tid)
{
	bool ok = true;

	for (int i = 0; i < 500; i++) {
		long before = shared->slot[COUNT];

		ok = ok && tgkill_raw(root, tid, SIGUSR1) == 0;
		while (shared->slot[COUNT] == before)
			sched_yield();
	}
	yes(ok, "500 signals to a thread: each sent and handled");
	same(shared->slot[HANDLED_BY], tid, "500 signals to a thread: by that thread");
}

int main(void)
{
	pthread_t t;
	pid_t tid;

	begin();
	handle(SIGUSR1, note, SA_RESTART);
	pthread_create(&t, NULL, stay, NULL);
	until(shared->slot[TID]);
	tid = shared->slot[TID];
	id("thread", tid);
	oneself();
	other_thread(t, tid);
	errors(tid);
	across(tid);
	many(tid);
	shared->slot[LEAVE] = 1;
	pthread_join(t, NULL);
	return finish();
}
