/* Netlink sockets have the id of their process for a name, and some messages
 * name a process. No more than two children: their ids are ports, and another
 * run of this program may be about to use the numbers after them. */
#include "check.h"
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#ifndef NETLINK_USERSOCK
#define NETLINK_USERSOCK 2
#endif

enum { READY, PORT };

static long port(int fd)
{
	struct sockaddr_nl a = { 0 };
	socklen_t n = sizeof a;

	if (getsockname(fd, (struct sockaddr *)&a, &n) == -1 || n != sizeof a)
		die("getsockname");
	return (int)a.nl_pid;
}

static int open_socket(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd == -1)
		die("netlink socket");
	return fd;
}

static int named(int fd, unsigned pid, unsigned groups)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_pid = pid, .nl_groups = groups };

	return bind(fd, (struct sockaddr *)&a, sizeof a);
}

/* question asks for the loopback device. */
static int question(struct nlmsghdr *h, int seq)
{
	memset(h, 0, NLMSG_SPACE(sizeof(struct ifinfomsg)));
	h->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = seq;
	((struct ifinfomsg *)NLMSG_DATA(h))->ifi_index = 1;
	return h->nlmsg_len;
}

/* answer gives the port that the kernel answers to. */
static long answer(int fd)
{
	static union {
		struct nlmsghdr h;
		char bytes[16384];
	} b;

	if (recv(fd, &b, sizeof b, 0) < (ssize_t)sizeof b.h)
		die("recv");
	return (int)b.h.nlmsg_pid;
}

static void of_bind(void)
{
	int a = open_socket(NETLINK_ROUTE), b = open_socket(NETLINK_ROUTE), c = open_socket(NETLINK_USERSOCK), d;

	same(port(a), 0, "bind: no port before");
	gives(named(a, 0, 0), 0, "bind: any port");
	same(port(a), root, "bind: any port is the process id");
	gives(named(a, 0, 0), EINVAL, "bind: any port again");
	gives(named(a, root, 0), 0, "bind: the own port again");
	gives(named(b, 0, 0), 0, "bind: any port for a second socket");
	yes(port(b) < -4096, "bind: it is negative");
	gives(named(c, root, 0), 0, "bind: the process id, of another protocol");
	same(port(c), root, "bind: that is the port");
	close(a);
	d = open_socket(NETLINK_ROUTE);
	gives(named(d, 0, RTMGRP_LINK), 0, "bind: any port with a group");
	same(port(d), root, "bind: the process id, now that it is free");
	gives(named(b, 0, RTMGRP_LINK), EINVAL, "bind: any port, but it has one");
	close(b);
	close(c);
	close(d);
}

static void of_sending(void)
{
	struct sockaddr_nl k = { .nl_family = AF_NETLINK };
	union {
		struct nlmsghdr h;
		char bytes[64];
	} q;
	struct iovec iov = { &q, 0 };
	struct msghdr m = { .msg_name = &k, .msg_namelen = sizeof k, .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = open_socket(NETLINK_ROUTE);

	sendto(fd, &q, question(&q.h, 1), 0, (struct sockaddr *)&k, sizeof k);
	same(port(fd), root, "sendto binds to the process id");
	same(answer(fd), root, "sendto: the answer names it");
	close(fd);
	fd = open_socket(NETLINK_ROUTE);
	iov.iov_len = question(&q.h, 2);
	same(sendmsg(fd, &m, 0), iov.iov_len, "sendmsg");
	same(port(fd), root, "sendmsg binds to the process id");
	same(answer(fd), root, "sendmsg: the answer names it");
	close(fd);
	fd = open_socket(NETLINK_ROUTE);
	m.msg_name = NULL;
	m.msg_namelen = 0;
	same(sendmsg(fd, &m, 0), iov.iov_len, "sendmsg without an address");
	same(port(fd), root, "sendmsg without an address binds to the process id");
	close(fd);
	fd = open_socket(NETLINK_ROUTE);
	gives(connect(fd, (struct sockaddr *)&k, sizeof k), 0, "connect");
	same(port(fd), root, "connect binds to the process id");
	close(fd);
}

static void of_two(void)
{
	struct sockaddr_nl from = { 0 }, to = { .nl_family = AF_NETLINK, .nl_pid = root };
	socklen_t n = sizeof from;
	int fd = open_socket(NETLINK_USERSOCK);
	char c;
	pid_t p;

	if (named(fd, 0, 0) == -1)
		die("bind");
	p = spawn();
	if (p == 0) {
		int s = open_socket(NETLINK_USERSOCK);

		same(sendto(s, "u", 1, 0, (struct sockaddr *)&to, sizeof to), 1, "two: to the parent, by its id");
		same(port(s), getpid(), "two: the child's port is its id");
		_exit(0);
	}
	if (recvfrom(fd, &c, 1, 0, (struct sockaddr *)&from, &n) != 1)
		die("recvfrom");
	ended(p);
	same((int)from.nl_pid, p, "two: the message is from the child, by its id");
	close(fd);
	id("sender", p);
}

static struct rtattr *attribute(struct nlmsghdr *h, int type, const void *data, int n)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void close_attribute(struct nlmsghdr *h, struct rtattr *a) { a->rta_len = (char *)h + h->nlmsg_len - (char *)a; }

/* pair asks for two devices, one in the namespace of p, on this or that end. */
static int pair(int fd, pid_t p, bool peer)
{
	union {
		struct nlmsghdr h;
		char bytes[1024];
	} q = { 0 };
	struct sockaddr_nl k = { .nl_family = AF_NETLINK };
	struct ifinfomsg none = { 0 };
	struct rtattr *info, *data, *other;
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[1024];
	} r;

	q.h.nlmsg_len = NLMSG_LENGTH(sizeof none);
	q.h.nlmsg_type = RTM_NEWLINK;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	attribute(&q.h, IFLA_IFNAME, "near0", 6);
	if (!peer)
		attribute(&q.h, IFLA_NET_NS_PID, &p, sizeof p);
	info = attribute(&q.h, IFLA_LINKINFO, "", 0);
	attribute(&q.h, IFLA_INFO_KIND, "veth", peer ? 4 : 5); /* with and without an end */
	data = attribute(&q.h, IFLA_INFO_DATA, "", 0);
	other = attribute(&q.h, VETH_INFO_PEER, &none, sizeof none);
	attribute(&q.h, IFLA_IFNAME, "far0", 5);
	if (peer)
		attribute(&q.h, IFLA_NET_NS_PID, &p, sizeof p);
	close_attribute(&q.h, other);
	close_attribute(&q.h, data);
	close_attribute(&q.h, info);
	if (sendto(fd, &q, q.h.nlmsg_len, 0, (struct sockaddr *)&k, sizeof k) == -1)
		die("sendto");
	if (recv(fd, &r, sizeof r, 0) < (ssize_t)sizeof r.h || r.h.nlmsg_type != NLMSG_ERROR)
		die("no answer");
	errno = -r.e.error;
	return r.e.error ? -1 : 0;
}

static bool device(const char *name)
{
	char line[256];
	bool found = false;
	FILE *f = fopen("/proc/self/net/dev", "r");

	while (f && fgets(line, sizeof line, f))
		found = found || strstr(line, name);
	fclose(f);
	return found;
}

/* Devices that are made in another process's network namespace. */
static void of_devices(void)
{
	pid_t p = spawn();
	int fd;

	if (p == 0) {
		if (unshare(CLONE_NEWNET) == -1)
			_exit(1);
		shared->slot[READY] = 1;
		until(shared->slot[READY] == 2);
		yes(device("near0"), "devices: the first of the first pair is the child's");
		yes(!device("far0"), "devices: its other end is not");
		shared->slot[READY] = 3;
		until(shared->slot[READY] == 4);
		yes(device("far0"), "devices: the second of the second pair is the child's");
		_exit(0);
	}
	if (unshare(CLONE_NEWNET) == -1)
		die("unshare");
	until(shared->slot[READY] == 1);
	fd = open_socket(NETLINK_ROUTE);
	if (pair(fd, p, false) == -1 && errno == EOPNOTSUPP) {
		end(p);
		unsupported("devices", EOPNOTSUPP);
		return;
	}
	shared->slot[READY] = 2;
	until(shared->slot[READY] == 3);
	gives(pair(fd, NOBODY, true), ESRCH, "devices: for nobody");
	yes(!device("near0"), "devices: none for nobody");
	/* The other end of the first pair is in the way. */
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		char rest[64];
	} q = { 0 };
	struct sockaddr_nl k = { .nl_family = AF_NETLINK };
	char reply[1024];

	q.h.nlmsg_len = NLMSG_LENGTH(sizeof q.i);
	q.h.nlmsg_type = RTM_DELLINK;
	q.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	attribute(&q.h, IFLA_IFNAME, "far0", 5);
	if (sendto(fd, &q, q.h.nlmsg_len, 0, (struct sockaddr *)&k, sizeof k) == -1 || recv(fd, reply, sizeof reply, 0) == -1)
		die("RTM_DELLINK");
	gives(pair(fd, p, true), 0, "devices: a pair whose peer is for the child");
	yes(device("near0") && !device("far0"), "devices: this end is here, the other is not");
	shared->slot[READY] = 4;
	ended(p);
	close(fd);
}

int main(void)
{
	begin();
	of_bind();
	of_sending();
	of_two();
	if (geteuid() == 0)
		of_devices();
	return finish();
}
