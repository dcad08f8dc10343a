/* Test 38: scheduling, priorities and limits of others. */
#include "check.h"

#include <sys/resource.h>

enum { TID, LEAVE, NICE };

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_WHO_PGRP 2
#define IOPRIO_BE(n) (2 << 13 | (n))

static void *stay(void *arg)
{
	shared->slot[TID] = gettid_raw();
	until(shared->slot[LEAVE]);
	return arg;
}

/* one_cpu is the lowest CPU that this process may use. */
static cpu_set_t one_cpu(void)
{
	cpu_set_t all, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof all, &all))
		die("sched_getaffinity");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &one);
			break;
		}
	return one;
}

static void affinity(const char *whose, pid_t p)
{
	cpu_set_t want = one_cpu(), got;

	gives(sched_setaffinity(p, sizeof want, &want), 0, "sched_setaffinity(%s)", whose);
	CPU_ZERO(&got);
	gives(sched_getaffinity(p, sizeof got, &got), 0, "sched_getaffinity(%s)", whose);
	yes(CPU_EQUAL(&want, &got), "affinity of the %s is as set", whose);
}

static void scheduler(const char *whose, pid_t p)
{
	struct sched_param zero = { 0 }, got = { 9 };
	struct timespec ts;

	gives(sched_setscheduler(p, SCHED_BATCH, &zero), 0, "sched_setscheduler(%s)", whose);
	same(sched_getscheduler(p), SCHED_BATCH, "sched_getscheduler(%s) gives what was set", whose);
	gives(sched_getparam(p, &got), 0, "sched_getparam(%s)", whose);
	same(got.sched_priority, 0, "sched_getparam(%s) gives 0", whose);
	gives(sched_setparam(p, &zero), 0, "sched_setparam(%s)", whose);
	gives(sched_rr_get_interval(p, &ts), 0, "sched_rr_get_interval(%s)", whose);
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void attributes(const char *whose, pid_t p)
{
	struct attr a = { 0 };

	gives(syscall(SYS_sched_getattr, p, &a, sizeof a, 0), 0, "sched_getattr(%s)", whose);
	same(a.policy, SCHED_BATCH, "sched_getattr(%s) gives the policy", whose);
	gives(syscall(SYS_sched_setattr, p, &a, 0), 0, "sched_setattr(%s)", whose);
}

static void priority(const char *whose, pid_t p)
{
	gives(setpriority(PRIO_PROCESS, p, 7), 0, "setpriority(PRIO_PROCESS, %s)", whose);
	errno = 0;
	same(getpriority(PRIO_PROCESS, p), 7, "getpriority(PRIO_PROCESS, %s) gives what was set", whose);
	gives(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, p, IOPRIO_BE(6)), 0, "ioprio_set(%s)", whose);
	same(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, p), IOPRIO_BE(6), "ioprio_get(%s) gives what was set", whose);
}

static void group_priority(pid_t g)
{
	gives(setpriority(PRIO_PGRP, g, 9), 0, "setpriority(PRIO_PGRP, group)");
	same(getpriority(PRIO_PGRP, g), 9, "getpriority(PRIO_PGRP, group) gives what was set");
	same(getpriority(PRIO_PROCESS, g), 9, "getpriority(PRIO_PROCESS, its leader) too");
	gives(syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, g, IOPRIO_BE(5)), 0, "ioprio_set(group)");
	same(syscall(SYS_ioprio_get, IOPRIO_WHO_PGRP, g), IOPRIO_BE(5), "ioprio_get(group) gives what was set");
	same(getpriority(PRIO_PROCESS, 0), 0, "the root's own priority is untouched");
}

/* limited reports the limit it has when it is told to. */
static pid_t limited(void)
{
	pid_t p = spawn();
	struct rlimit l;

	if (p == 0) {
		until(shared->slot[LEAVE]);
		getrlimit(RLIMIT_NOFILE, &l);
		_exit(l.rlim_cur == 100 ? 0 : 1);
	}
	return p;
}

static void limits(void)
{
	struct rlimit old = { 0, 0 }, now = { 0, 0 };
	pid_t p = limited();

	gives(prlimit(p, RLIMIT_NOFILE, NULL, &old), 0, "prlimit(child) reads");
	now.rlim_cur = 100;
	now.rlim_max = old.rlim_max;
	gives(prlimit(p, RLIMIT_NOFILE, &now, NULL), 0, "prlimit(child) sets");
	memset(&now, 0, sizeof now);
	gives(prlimit(p, RLIMIT_NOFILE, NULL, &now), 0, "prlimit(child) reads again");
	same(now.rlim_cur, 100, "prlimit(child) gives what was set");
	gives(prlimit(getpid(), RLIMIT_NOFILE, NULL, &now), 0, "prlimit(own id)");
	same(now.rlim_cur == 100, 0, "the root's own limit is untouched");
	shared->slot[LEAVE] = 1;
	same(reap(p), 0, "the child has the limit");
	gives(prlimit(p, RLIMIT_NOFILE, NULL, &now), ESRCH, "prlimit(reaped)");
	shared->slot[LEAVE] = 0;
}

static void unknown(const char *whose, pid_t p)
{
	cpu_set_t set = one_cpu();
	struct sched_param zero = { 0 };
	struct timespec ts;
	struct attr a = { 0 };

	gives(sched_setaffinity(p, sizeof set, &set), ESRCH, "sched_setaffinity(%s)", whose);
	gives(sched_getaffinity(p, sizeof set, &set), ESRCH, "sched_getaffinity(%s)", whose);
	gives(sched_setscheduler(p, SCHED_BATCH, &zero), ESRCH, "sched_setscheduler(%s)", whose);
	gives(sched_getscheduler(p), ESRCH, "sched_getscheduler(%s)", whose);
	gives(sched_getparam(p, &zero), ESRCH, "sched_getparam(%s)", whose);
	gives(sched_rr_get_interval(p, &ts), ESRCH, "sched_rr_get_interval(%s)", whose);
	gives(syscall(SYS_sched_getattr, p, &a, sizeof a, 0), ESRCH, "sched_getattr(%s)", whose);
	gives(getpriority(PRIO_PROCESS, p), ESRCH, "getpriority(PRIO_PROCESS, %s)", whose);
	gives(getpriority(PRIO_PGRP, p), ESRCH, "getpriority(PRIO_PGRP, %s)", whose);
	gives(setpriority(PRIO_PROCESS, p, 1), ESRCH, "setpriority(PRIO_PROCESS, %s)", whose);
	gives(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, p), ESRCH, "ioprio_get(%s)", whose);
}

static void negative(void)
{
	struct sched_param zero = { 0 };

	gives(sched_getscheduler(-1), EINVAL, "sched_getscheduler(-1)");
	gives(sched_getparam(-1, &zero), EINVAL, "sched_getparam(-1)");
	gives(getpriority(PRIO_PROCESS, -1), ESRCH, "getpriority(PRIO_PROCESS, -1)");
	gives(prlimit(-1, RLIMIT_NOFILE, NULL, NULL), ESRCH, "prlimit(-1)");
	gives(getpriority(9, 0), EINVAL, "getpriority of an unknown kind");
	same(getpriority(PRIO_USER, getuid()) != -1 || errno == 0, 1, "getpriority(PRIO_USER, own user)");
}

struct deadline {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* SCHED_DEADLINE is for tasks that may run on every processor. */
static void by_deadline(const char *whose, pid_t p)
{
	struct deadline d = { .size = sizeof d, .policy = 6, .runtime = 1000000, .deadline = 100000000, .period = 100000000 };
	struct deadline other = { .size = sizeof other };
	cpu_set_t before, after;

	sched_getaffinity(p, sizeof before, &before);
	if (syscall(SYS_sched_setattr, p, &d, 0) == -1) {
		unsupported("deadline", errno);
		return;
	}
	same(sched_getscheduler(p), 6, "deadline: of the %s", whose);
	sched_getaffinity(p, sizeof after, &after);
	yes(CPU_EQUAL(&before, &after), "deadline: the processors of the %s", whose);
	gives(syscall(SYS_sched_setattr, p, &other, 0), 0, "deadline: no more for the %s", whose);
	d.runtime = 2 * d.period;
	gives(syscall(SYS_sched_setattr, p, &d, 0), EINVAL, "deadline: of the %s, with more time than there is", whose);
	sched_getaffinity(p, sizeof after, &after);
	yes(CPU_EQUAL(&before, &after), "deadline: the processors of the %s, after that", whose);
}

/* all does to one task what the others' owner may do. */
static void all(const char *whose, pid_t p)
{
	affinity(whose, p);
	scheduler(whose, p);
	attributes(whose, p);
	priority(whose, p);
}

int main(void)
{
	pthread_t t;
	pid_t p;
	void *head;
	size_t len;

	begin();
	p = sleeper();
	setpgid(p, p);
	pthread_create(&t, NULL, stay, NULL);
	until(shared->slot[TID]);
	by_deadline("root", 0);
	by_deadline("child", p);
	all("child", p);
	all("thread", shared->slot[TID]);
	group_priority(p);
	limits();
	gives(syscall(SYS_get_robust_list, p, &head, &len), 0, "get_robust_list(child)");
	gives(syscall(SYS_get_robust_list, NOBODY, &head, &len), ESRCH, "get_robust_list(unknown)");
	same(sched_getscheduler(0), SCHED_OTHER, "the root's own policy is untouched");
	unknown("unknown", NOBODY);
	negative();
	end(p);
	unknown("reaped", p);
	shared->slot[LEAVE] = 1;
	pthread_join(t, NULL);
	return finish();
}
