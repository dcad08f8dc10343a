/* Test 27: a socket names the process at its other end. */
#include "check.h"
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

enum { CLIENT, DONE };

static pid_t peer(int fd)
{
	struct ucred u = { .pid = -77 };
	socklen_t n = sizeof u;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == -1)
		die("SO_PEERCRED");
	if (n != sizeof u)
		die("SO_PEERCRED: size %u", n);
	return u.pid;
}

static void of_pair(void)
{
	int s[2];
	pid_t p;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		die("socketpair");
	same(peer(s[0]), root, "socketpair: the creator");
	same(peer(s[1]), root, "socketpair: the creator, from the other end");
	p = spawn();
	if (p == 0) {
		same(peer(s[1]), root, "socketpair: still the creator for a child");
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == -1)
			die("socketpair");
		same(peer(s[0]), getpid(), "socketpair of a child: the child");
		_exit(0);
	}
	id("child", p);
	ended(p);
}

/* address is one in the abstract namespace, of nobody else. */
static socklen_t address(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	return offsetof(struct sockaddr_un, sun_path) + 1 +
	       snprintf(a->sun_path + 1, sizeof a->sun_path - 1, "pidsim-peercred-%s-%d-%lld", name, root, now_ms());
}

static int listener(const struct sockaddr_un *a, socklen_t n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd == -1 || bind(fd, (const struct sockaddr *)a, n) == -1)
		die("bind");
	return fd;
}

static int client(const struct sockaddr_un *a, socklen_t n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd == -1 || connect(fd, (const struct sockaddr *)a, n) == -1)
		die("connect");
	return fd;
}

static void of_connection(void)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "connection");
	int l = listener(&a, n), c;
	pid_t p;

	same(peer(l), 0, "bound, not listening: nobody");
	if (listen(l, 5) == -1)
		die("listen");
	same(peer(l), root, "listening: the listener itself");
	p = spawn();
	if (p == 0) {
		c = client(&a, n);
		same(peer(c), getppid(), "connected: the listener");
		shared->slot[CLIENT] = 1;
		until(shared->slot[DONE]);
		_exit(0);
	}
	c = accept(l, NULL, NULL);
	if (c == -1)
		die("accept");
	until(shared->slot[CLIENT]);
	same(peer(c), p, "accepted: who connected");
	shared->slot[DONE] = 1;
	ended(p);
	same(peer(c), p, "accepted: who connected, after its end");
	close(c);
	close(l);
	id("client", p);
}

/* Who has called listen is named, not who accepts. */
static void of_inherited_listener(void)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "inherited");
	int l = listener(&a, n), c;
	pid_t dead, p;

	dead = spawn();
	if (dead == 0)
		_exit(listen(l, 5) == -1);
	ended(dead);
	p = spawn();
	if (p == 0) {
		c = accept(l, NULL, NULL);
		if (c == -1)
			die("accept");
		same(peer(c), getppid(), "inherited listener: accepted: who connected");
		_exit(0);
	}
	c = client(&a, n);
	ended(p);
	same(peer(c), dead, "inherited listener: who called listen, though it has ended");
	id("listener", dead);
}

static void of_others(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof in;
	struct ucred u;
	uint16_t half = 0;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), l, s[2];

	same(peer(fd), 0, "unconnected: nobody");
	n = sizeof u;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n);
	same(u.uid, (uid_t)-1, "unconnected: no user");
	l = socket(AF_INET, SOCK_STREAM, 0);
	n = sizeof in;
	if (bind(l, (struct sockaddr *)&in, n) == -1 || listen(l, 1) == -1 || getsockname(l, (struct sockaddr *)&in, &n) == -1)
		die("loopback");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&in, n) == -1)
		die("connect to the loopback");
	same(peer(fd), 0, "AF_INET: nobody");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		die("socketpair");
	n = sizeof half;
	gives(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &half, &n), 0, "short: two bytes");
	same(n, 2, "short: two bytes: the length");
	same(half, root & 0xffff, "short: two bytes: half of the id");
	n = sizeof u.pid;
	gives(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &n), 0, "short: four bytes");
	same(u.pid, root, "short: four bytes: the id");
	n = 0;
	gives(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, &n), 0, "short: nothing");
	n = sizeof u;
	gives(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, NULL, &n), EFAULT, "short: no buffer");
	gives(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &u, NULL), EFAULT, "short: no length");
	gives(getsockopt(-1, SOL_SOCKET, SO_PEERCRED, &u, &n), EBADF, "short: no socket");
}

/* pass sends a descriptor, got receives one. */
static void pass(int over, int fd)
{
	char data = 'x', control[CMSG_SPACE(sizeof fd)] = { 0 };
	struct iovec iov = { &data, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	if (sendmsg(over, &m, 0) != 1)
		die("sendmsg of a descriptor");
}

static int got(int over)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(over, &m, 0) != 1 || !(c = CMSG_FIRSTHDR(&m)) || c->cmsg_type != SCM_RIGHTS)
		die("recvmsg of a descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static void of_passed(void)
{
	int over[2], s[2];
	pid_t p;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, over) == -1)
		die("socketpair");
	p = spawn();
	if (p == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
			die("socketpair");
		pass(over[1], s[0]);
		_exit(0);
	}
	s[0] = got(over[0]);
	same(peer(s[0]), p, "passed on: who made it");
	ended(p);
	same(peer(s[0]), p, "passed on: who made it, after its end");
}

/* numbered is the id in the fdinfo of a pidfd. */
static long numbered(int fd)
{
	char path[64], line[128];
	long n = -77;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	while (fgets(line, sizeof line, f))
		sscanf(line, "Pid: %ld", &n);
	fclose(f);
	return n;
}

static void of_pidfd(void)
{
	int s[2], fd = -1;
	socklen_t n = sizeof fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1)
		die("socketpair");
	if (getsockopt(s[0], SOL_SOCKET, SO_PEERPIDFD, &fd, &n) == -1) {
		unsupported("pidfd", errno);
		return;
	}
	same(numbered(fd), root, "pidfd: SO_PEERPIDFD is of the creator");
}

int main(void)
{
	begin();
	of_pair();
	of_connection();
	of_inherited_listener();
	of_others();
	of_passed();
	of_pidfd();
	return finish();
}
