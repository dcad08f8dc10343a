/* Test 46: io_uring waits for a child and opens /proc/self, or is refused. */
#include "check.h"
#include <linux/io_uring.h>
#include <stdatomic.h>

#define OP_WAITID 50

static int ring;
static void *area, *entries;
static struct io_uring_params params;

/* submit makes one request and gives its result. */
static int submit(const struct io_uring_sqe *request)
{
	unsigned *tail = (unsigned *)((char *)area + params.sq_off.tail);
	unsigned *index = (unsigned *)((char *)area + params.sq_off.array);
	unsigned *head = (unsigned *)((char *)area + params.cq_off.head);
	struct io_uring_cqe *done = (void *)((char *)area + params.cq_off.cqes);
	int result;

	((struct io_uring_sqe *)entries)[*tail & (params.sq_entries - 1)] = *request;
	index[*tail & (params.sq_entries - 1)] = *tail & (params.sq_entries - 1);
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	while (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == -1)
		if (errno != EINTR)
			die("io_uring_enter");
	result = done[*head & (params.cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

int main(void)
{
	struct io_uring_sqe open_self = { .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD }, wait_for = { .opcode = OP_WAITID, .len = P_PID };
	siginfo_t si = { 0 };
	char text[64] = "";
	size_t size;
	int fd;
	pid_t p;

	begin();
	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring == -1) {
		unsupported("io_uring", errno);
		gives(syscall(SYS_io_uring_setup, 4, NULL), errno, "io_uring: refused: again");
		return finish();
	}
	size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
	if (size < params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe))
		size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (area == MAP_FAILED || entries == MAP_FAILED)
		die("mmap");
	open_self.addr = (uint64_t)(uintptr_t)"/proc/self/stat";
	fd = submit(&open_self);
	yes(fd >= 0, "io_uring: open /proc/self/stat");
	yes(read(fd, text, sizeof text - 1) > 0 && atol(text) == root, "io_uring: it is of the root");
	p = spawn();
	if (p == 0)
		_exit(3);
	wait_for.fd = p;
	wait_for.file_index = WEXITED;
	wait_for.addr2 = (uint64_t)(uintptr_t)&si;
	if (submit(&wait_for) == -EINVAL) {
		reap(p);
	} else {
		same(si.si_pid, p, "io_uring: wait for a child");
		same(si.si_status, 3, "io_uring: its status");
	}
	return finish();
}
