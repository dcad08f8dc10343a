/*
 * probe: does one operation again and again and says what it costs.
 *
 *   probe OPERATION MILLISECONDS   repeats it for about that long
 *   probe run PROGRAM ARGUMENT...  runs a program once
 *   probe allow PROGRAM ARGUMENT... becomes the program, under a seccomp
 *                                  filter that allows everything
 *   probe idle COUNT               holds COUNT - 1 children until its input ends
 *
 * It prints the number of operations, their nanoseconds in all, and how many
 * operations it made besides those to warm up. The clock is read here, in the
 * measured process, so that neither the start of the process nor that of a
 * supervisor is part of the result.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void collect(pid_t pid)
{
	int status;

	if (pid < 0)
		die("create a process");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (status != 0) {
		fprintf(stderr, "probe: child ended with status %#x\n", status);
		exit(1);
	}
}

static void do_getpid(void)
{
	if (syscall(SYS_getpid) <= 0)
		die("getpid");
}

static void do_getuid(void)
{
	syscall(SYS_getuid);
}

static void do_open(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("open /dev/null");
	close(fd);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	collect(pid);
}

static void do_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	collect(pid);
}

static void *nothing(void *arg)
{
	return arg;
}

static void do_thread(void)
{
	pthread_t t;

	if ((errno = pthread_create(&t, NULL, nothing, NULL)) != 0)
		die("pthread_create");
	if ((errno = pthread_join(t, NULL)) != 0)
		die("pthread_join");
}

static void do_exec(void)
{
	char *program = getenv("PROBE_STATIC");
	char *argv[] = { program, "exit", NULL };
	pid_t pid;

	if (program == NULL) {
		errno = ENOENT;
		die("PROBE_STATIC");
	}
	pid = fork();
	if (pid == 0) {
		execve(program, argv, environ);
		_exit(127);
	}
	collect(pid);
}

static void do_spawn(void)
{
	char *argv[] = { "true", NULL };
	pid_t pid;

	if ((errno = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ)) != 0)
		die("posix_spawn /bin/true");
	collect(pid);
}

static const struct operation {
	const char *name;
	void (*once)(void);
	int batch; /* operations between two looks at the clock */
} operations[] = {
	{ "getpid", do_getpid, 200 },
	{ "getuid", do_getuid, 200 },
	{ "open", do_open, 100 },
	{ "fork", do_fork, 4 },
	{ "vfork", do_vfork, 10 },
	{ "thread", do_thread, 10 },
	{ "exec", do_exec, 4 },
	{ "spawn", do_spawn, 2 },
};

static int repeat(const struct operation *o, int64_t length)
{
	int64_t start, end;
	long n = 0;

	for (int i = 0; i < o->batch; i++)
		o->once(); /* warms caches, and patched sites if there are any */
	start = now();
	do {
		for (int i = 0; i < o->batch; i++)
			o->once();
		n += o->batch;
		end = now();
	} while (end - start < length);
	printf("%ld %lld %d\n", n, (long long)(end - start), o->batch);
	return 0;
}

static int run(char **argv)
{
	int64_t start = now();
	pid_t pid;

	if ((errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ)) != 0)
		die(argv[0]);
	collect(pid);
	printf("1 %lld 0\n", (long long)(now() - start));
	return 0;
}

static int allow(char **argv)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("prctl");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog) != 0)
		die("seccomp");
	execvp(argv[0], argv);
	die(argv[0]);
	return 1;
}

static int idle(int count)
{
	int hold[2];
	char c;

	if (pipe(hold) != 0)
		die("pipe");
	for (int i = 1; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			close(hold[1]);
			_exit(read(hold[0], &c, 1) == 0 ? 0 : 1);
		}
	}
	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	close(hold[1]);
	for (int i = 1; i < count; i++)
		if (wait(NULL) < 0)
			die("wait");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "exit") == 0)
		return 0;
	if (argc >= 3 && strcmp(argv[1], "run") == 0)
		return run(argv + 2);
	if (argc >= 3 && strcmp(argv[1], "allow") == 0)
		return allow(argv + 2);
	if (argc == 3 && strcmp(argv[1], "idle") == 0)
		return idle(atoi(argv[2]));
	for (size_t i = 0; argc == 3 && i < sizeof operations / sizeof *operations; i++)
		if (strcmp(argv[1], operations[i].name) == 0)
			return repeat(&operations[i], atof(argv[2]) * 1000000);
	fprintf(stderr, "usage: probe OPERATION MILLISECONDS | run PROGRAM... | allow PROGRAM... | idle COUNT\n");
	return 2;
}
