/* Test 51: a daemon outlives those who made it and is found by its pid file. */
#include "check.h"

enum { PARENT, SID, PGRP, ENDED, CHILD_OK };

static char pid_file[] = "/tmp/check-daemon-XXXXXX";

static void on_term(int sig)
{
	(void)sig;
	shared->slot[ENDED] = 1;
}

/* serve is the daemon: it works, forks once more, and ends on SIGTERM. */
static void serve(void)
{
	struct sigaction sa = { .sa_handler = on_term };
	pid_t starter = shared->slot[SID], me = getpid(), p;
	char line[32];
	int fd, n;

	sigaction(SIGTERM, &sa, NULL);
	until(getppid() != starter);
	shared->slot[PARENT] = getppid();
	p = spawn();
	if (p == 0)
		_exit(getppid() == me ? 6 : 1);
	shared->slot[CHILD_OK] = WEXITSTATUS(reap(p)) == 6;
	fd = open(pid_file, O_WRONLY);
	n = snprintf(line, sizeof line, "%d\n", getpid());
	if (fd == -1 || write(fd, line, n) != n)
		_exit(1);
	close(fd);
	while (!shared->slot[ENDED])
		pause_ms(1);
	_exit(0);
}

/* start makes the daemon by forking twice, as daemons do. */
static void start(void)
{
	pid_t p = spawn();

	if (p == 0) {
		shared->slot[SID] = setsid();
		if (spawn() == 0) {
			shared->slot[PGRP] = getpgrp();
			serve();
		}
		until(shared->slot[PGRP]);
		_exit(0);
	}
	ended(p);
}

static pid_t read_pid_file(void)
{
	char line[32] = "";
	int fd = open(pid_file, O_RDONLY);

	if (fd == -1 || read(fd, line, sizeof line - 1) < 0)
		die("read %s", pid_file);
	close(fd);
	return atoi(line);
}

int main(void)
{
	pid_t p = 0;
	int fd;

	begin();
	fd = mkstemp(pid_file);
	if (fd == -1)
		die("mkstemp");
	close(fd);
	start();
	until((p = read_pid_file()) > 0);
	unlink(pid_file);
	yes(shared->slot[PARENT] != shared->slot[SID], "the daemon's parent is no longer its starter");
	yes(shared->slot[CHILD_OK], "the daemon can have children of its own");
	gives(kill(p, 0), 0, "kill(id from the file, 0)");
	same(getsid(p), shared->slot[SID], "its session is the starter's, which is gone");
	same(getpgid(p), shared->slot[PGRP], "its group is the starter's");
	gives(kill(shared->slot[SID], 0), ESRCH, "the starter is gone");
	gives(waitpid(p, NULL, WNOHANG), ECHILD, "it is not the root's child");
	gives(kill(p, SIGTERM), 0, "kill(id from the file, SIGTERM)");
	until(shared->slot[ENDED]);
	yes(true, "it gets the signal");
	until(kill(p, 0) == -1);
	gives(kill(p, 0), ESRCH, "it is gone, and its reaper has reaped it");
	id("daemon", p);
	return finish();
}
