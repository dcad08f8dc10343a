/* Statistics of tasks, which netlink tells by id (taskstats). */
#include "check.h"
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <sys/socket.h>

enum { TID, GO };

static int fd, family;

/* A message to the kernel, or from it. */
static union {
	struct nlmsghdr h;
	char bytes[8192];
} m;

static void start(int type, int cmd)
{
	struct genlmsghdr *g = NLMSG_DATA(&m.h);

	memset(&m, 0, sizeof m);
	m.h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m.h.nlmsg_type = type;
	m.h.nlmsg_flags = NLM_F_REQUEST;
	g->cmd = cmd;
	g->version = 1;
}

static void attribute(int type, const void *data, int n)
{
	struct nlattr *a = (void *)(m.bytes + NLMSG_ALIGN(m.h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + n;
	memcpy((char *)a + NLA_HDRLEN, data, n);
	m.h.nlmsg_len = NLMSG_ALIGN(m.h.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

/* The ways to send and receive. */
enum { SENDTO, SEND, SENDMSG };

static void exchange(int how)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec iov = { &m, m.h.nlmsg_len };
	struct msghdr h = { .msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	switch (how) {
	case SENDTO:
		n = sendto(fd, &m, m.h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
		break;
	case SEND:
		n = send(fd, &m, m.h.nlmsg_len, 0);
		break;
	default:
		n = sendmsg(fd, &h, 0);
	}
	if (n != (ssize_t)m.h.nlmsg_len)
		die("send");
	memset(&m, 0, sizeof m);
	if (how == SENDMSG) {
		iov.iov_len = sizeof m;
		n = recvmsg(fd, &h, 0);
	} else {
		n = recv(fd, &m, sizeof m, 0);
	}
	if (n < (ssize_t)sizeof m.h)
		die("recv");
}

/* next is the attribute at or after a in the n bytes from base. */
static struct nlattr *find(void *base, int n, int type)
{
	for (int at = 0; at + NLA_HDRLEN <= n;) {
		struct nlattr *a = (void *)((char *)base + at);

		if (a->nla_type == type)
			return a;
		if (a->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static int failure(void)
{
	return m.h.nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(&m.h))->error : 0;
}

/* ask gives the statistics of an id, and what the answer says whose they are. */
static struct taskstats *ask(int how, int attr, pid_t p, pid_t *whose)
{
	int aggregate = attr == TASKSTATS_CMD_ATTR_PID ? TASKSTATS_TYPE_AGGR_PID : TASKSTATS_TYPE_AGGR_TGID;
	int type = attr == TASKSTATS_CMD_ATTR_PID ? TASKSTATS_TYPE_PID : TASKSTATS_TYPE_TGID;
	static struct taskstats stats;
	struct nlattr *a, *b;

	start(family, TASKSTATS_CMD_GET);
	attribute(attr, &p, sizeof p);
	exchange(how);
	if (failure()) {
		errno = failure();
		return NULL;
	}
	a = find(m.bytes + NLMSG_LENGTH(GENL_HDRLEN), m.h.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), aggregate);
	if (!a)
		die("no statistics");
	b = find((char *)a + NLA_HDRLEN, a->nla_len - NLA_HDRLEN, type);
	memcpy(whose, (char *)b + NLA_HDRLEN, sizeof *whose);
	b = find((char *)a + NLA_HDRLEN, a->nla_len - NLA_HDRLEN, TASKSTATS_TYPE_STATS);
	memcpy(&stats, (char *)b + NLA_HDRLEN, b->nla_len - NLA_HDRLEN < (int)sizeof stats ? b->nla_len - NLA_HDRLEN : (int)sizeof stats);
	return &stats;
}

static void *thread(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	until(shared->slot[GO]);
	return NULL;
}

int main(void)
{
	static const char *ways[] = { "sendto", "send", "sendmsg" };
	struct taskstats *s;
	struct nlattr *a;
	pthread_t t;
	pid_t p, whose;

	begin();
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (fd == -1 || bind(fd, (struct sockaddr *)&(struct sockaddr_nl){ .nl_family = AF_NETLINK }, sizeof(struct sockaddr_nl)) == -1)
		die("netlink socket");
	start(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	attribute(CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME, sizeof TASKSTATS_GENL_NAME);
	exchange(SENDTO);
	if (failure()) {
		unsupported("taskstats", failure());
		return finish();
	}
	a = find(m.bytes + NLMSG_LENGTH(GENL_HDRLEN), m.h.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), CTRL_ATTR_FAMILY_ID);
	if (!a)
		die("no family");
	family = *(uint16_t *)((char *)a + NLA_HDRLEN);
	p = sleeper();
	s = ask(SENDTO, TASKSTATS_CMD_ATTR_PID, p, &whose);
	if (!s) {
		unsupported("taskstats", errno);
		end(p);
		return finish();
	}
	for (int how = SENDTO; how <= SENDMSG; how++) {
		s = ask(how, TASKSTATS_CMD_ATTR_PID, p, &whose);
		if (!s)
			die("%s: TASKSTATS_CMD_GET", ways[how]);
		same(whose, p, "taskstats: %s: whose they are", ways[how]);
		same(s->ac_pid, p, "taskstats: %s: ac_pid", ways[how]);
		same(s->ac_ppid, root, "taskstats: %s: ac_ppid", ways[how]);
		if (s->version >= 12)
			same(s->ac_tgid, p, "taskstats: %s: ac_tgid", ways[how]);
	}
	pthread_create(&t, NULL, thread, NULL);
	until(shared->slot[TID]);
	s = ask(SENDTO, TASKSTATS_CMD_ATTR_PID, shared->slot[TID], &whose);
	same(whose, shared->slot[TID], "taskstats: a thread");
	same(s->ac_pid, shared->slot[TID], "taskstats: ac_pid of a thread");
	if (s->version >= 12)
		same(s->ac_tgid, root, "taskstats: ac_tgid of a thread");
	ask(SENDTO, TASKSTATS_CMD_ATTR_TGID, root, &whose);
	same(whose, root, "taskstats: a process");
	shared->slot[GO] = 1;
	pthread_join(t, NULL);
	gives(ask(SENDTO, TASKSTATS_CMD_ATTR_PID, NOBODY, &whose) ? 0 : -1, ESRCH, "taskstats: nobody");
	end(p);
	gives(ask(SEND, TASKSTATS_CMD_ATTR_PID, p, &whose) ? 0 : -1, ESRCH, "taskstats: who has ended");
	return finish();
}
