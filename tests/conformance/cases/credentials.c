/* Test 28: messages carry the ids of those who send them. */
#include "check.h"
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { SENT, GOT };

/* A message is one byte with room for control data. */
struct message {
	char data;
	struct iovec iov;
	union {
		char bytes[128];
		struct cmsghdr align;
	} control;
};

/* fill makes m a message; claim is the id in its credentials, 0 for none. */
static void fill(struct msghdr *h, struct message *m, pid_t claim)
{
	struct ucred u = { claim, getuid(), getgid() };
	struct cmsghdr *c;

	memset(h, 0, sizeof *h);
	memset(m, 0, sizeof *m);
	m->data = 'm';
	m->iov.iov_base = &m->data;
	m->iov.iov_len = 1;
	h->msg_iov = &m->iov;
	h->msg_iovlen = 1;
	if (!claim)
		return;
	h->msg_control = m->control.bytes;
	h->msg_controllen = CMSG_SPACE(sizeof u);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof u);
	memcpy(CMSG_DATA(c), &u, sizeof u);
}

static int transmit(int fd, pid_t claim)
{
	struct msghdr h;
	struct message m;

	fill(&h, &m, claim);
	return sendmsg(fd, &h, 0);
}

/* claimed is the id of received credentials, -1 when there are none. */
static pid_t claimed(struct msghdr *h)
{
	struct cmsghdr *c;
	struct ucred u;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			memset(&u, 0xff, sizeof u);
			memcpy(&u, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
			return u.pid;
		}
	return -1;
}

/* receive gives who a message says it is from. */
static pid_t receive(int fd, int flags)
{
	struct msghdr h;
	struct message m;

	fill(&h, &m, 0);
	h.msg_control = m.control.bytes;
	h.msg_controllen = sizeof m.control;
	if (recvmsg(fd, &h, flags) != 1)
		die("recvmsg");
	return claimed(&h);
}

/* pair makes sockets whose first end is told who sends. */
static void pair(int s[2], int type)
{
	int on = 1;

	if (socketpair(AF_UNIX, type, 0, s) == -1)
		die("socketpair");
	if (setsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1)
		die("SO_PASSCRED");
}

static void of_self(int type, const char *name)
{
	int s[2];
	pid_t p;

	pair(s, type);
	gives(transmit(s[1], root), 0, "%s: the own id is accepted", name);
	same(receive(s[0], 0), root, "%s: it arrives", name);
	gives(transmit(s[1], 0), 0, "%s: no credentials", name);
	same(receive(s[0], 0), root, "%s: the kernel adds them", name);
	if (write(s[1], "w", 1) != 1)
		die("write");
	same(receive(s[0], MSG_PEEK), root, "%s: write, MSG_PEEK", name);
	same(receive(s[0], MSG_PEEK), root, "%s: write, MSG_PEEK again", name);
	same(receive(s[0], 0), root, "%s: write", name);
	p = spawn();
	if (p == 0) {
		gives(transmit(s[1], getpid()), 0, "%s: a child's own id is accepted", name);
		if (write(s[1], "w", 1) != 1)
			die("write");
		_exit(0);
	}
	ended(p);
	same(receive(s[0], 0), p, "%s: the child's id arrives after its end", name);
	same(receive(s[0], 0), p, "%s: the child's id of its write", name);
	if (write(s[1], "w", 1) != 1)
		die("write");
	p = spawn();
	if (p == 0) {
		same(receive(s[0], 0), root, "%s: a child receives what the parent sent", name);
		_exit(0);
	}
	ended(p);
	close(s[0]);
	close(s[1]);
	id(name, p);
}

static void of_foreign(void)
{
	pid_t child = sleeper();
	int s[2];

	pair(s, SOCK_DGRAM);
	if (geteuid() == 0) {
		gives(transmit(s[1], child), 0, "foreign: root claims to be its child");
		same(receive(s[0], 0), child, "foreign: the child's id arrives");
		gives(transmit(s[1], NOBODY), ESRCH, "foreign: root claims to be nobody");
	} else {
		gives(transmit(s[1], child), EPERM, "foreign: claim to be the child");
		gives(transmit(s[1], NOBODY), EPERM, "foreign: claim to be nobody");
	}
	end(child);
	gives(transmit(s[1], child), geteuid() ? EPERM : ESRCH, "foreign: claim to be who has ended");
	gives(transmit(s[1], root), 0, "foreign: the own id");
	same(receive(s[0], 0), root, "foreign: it arrives");
}

static void of_many(void)
{
	struct mmsghdr v[3];
	struct message m[3];
	int s[2];

	pair(s, SOCK_DGRAM);
	for (int i = 0; i < 3; i++)
		fill(&v[i].msg_hdr, &m[i], i == 1 ? 0 : root);
	same(sendmmsg(s[1], v, 3, 0), 3, "many: sendmmsg");
	same(v[2].msg_len, 1, "many: sendmmsg: the length of the last");
	for (int i = 0; i < 3; i++) {
		fill(&v[i].msg_hdr, &m[i], 0);
		v[i].msg_hdr.msg_control = m[i].control.bytes;
		v[i].msg_hdr.msg_controllen = sizeof m[i].control;
	}
	same(recvmmsg(s[0], v, 3, MSG_DONTWAIT, NULL), 3, "many: recvmmsg");
	for (int i = 0; i < 3; i++)
		same(claimed(&v[i].msg_hdr), root, "many: message %d", i);
	for (int i = 0; i < 3; i++)
		fill(&v[i].msg_hdr, &m[i], i == 2 ? NOBODY : root);
	same(sendmmsg(s[1], v, 3, 0), 2, "many: sendmmsg ends at a foreign id");
	same(receive(s[0], 0), root, "many: the first before it");
	same(receive(s[0], 0), root, "many: the second before it");
	errno = 0;
	gives(recv(s[0], m, 1, MSG_DONTWAIT), EAGAIN, "many: no third");
}

/* More messages than a call takes at once are sent by several. */
static void of_very_many(void)
{
	enum { MANY = 150 };
	static struct mmsghdr v[MANY];
	static struct message m[MANY];
	int s[2], sent = 0, right = 0;
	pid_t p;

	pair(s, SOCK_DGRAM);
	for (int i = 0; i < MANY; i++)
		fill(&v[i].msg_hdr, &m[i], i % 2 ? 0 : root);
	p = spawn();
	if (p == 0) {
		for (int i = 0; i < MANY; i++)
			right += receive(s[0], 0) == root;
		same(right, MANY, "very many: who they are from");
		_exit(0);
	}
	while (sent < MANY) {
		int n = sendmmsg(s[1], v + sent, MANY - sent, 0);

		if (n <= 0)
			die("sendmmsg after %d", sent);
		sent += n;
	}
	ended(p);
	yes(v[MANY - 1].msg_len == 1, "very many: the length of the last");
	/* One that cannot be read ends what is sent before it. */
	for (int i = 0; i < 3; i++)
		fill(&v[i].msg_hdr, &m[i], root);
	v[2].msg_hdr.msg_control = (void *)8;
	same(sendmmsg(s[1], v, 3, 0), 2, "very many: those before a bad one");
	same(receive(s[0], 0), root, "very many: the first");
	same(receive(s[0], 0), root, "very many: the second");
	close(s[0]);
	close(s[1]);
}

/* short_of receives credentials of which only n bytes fit. */
static void short_of(int fd, size_t n, bool whole)
{
	struct msghdr h;
	struct message m;
	struct cmsghdr *c;
	pid_t p = 0;

	fill(&h, &m, 0);
	h.msg_control = m.control.bytes;
	h.msg_controllen = CMSG_LEN(n);
	if (recvmsg(fd, &h, MSG_PEEK) != 1)
		die("recvmsg");
	yes(!!(h.msg_flags & MSG_CTRUNC) == !whole, "short: room for %zu bytes: MSG_CTRUNC", n);
	c = CMSG_FIRSTHDR(&h);
	if (!yes(c && c->cmsg_len == CMSG_LEN(n), "short: room for %zu bytes: the length", n))
		return;
	if (n < 4)
		return;
	memcpy(&p, CMSG_DATA(c), sizeof p);
	same(p, root, "short: room for %zu bytes: the id", n);
}

static void of_short_buffers(void)
{
	struct msghdr h;
	struct message m;
	int s[2];

	pair(s, SOCK_DGRAM);
	transmit(s[1], root);
	short_of(s[0], sizeof(struct ucred), true);
	short_of(s[0], 8, false);
	short_of(s[0], 4, false);
	short_of(s[0], 0, false);
	fill(&h, &m, 0);
	same(recvmsg(s[0], &h, 0), 1, "short: no room at all");
	yes(h.msg_flags & MSG_CTRUNC, "short: no room at all: MSG_CTRUNC");
	/* More than credentials: a descriptor before them. */
	fill(&h, &m, 0);
	h.msg_control = m.control.bytes;
	h.msg_controllen = CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred));
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &(int){ 1 }, sizeof(int));
	c = CMSG_NXTHDR(&h, c);
	struct ucred u = { root, getuid(), getgid() };
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof u);
	memcpy(CMSG_DATA(c), &u, sizeof u);
	gives(sendmsg(s[1], &h, 0), 0, "two: a descriptor and credentials");
	same(receive(s[0], 0), root, "two: the id arrives");
}

/* Who has given up the rights of root, before anybody asked for credentials. */
static void of_dropped(void)
{
	pid_t p = spawn();

	if (p == 0) {
		int s[2];

		if (setresgid(65534, 65534, 65534) == -1 || setresuid(65534, 65534, 65534) == -1)
			die("setresuid");
		pair(s, SOCK_STREAM);
		gives(transmit(s[1], getpid()), 0, "dropped: the own id is accepted");
		same(receive(s[0], 0), getpid(), "dropped: it arrives");
		if (write(s[1], "w", 1) != 1)
			die("write");
		same(receive(s[0], 0), getpid(), "dropped: write");
		_exit(0);
	}
	ended(p);
}

/*
 * Named sockets: the option is the receiver's, set before a process that
 * never heard of it sends.
 */
static void of_named(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + 1 +
		      snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "pidsim-credentials-%d-%lld", root, now_ms());
	int on = 1, r = socket(AF_UNIX, SOCK_DGRAM, 0);
	pid_t p;

	if (r == -1 || bind(r, (struct sockaddr *)&a, n) == -1 || setsockopt(r, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1)
		die("named socket");
	p = spawn();
	if (p == 0) {
		struct msghdr h;
		struct message m;
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		if (sendto(fd, "s", 1, 0, (struct sockaddr *)&a, n) != 1)
			die("sendto");
		fill(&h, &m, getpid());
		h.msg_name = &a;
		h.msg_namelen = n;
		gives(sendmsg(fd, &h, 0), 0, "named: sendmsg with a name and credentials");
		_exit(0);
	}
	ended(p);
	same(receive(r, 0), p, "named: sendto");
	same(receive(r, 0), p, "named: sendmsg");
}

/* descriptor receives a descriptor. */
static int descriptor(int over)
{
	char data, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &data, 1 };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int fd;

	if (recvmsg(over, &h, 0) != 1)
		die("recvmsg of a descriptor");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof fd);
	return fd;
}

static void pass(int over, int fd)
{
	struct msghdr h;
	struct message m;
	struct cmsghdr *c;

	fill(&h, &m, 0);
	h.msg_control = m.control.bytes;
	h.msg_controllen = CMSG_SPACE(sizeof(int));
	c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(over, &h, 0) != 1)
		die("sendmsg of a descriptor");
}

static int over[2];

static void *receiver(void *arg)
{
	(void)arg;
	shared->slot[SENT] = 1;
	shared->slot[GOT] = receive(descriptor(over[1]), 0);
	return NULL;
}

/* ended_first waits for the end of the main thread. */
static void ended_first(void)
{
	char stat[64];
	int fd;

	do {
		memset(stat, 0, sizeof stat);
		fd = open("/proc/self/stat", O_RDONLY);
		if (fd == -1 || read(fd, stat, sizeof stat - 1) <= 0)
			die("/proc/self/stat");
		close(fd);
	} while (strstr(stat, ") Z ") == NULL);
}

static void *last(void *arg)
{
	ended_first();
	receiver(arg);
	same(shared->slot[GOT], getppid(), "passed: nor did this one without a main thread");
	_exit(0);
}

enum receivers { ONE, TWO, NO_LEADER };

/*
 * A socket that has the option and goes to a process that never set it, which
 * waits for it already: in one thread, in one while another waits for something
 * else, or in one after the main thread has ended.
 */
static void of_passed(enum receivers receivers)
{
	pid_t sender = spawn(), p;
	int s[2];

	if (sender) {
		ended(sender);
		return;
	}
	shared->slot[SENT] = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, over) == -1)
		die("socketpair");
	p = spawn();
	if (p == 0) {
		struct epoll_event e;
		pthread_t t;
		int ep;

		if (receivers == NO_LEADER) {
			pthread_create(&t, NULL, last, NULL);
			syscall(SYS_exit, 0);
		}
		if (receivers == ONE) {
			receiver(NULL);
			same(shared->slot[GOT], getppid(), "passed: the receiver never set SO_PASSCRED");
			_exit(0);
		}
		ep = epoll_create1(0);
		pthread_create(&t, NULL, receiver, NULL);
		same(epoll_wait(ep, &e, 1, 300), 0, "passed: a thread that waits is not interrupted");
		pthread_join(t, NULL);
		same(shared->slot[GOT], getppid(), "passed: nor did this one with threads");
		_exit(0);
	}
	until(shared->slot[SENT]);
	pause_ms(20); /* it should be in recvmsg; if it is not, that is as good */
	pair(s, SOCK_DGRAM);
	if (transmit(s[1], getpid()) != 1)
		die("sendmsg");
	pass(over[0], s[0]);
	ended(p);
	_exit(0);
}

int main(void)
{
	const char *passed = getenv("CHECK_PASSED");

	begin();
	/* First: nobody has asked for credentials yet. So it can be seen once. */
	of_passed(passed ? atoi(passed) : ONE);
	if (passed)
		return finish();
	of_dropped();
	of_self(SOCK_STREAM, "stream");
	of_self(SOCK_DGRAM, "datagram");
	of_self(SOCK_SEQPACKET, "packet");
	of_foreign();
	of_many();
	of_very_many();
	of_short_buffers();
	of_named();
	return finish();
}
