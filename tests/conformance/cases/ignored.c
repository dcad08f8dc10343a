/* Signals that a process ignores end no call of it. */
#include "check.h"
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>

static int ep, sem;
static struct epoll_event event;

/* after has a child send sig, several times if it goes on for longer, and end. */
static pid_t after(int sig, int times)
{
	pid_t p = spawn();

	if (p == 0) {
		for (int i = 0; i < times; i++) {
			usleep(10000);
			kill(getppid(), sig);
		}
		_exit(0);
	}
	return p;
}

static void of(int sig, const char *name)
{
	struct timespec ts = { 0, 40000000 };
	struct sembuf down = { 0, -1, 0 };
	sigset_t set;
	pid_t p;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p = after(sig, 1);
	same(epoll_wait(ep, &event, 1, 40), 0, "%s: epoll_wait", name);
	ended(p);
	p = after(sig, 1);
	gives(sigtimedwait(&set, NULL, &ts), EAGAIN, "%s: sigtimedwait", name);
	ended(p);
	p = after(sig, 1);
	gives(semtimedop(sem, &down, 1, &ts), EAGAIN, "%s: semtimedop", name);
	ended(p);
}

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)si, (void)ctx;
}

int main(void)
{
	long long start;
	pid_t p;

	begin();
	ep = epoll_create1(0);
	sem = semget(IPC_PRIVATE, 1, 0600);
	of(SIGWINCH, "by default");
	of(SIGCHLD, "the end of a child");
	signal(SIGUSR1, SIG_IGN);
	of(SIGUSR1, "SIG_IGN");
	p = after(SIGWINCH, 200);
	start = now_ms();
	same(epoll_wait(ep, &event, 1, 100), 0, "again and again: epoll_wait");
	yes(now_ms() - start < 3000, "again and again: it ends");
	end(p);
	handle(SIGUSR1, on_signal, SA_RESTART);
	p = after(SIGUSR1, 1);
	gives(epoll_wait(ep, &event, 1, 10000), EINTR, "with a handler: epoll_wait");
	ended(p);
	p = after(SIGCHLD, 1);
	kill(getpid(), SIGUSR1);
	same(epoll_wait(ep, &event, 1, 40), 0, "a handler before it: epoll_wait");
	ended(p);
	semctl(sem, 0, IPC_RMID);
	return finish();
}
