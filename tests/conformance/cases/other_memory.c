/* Test 40: reading and comparing other processes. */
#include "check.h"

#include <linux/kcmp.h>
#include <sys/uio.h>

static volatile int word;

static pid_t with_word(int value)
{
	pid_t p = spawn();

	if (p == 0) {
		word = value;
		shared->slot[0] = getpid();
		for (;;)
			pause();
	}
	until(shared->slot[0] == p);
	return p;
}

static long move_word(int nr, pid_t p, int *local)
{
	struct iovec l = { local, sizeof *local }, r = { (void *)&word, sizeof word };

	return syscall(nr, p, &l, 1, &r, 1, 0);
}

static void by_call(pid_t p)
{
	int got = 0, put = 222;

	same(move_word(SYS_process_vm_readv, p, &got), sizeof got, "process_vm_readv(child) reads a word");
	same(got, 111, "process_vm_readv(child): it is the child's");
	same(move_word(SYS_process_vm_writev, p, &put), sizeof put, "process_vm_writev(child) writes a word");
	move_word(SYS_process_vm_readv, p, &got);
	same(got, 222, "process_vm_writev(child): it is there");
	same(word, 0, "the own word is untouched");
	same(move_word(SYS_process_vm_readv, getpid(), &got), sizeof got, "process_vm_readv(own id) reads a word");
	same(got, 0, "process_vm_readv(own id): it is the own");
	gives(move_word(SYS_process_vm_readv, NOBODY, &got), ESRCH, "process_vm_readv(unknown)");
	gives(move_word(SYS_process_vm_readv, -1, &got), ESRCH, "process_vm_readv(-1)");
}

static void by_file(pid_t p)
{
	char path[32];
	int fd, got = 0;

	snprintf(path, sizeof path, "/proc/%d/mem", p);
	fd = open(path, O_RDONLY);
	gives(fd, 0, "open /proc/child/mem");
	same(pread64(fd, &got, sizeof got, (off64_t)(uintptr_t)&word), sizeof got, "/proc/child/mem: read a word");
	same(got, 222, "/proc/child/mem: it is the child's");
	close(fd);
	fd = open("/proc/self/mem", O_RDONLY);
	same(pread64(fd, &got, sizeof got, (off64_t)(uintptr_t)&word), sizeof got, "/proc/self/mem: read a word");
	same(got, 0, "/proc/self/mem: it is the own");
	close(fd);
}

static long kcmp(pid_t a, pid_t b, int what, long x, long y) { return syscall(SYS_kcmp, a, b, what, x, y); }

static void compared(pid_t p)
{
	int fd[2];

	if (kcmp(getpid(), getpid(), KCMP_FILE, 1, 1) == -1 && errno == ENOSYS) {
		unsupported("kcmp", ENOSYS);
		return;
	}
	same(kcmp(getpid(), p, KCMP_FILE, 1, 1), 0, "kcmp: the child shares standard output");
	yes(kcmp(getpid(), p, KCMP_VM, 0, 0) > 0, "kcmp: the child has memory of its own");
	same(kcmp(getpid(), getpid(), KCMP_VM, 0, 0), 0, "kcmp: own memory is own memory");
	if (pipe(fd))
		die("pipe");
	gives(kcmp(getpid(), p, KCMP_FILE, fd[0], fd[0]), EBADF, "kcmp: a file that the child has not");
	gives(kcmp(getpid(), NOBODY, KCMP_VM, 0, 0), ESRCH, "kcmp: unknown");
	gives(kcmp(NOBODY, getpid(), KCMP_VM, 0, 0), ESRCH, "kcmp: unknown first");
}

int main(void)
{
	pid_t p;
	int got;

	begin();
	p = with_word(111);
	by_call(p);
	by_file(p);
	compared(p);
	end(p);
	gives(move_word(SYS_process_vm_readv, p, &got), ESRCH, "process_vm_readv(reaped)");
	return finish();
}
