/* Test 30: the owner of a file's signals. */
#include "check.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <asm/ioctls.h>
#include <linux/sockios.h>

enum { SEEN, FD, BAND, CODE, BY, READY, TID, LEAVE };

static int sock[2];

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[FD] = si->si_fd;
	shared->slot[BAND] = si->si_band;
	shared->slot[CODE] = si->si_code;
	shared->slot[BY] = gettid_raw();
	shared->slot[SEEN] = sig;
}

static void clear(void) { shared->slot[SEEN] = shared->slot[FD] = shared->slot[BAND] = shared->slot[CODE] = 0; }

/* getown_raw is the system call itself, whose result may be negative. */
static long getown_raw(int fd)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"((long)SYS_fcntl), "D"((long)fd), "S"((long)F_GETOWN), "d"(0L) : "rcx", "r11", "memory");
	return (int)ret;
#else
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"((long)SYS_fcntl), "b"(fd), "c"(F_GETOWN), "d"(0) : "memory");
	return ret;
#endif
}

static struct f_owner_ex get_ex(int fd)
{
	struct f_owner_ex o = { -1, -1 };

	if (fcntl(fd, F_GETOWN_EX, &o) == -1)
		die("F_GETOWN_EX");
	return o;
}

static int set_ex(int fd, int type, pid_t p)
{
	struct f_owner_ex o = { type, p };

	return fcntl(fd, F_SETOWN_EX, &o);
}

static void processes(void)
{
	pid_t p = sleeper();
	int fd = sock[0];

	same(fcntl(fd, F_GETOWN), 0, "F_GETOWN of a new socket is 0");
	gives(fcntl(fd, F_SETOWN, getpid()), 0, "F_SETOWN(own id)");
	same(fcntl(fd, F_GETOWN), getpid(), "F_GETOWN == own id");
	same(getown_raw(fd), getpid(), "raw F_GETOWN == own id");
	same(get_ex(fd).type, F_OWNER_PID, "F_GETOWN_EX: type is a process");
	same(get_ex(fd).pid, getpid(), "F_GETOWN_EX: own id");
	gives(fcntl(fd, F_SETOWN, p), 0, "F_SETOWN(child)");
	same(fcntl(fd, F_GETOWN), p, "F_GETOWN == child");
	gives(set_ex(fd, F_OWNER_PID, p), 0, "F_SETOWN_EX(child)");
	same(get_ex(fd).pid, p, "F_GETOWN_EX == child");
	end(p);
	same(fcntl(fd, F_GETOWN), 0, "F_GETOWN after the owner's end is 0");
	same(get_ex(fd).pid, 0, "F_GETOWN_EX after the owner's end is 0");
	gives(fcntl(fd, F_SETOWN, 0), 0, "F_SETOWN(0)");
	same(fcntl(fd, F_GETOWN), 0, "F_GETOWN is 0");
}

static void groups(void)
{
	pid_t p = sleeper();
	int fd = sock[0];

	setpgid(p, p);
	gives(fcntl(fd, F_SETOWN, -p), 0, "F_SETOWN(-group)");
	same(fcntl(fd, F_GETOWN), -p, "F_GETOWN == -group");
	same(getown_raw(fd), -p, "raw F_GETOWN == -group");
	same(get_ex(fd).type, F_OWNER_PGRP, "F_GETOWN_EX: type is a group");
	same(get_ex(fd).pid, p, "F_GETOWN_EX: the group");
	gives(set_ex(fd, F_OWNER_PGRP, getpgrp()), 0, "F_SETOWN_EX(own group)");
	same(fcntl(fd, F_GETOWN), -getpgrp(), "F_GETOWN == -own group");
	end(p);
}

static void errors(void)
{
	int fd = sock[0];

	gives(fcntl(fd, F_SETOWN, NOBODY), ESRCH, "F_SETOWN(unknown)");
	gives(fcntl(fd, F_SETOWN, -NOBODY), ESRCH, "F_SETOWN(-unknown)");
	gives(fcntl(fd, F_SETOWN, INT_MIN), EINVAL, "F_SETOWN(INT_MIN)");
	gives(set_ex(fd, F_OWNER_PID, NOBODY), ESRCH, "F_SETOWN_EX(unknown)");
	gives(set_ex(fd, 9, getpid()), EINVAL, "F_SETOWN_EX(bad type)");
	gives(fcntl(999, F_SETOWN, getpid()), EBADF, "F_SETOWN of no file");
}

static void *stay(void *arg)
{
	shared->slot[TID] = gettid_raw();
	until(shared->slot[LEAVE]);
	return arg;
}

/* ready makes the socket send its signal. */
static void ready(void)
{
	if (write(sock[1], "x", 1) != 1)
		die("write");
}

static void drain(void)
{
	char c;

	if (read(sock[0], &c, 1) != 1)
		die("read");
}

static void delivered(const char *how, int sig, bool queued)
{
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], sig, "%s: signal", how);
	if (queued) {
		same(shared->slot[CODE], POLL_IN, "%s: si_code is POLL_IN", how);
		same(shared->slot[FD], sock[0], "%s: si_fd", how);
		yes(shared->slot[BAND] & POLLIN, "%s: si_band", how);
	}
}

static void signals(void)
{
	int fd = sock[0], rt = SIGRTMIN + 1;
	pthread_t t;

	handle(SIGIO, note, SA_RESTART);
	handle(rt, note, SA_RESTART);
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
	ready();
	delivered("SIGIO", SIGIO, false);
	drain();
	clear();
	gives(fcntl(fd, F_SETSIG, rt), 0, "F_SETSIG");
	ready();
	delivered("F_SETSIG", rt, true);
	drain();
	clear();
	pthread_create(&t, NULL, stay, NULL);
	until(shared->slot[TID]);
	gives(set_ex(fd, F_OWNER_TID, shared->slot[TID]), 0, "F_SETOWN_EX(thread)");
	same(get_ex(fd).type, F_OWNER_TID, "F_GETOWN_EX: type is a thread");
	same(get_ex(fd).pid, shared->slot[TID], "F_GETOWN_EX: the thread");
	ready();
	delivered("owner is a thread", rt, true);
	same(shared->slot[BY], shared->slot[TID], "owner is a thread: it handles the signal");
	drain();
	shared->slot[LEAVE] = 1;
	pthread_join(t, NULL);
	clear();
}

/* to_child: the child is the owner and gets the signal. */
static void to_child(void)
{
	int fd = sock[0];
	pid_t p = spawn();

	if (p == 0) {
		handle(SIGRTMIN + 1, note, SA_RESTART);
		shared->slot[READY] = 1;
		until(shared->slot[SEEN]);
		_exit(0);
	}
	until(shared->slot[READY]);
	fcntl(fd, F_SETOWN, p);
	ready();
	ended(p);
	same(shared->slot[BY], p, "owner is a child: it handles the signal");
	drain();
	fcntl(fd, F_SETFL, 0);
	clear();
}

static void by_ioctl(void)
{
	int fd = sock[0], owner = getpid(), got = -1;

	gives(ioctl(fd, FIOSETOWN, &owner), 0, "FIOSETOWN(own id)");
	gives(ioctl(fd, FIOGETOWN, &got), 0, "FIOGETOWN");
	same(got, getpid(), "FIOGETOWN == own id");
	owner = -getpgrp();
	gives(ioctl(fd, SIOCSPGRP, &owner), 0, "SIOCSPGRP(-own group)");
	gives(ioctl(fd, SIOCGPGRP, &got), 0, "SIOCGPGRP");
	same(got, -getpgrp(), "SIOCGPGRP == -own group");
	owner = NOBODY;
	gives(ioctl(fd, FIOSETOWN, &owner), ESRCH, "FIOSETOWN(unknown)");
}

static void urgent(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), s;

	if (l == -1 || bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&a, &len) || connect(c, (struct sockaddr *)&a, sizeof a)) {
		unsupported("urgent", errno);
		return;
	}
	s = accept(l, NULL, NULL);
	handle(SIGURG, note, SA_RESTART);
	gives(fcntl(s, F_SETOWN, getpid()), 0, "urgent: F_SETOWN(own id)");
	if (send(c, "!", 1, MSG_OOB) != 1)
		die("send");
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], SIGURG, "urgent: SIGURG arrives");
	close(s), close(c), close(l);
}

int main(void)
{
	begin();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sock))
		die("socketpair");
	processes();
	groups();
	errors();
	signals();
	to_child();
	by_ioctl();
	urgent();
	return finish();
}
