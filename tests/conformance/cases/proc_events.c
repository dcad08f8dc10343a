/* Events of processes, which netlink tells to who may listen (the process
 * connector). */
#include "check.h"
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>

static int fd;

/* A message as it is on the wire; proc_event is at its end. */
struct message {
	struct nlmsghdr h;
	struct cn_msg c;
	char event[256];
};

/* next waits for an event of a kind that is about a process. */
static struct proc_event *next(unsigned what, pid_t pid)
{
	static union {
		struct message m;
		char bytes[8192];
	} b;
	static struct proc_event e;
	long long late = now_ms() + 20000;

	while (now_ms() < late) {
		struct iovec v = { &b, sizeof b };
		struct mmsghdr h = { .msg_hdr = { .msg_iov = &v, .msg_iovlen = 1 } };
		static bool many;
		ssize_t n;

		memset(&b, 0, sizeof b);
		many = !many;
		if (many)
			n = recvmmsg(fd, &h, 1, 0, NULL) == 1 ? (ssize_t)h.msg_len : -1;
		else
			n = recv(fd, &b, sizeof b, 0);
		if (n < (ssize_t)offsetof(struct message, event))
			continue;
		memset(&e, 0, sizeof e);
		memcpy(&e, b.m.event, b.m.c.len < sizeof e ? b.m.c.len : sizeof e);
		/* The process is the first id of every event but that of a fork. */
		if (e.what == what && (what == PROC_EVENT_FORK ? e.event_data.fork.child_tgid : e.event_data.exec.process_tgid) == pid)
			return &e;
	}
	die("no event %#x of %d", what, pid);
}

static int listen_to(enum proc_cn_mcast_op op)
{
	struct message m = { .c = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof op } };

	memcpy(m.event, &op, sizeof op);
	m.h.nlmsg_len = NLMSG_LENGTH(sizeof m.c + sizeof op);
	m.h.nlmsg_type = NLMSG_DONE;
	return send(fd, &m, m.h.nlmsg_len, 0);
}

int main(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	char ns[64] = "";
	struct timeval soon = { 5, 0 };
	int room = 1 << 22;
	struct proc_event *e;
	pid_t p;

	begin();
	/* Others cannot make room for what happens on a busy machine. */
	if (geteuid() != 0)
		return finish();
	/* They are those of the initial pid namespace, by its ids (PROC_PID_INIT_INO). */
	if (readlink("/proc/self/ns/pid", ns, sizeof ns - 1) == -1 || strcmp(ns, "pid:[4026531836]") != 0) {
		unsupported("events", ENOTSUP);
		return finish();
	}
	fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) == -1) {
		unsupported("events", errno);
		return finish();
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	if (listen_to(PROC_CN_MCAST_LISTEN) == -1) {
		unsupported("events", errno);
		return finish();
	}
	p = spawn();
	if (p == 0) {
		setsid();
		execl("/bin/sh", "sh", "-c", "exit 3", NULL);
		_exit(1);
	}
	e = next(PROC_EVENT_FORK, p);
	same(e->event_data.fork.child_pid, p, "events: a fork: the child");
	same(e->event_data.fork.child_tgid, p, "events: a fork: the child's process");
	same(e->event_data.fork.parent_tgid, root, "events: a fork: the parent's process");
	e = next(PROC_EVENT_SID, p);
	same(e->event_data.sid.process_pid, p, "events: a session: the leader");
	e = next(PROC_EVENT_EXEC, p);
	same(e->event_data.exec.process_pid, p, "events: an exec: the process");
	reap(p);
	e = next(PROC_EVENT_EXIT, p);
	same(e->event_data.exit.process_pid, p, "events: an exit: the process");
	same(e->event_data.exit.exit_code, 3 << 8, "events: an exit: the status");
	if (e->event_data.exit.parent_tgid)
		same(e->event_data.exit.parent_tgid, root, "events: an exit: the parent");
	listen_to(PROC_CN_MCAST_IGNORE);
	return finish();
}
