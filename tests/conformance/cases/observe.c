/* Calls that observe another process by its id. */
#include "check.h"
#include <linux/bpf.h>
#include <linux/perf_event.h>

enum { READY, GO };

static int counter(pid_t p)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof a, .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1, .exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &a, p, -1, -1, 0);
}

static void of_counters(void)
{
	uint64_t own = 0, others = 0;
	int fd, other;
	pid_t p = spawn();

	if (p == 0) {
		for (volatile long i = 0;; i++)
			if (i % 1000 == 0 && shared->slot[GO])
				_exit(0);
	}
	fd = counter(0);
	if (fd == -1) {
		shared->slot[GO] = 1;
		ended(p);
		unsupported("counters", errno);
		return;
	}
	close(fd);
	fd = counter(root);
	gives(fd, 0, "counters: of the own id");
	other = counter(p);
	gives(other, 0, "counters: of a child");
	until(read(other, &others, sizeof others) == sizeof others && others > 5000000);
	same(read(fd, &own, sizeof own), sizeof own, "counters: read");
	/* The clock may have ticks of ten milliseconds. */
	for (int i = 0; i < 10000000 && own == 0; i++)
		if (read(fd, &own, sizeof own) != sizeof own)
			break;
	yes(own > 0, "counters: the own one counts");
	shared->slot[GO] = 1;
	ended(p);
	gives(counter(NOBODY), ESRCH, "counters: of nobody");
	gives(counter(p), ESRCH, "counters: of who has ended");
	close(fd);
	close(other);
}

static int query(pid_t p, int fd)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.task_fd_query.pid = p;
	a.task_fd_query.fd = fd;
	return syscall(SYS_bpf, BPF_TASK_FD_QUERY, &a, sizeof a);
}

#define NOTSUPP 524 /* the descriptor is not one of a probe */

static void of_bpf(void)
{
	pid_t p;

	if (query(0x7fffffff, 0) == -1 && errno != ENOENT) {
		unsupported("bpf", errno);
		return;
	}
	p = sleeper();
	gives(query(NOBODY, 0), ENOENT, "bpf: a descriptor of nobody");
	gives(query(root, 0), NOTSUPP, "bpf: a descriptor of one's own");
	gives(query(p, 0), NOTSUPP, "bpf: a descriptor of a child");
	gives(query(p, 1000), EBADF, "bpf: a descriptor that a child has not");
	end(p);
	gives(query(p, 0), ENOENT, "bpf: a descriptor of who has ended");
}

int main(void)
{
	begin();
	of_counters();
	of_bpf();
	return finish();
}
