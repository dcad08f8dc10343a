/*
 * creds.c - everything that tells a program who it is, and the calls that
 * change it, by a walk that is the same in every run. Its output is compared
 * between a run with real credentials and one with emulated ones, which were
 * read from the first.
 *
 * It waits for a byte on standard input first, so that these can be read. Called
 * with an argument it is what an earlier one has executed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Not the C library's: the compiler knows what it must not be asked. */
#ifdef SYS_getgroups32
#define ask_groups(n, p) syscall(SYS_getgroups32, n, p)
#else
#define ask_groups(n, p) syscall(SYS_getgroups, n, p)
#endif

/* result prints what a call gave. */
static void result(const char *name, long r)
{
	printf("%s: %ld%s%s\n", name, r, r < 0 ? " " : "", r < 0 ? strerrorname_np(errno) : "");
}

/* status prints the credentials in a status file. */
static void status(const char *path)
{
	char line[4096];
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) || !strncmp(line, "Groups:", 7) ||
		    (!strncmp(line, "Cap", 3) && line[6] == ':'))
			fputs(line, stdout);
	fclose(f);
}

/* caps prints the capabilities that capget gives, in one version. */
static void caps(uint32_t version, pid_t pid)
{
	struct __user_cap_header_struct h = {version, pid};
	struct __user_cap_data_struct d[2] = {{0}};
	long r = syscall(SYS_capget, &h, d);

	printf("capget %x: %ld, version %x:", version, r, h.version);
	for (int i = 0; i < 2; i++)
		printf(" %08x %08x %08x", d[i].effective, d[i].permitted, d[i].inheritable);
	printf("\n");
}

/* whole prints all that there is to ask. */
static void whole(const char *when)
{
	unsigned id[3] = {77, 77, 77}, groups[64];
	uint16_t small[3] = {77, 77, 77};
	long n;

	printf("--- %s\n", when);
	printf("uid %u %u, gid %u %u\n", getuid(), geteuid(), getgid(), getegid());
#ifdef SYS_getuid32
	printf("16 bits: %lu %lu %lu %lu\n", syscall(SYS_getuid), syscall(SYS_geteuid), syscall(SYS_getgid), syscall(SYS_getegid));
	result("getresuid", syscall(SYS_getresuid, small, small + 1, small + 2));
	printf("%u %u %u\n", small[0], small[1], small[2]);
	result("getresgid", syscall(SYS_getresgid, small, small + 1, small + 2));
	printf("%u %u %u\n", small[0], small[1], small[2]);
	uint16_t few[64];
	n = syscall(SYS_getgroups, 64, few);
	for (int i = 0; i < n; i++)
		printf("%u ", few[i]);
	printf("(%ld)\n", n);
	result("setfsuid 16", syscall(SYS_setfsuid, 0xffff));
	(void)id;
#else
	(void)small;
#endif
	result("getresuid", getresuid(id, id + 1, id + 2));
	printf("%u %u %u\n", id[0], id[1], id[2]);
	result("getresgid", getresgid(id, id + 1, id + 2));
	printf("%u %u %u\n", id[0], id[1], id[2]);
	n = ask_groups(64, groups);
	result("getgroups", n);
	for (int i = 0; i < n; i++)
		printf("%u ", groups[i]);
	printf("\n");
	result("getgroups 0", ask_groups(0, NULL));
	result("getgroups 1", ask_groups(1, groups));
	result("getgroups -1", ask_groups(-1, groups));
	status("/proc/self/status");
	caps(_LINUX_CAPABILITY_VERSION_1, 0);
	caps(_LINUX_CAPABILITY_VERSION_3, 0);
	caps(_LINUX_CAPABILITY_VERSION_3, getpid());
	for (int i = 0; i < 42; i += 5)
		printf("%d: bounding %d, ambient %d\n", i, prctl(PR_CAPBSET_READ, i),
		       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0));
	printf("securebits %x, keepcaps %d\n", prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS));
}

/* faults are calls with memory that is not there, and versions that are not. */
static void faults(void)
{
	void *bad = (void *)16;
	unsigned id[3] = {77, 77, 77};
	struct __user_cap_header_struct h = {0, 0};

	result("getresuid nowhere", syscall(SYS_getresuid, id, bad, id + 2));
	result("getgroups nowhere", ask_groups(64, bad));
	result("setgroups nowhere", syscall(SYS_setgroups, 3, bad));
	result("setgroups of too many", syscall(SYS_setgroups, 65537, bad));
	result("setgroups of -1", syscall(SYS_setgroups, -1, bad));
	result("capget nowhere", syscall(SYS_capget, bad, bad));
	result("capget of no version", syscall(SYS_capget, &h, bad));
	printf("version %x\n", h.version);
	h.version = 0;
	result("capget of no version, to nowhere", syscall(SYS_capget, &h, NULL));
	printf("version %x\n", h.version);
	h.pid = -1;
	result("capget of -1", syscall(SYS_capget, &h, bad));
	h.pid = 0x7fffffff;
	result("capget of nobody", syscall(SYS_capget, &h, bad));
	result("capset of another", syscall(SYS_capset, &h, bad));
	h.pid = 0;
	result("capset from nowhere", syscall(SYS_capset, &h, bad));
	result("capget to nowhere", syscall(SYS_capget, &h, bad));
	result("capget without data", syscall(SYS_capget, &h, NULL));
}

/* credentials of the peer and of messages. */
static void sockets(void)
{
	int s[2], on = 1;
	struct ucred c = {1, 77, 77};
	socklen_t n = sizeof c;
	char byte = 'x';
	union {
		struct cmsghdr h;
		char b[CMSG_SPACE(sizeof(struct ucred))];
	} u;
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof u.b};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		die("socketpair");
	result("SO_PEERCRED", getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n));
	printf("%s, uid %u, gid %u\n", c.pid == getpid() ? "me" : "somebody", c.uid, c.gid);
	for (n = 8; n > 4; n -= 3) {
		c = (struct ucred){1, 0x4d4d4d4d, 0x4d4d4d4d};
		result("SO_PEERCRED cut short", getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n));
		printf("%s, uid %x, gid %x, length %d\n", c.pid == getpid() ? "me" : "somebody", c.uid, c.gid, (int)n);
	}
	unsigned groups[64];
	for (int room = -4; room <= 256; room += room == 4 ? 252 : 4) {
		memset(groups, 'x', sizeof groups);
		n = room;
		result("SO_PEERGROUPS", getsockopt(s[0], SOL_SOCKET, SO_PEERGROUPS, groups, &n));
		printf("%u %u, length %d of %d\n", groups[0], groups[1], (int)n, room);
	}
	result("SO_PEERGROUPS of no peer", getsockopt(socket(AF_UNIX, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERGROUPS, groups, &n));
	setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
	for (int own = 0; own < 3; own++) {
		memset(&u, 0, sizeof u);
		u.h.cmsg_level = SOL_SOCKET;
		u.h.cmsg_type = SCM_CREDENTIALS;
		u.h.cmsg_len = CMSG_LEN(sizeof c);
		c = (struct ucred){getpid(), own == 2 ? 4711 : getuid(), getgid()};
		memcpy(CMSG_DATA(&u.h), &c, sizeof c);
		m.msg_control = own ? u.b : NULL;
		m.msg_controllen = own ? sizeof u.b : 0;
		long r = sendmsg(s[0], &m, 0);
		result(own == 2 ? "sendmsg as another" : own ? "sendmsg" : "sendmsg without credentials", r);
		if (r < 0 || own == 2)
			continue;
		m.msg_control = u.b;
		m.msg_controllen = sizeof u.b;
		memset(&u, 0, sizeof u);
		result("recvmsg", recvmsg(s[1], &m, 0));
		memcpy(&c, CMSG_DATA(&u.h), sizeof c);
		printf("%s, uid %u, gid %u\n", c.pid == getpid() ? "me" : "somebody", c.uid, c.gid);
	}
	close(s[0]);
	close(s[1]);
}

/* listener is a peer, and has one, that change their users. */
static void listener(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct ucred c = {1, 77, 77};
	socklen_t n = sizeof c;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(l, (struct sockaddr *)&a, sizeof(sa_family_t))) /* the kernel chooses a name */
		die("bind");
	n = sizeof a;
	getsockname(l, (struct sockaddr *)&a, &n);
	if (listen(l, 1))
		die("listen");
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		(void)!setresuid(5, 5, 5); /* also if it may not */
		if (connect(s, (struct sockaddr *)&a, n))
			die("connect");
		n = sizeof c;
		getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n);
		printf("listener: %s, uid %u, gid %u\n", c.pid == getppid() ? "parent" : "somebody", c.uid, c.gid);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	s = accept(l, NULL, NULL);
	n = sizeof c;
	getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n);
	printf("client: %s, uid %u, gid %u\n", c.pid == pid ? "child" : "somebody", c.uid, c.gid);
}

static volatile siginfo_t seen;

static void handler(int sig, siginfo_t *si, void *context)
{
	(void)sig, (void)context;
	seen = *si;
}

/* signals and waits that tell who sent them. */
static void signals(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigset_t set;
	siginfo_t si;
	pid_t pid;

	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGCHLD, &a, NULL);
	kill(getpid(), SIGUSR1);
	printf("kill: uid %u\n", seen.si_uid);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR2);
	sigwaitinfo(&set, &si);
	printf("sigwaitinfo: uid %u\n", si.si_uid);
	fflush(stdout);
	if (!(pid = fork())) {
		(void)!setresuid(6, 6, 6);
		_exit(0);
	}
	memset(&si, 0, sizeof si);
	while (waitid(P_PID, pid, &si, WEXITED | WNOWAIT))
		;
	printf("waitid: uid %u\n", si.si_uid);
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/status", pid);
	status(path);
	waitid(P_PID, pid, &si, WEXITED);
	printf("waitid: uid %u, SIGCHLD: uid %u\n", si.si_uid, seen.si_uid);
}

/* In the kernel, threads have credentials of their own. */
static void *thread(void *arg)
{
	(void)arg;
	result("setresuid of a thread", syscall(SYS_setresuid, -1, 3, -1));
	printf("thread: %ld\n", (long)syscall(SYS_geteuid));
	status("/proc/thread-self/status");
	return NULL;
}

static uint32_t state = 1;

static unsigned chance(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static const unsigned ids[] = {0, 0, 1, 1234, 1235, 70000, 65534, -1, 65535};

/* change makes up a call and makes it. */
static void change(void)
{
	unsigned a = ids[chance(9)], b = ids[chance(9)], c = ids[chance(9)];
	unsigned groups[3] = {b, c, a};
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0}};

	printf("%u %u %u ", a, b, c);
	switch (chance(16)) {
	case 0: result("setuid", syscall(SYS_setuid, a)); break;
	case 1: result("setgid", syscall(SYS_setgid, a)); break;
	case 2: result("setreuid", syscall(SYS_setreuid, a, b)); break;
	case 3: result("setregid", syscall(SYS_setregid, a, b)); break;
	case 4: result("setresuid", syscall(SYS_setresuid, a, b, c)); break;
	case 5: result("setresgid", syscall(SYS_setresgid, a, b, c)); break;
	case 6: result("setfsuid", syscall(SYS_setfsuid, a)); break;
	case 7: result("setfsgid", syscall(SYS_setfsgid, a)); break;
	case 8: result("setgroups", syscall(SYS_setgroups, chance(4), groups)); break;
	case 9: result("setresuid of the process", setresuid(a, b, c)); break;
	case 10: result("seteuid", seteuid(a)); break;
	case 11:
		syscall(SYS_capget, &h, d);
		d[0].effective &= ~(1 << chance(8));
		d[0].permitted &= ~(1 << chance(8) * 4);
		d[0].effective &= d[0].permitted;
		d[0].inheritable |= 1 << chance(8);
		result("capset", syscall(SYS_capset, &h, d));
		break;
	case 12: result("PR_SET_KEEPCAPS", prctl(PR_SET_KEEPCAPS, chance(3))); break;
	case 13: result("PR_CAPBSET_DROP", prctl(PR_CAPBSET_DROP, chance(50), 0, 0, 0)); break;
	case 14: result("PR_CAP_AMBIENT", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, chance(9), 0, 0)); break;
	case 15: result("PR_SET_SECUREBITS", prctl(PR_SET_SECUREBITS, 1 << chance(7))); break;
	}
}

int main(int argc, char **argv)
{
	int round = argc > 1 ? atoi(argv[1]) : 0;
	char text[32];
	pthread_t t;

	if (!round && read(0, text, 1) != 1)
		die("read");
	if (chdir("/")) /* for credentials that cannot read the directory */
		die("chdir");
	whole("at the beginning");
	printf("AT_UID %lu, AT_EUID %lu, AT_GID %lu, AT_EGID %lu, AT_SECURE %lu\n", getauxval(AT_UID),
	       getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID), getauxval(AT_SECURE));
	faults();
	sockets();
	listener();
	signals();
	if (pthread_create(&t, NULL, thread, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
	whole("after a thread");
	for (state = round + 1; chance(25);) {
		change();
		whole("after a change");
	}
	/* With two users, whether these outlast an exec depends on the kernel. */
	if (getuid() != geteuid() || getgid() != getegid())
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	fflush(stdout);
	if (round == 4)
		return 0;
	/* Each round is a child's, with what its parent began with, and then
	 * goes on with what the changes have left. */
	pid_t pid = fork();
	if (!pid) {
		snprintf(text, sizeof text, "%d", round + 1);
		execl("/proc/self/exe", argv[0], text, NULL);
		die("exec");
	}
	int how;
	waitpid(pid, &how, 0);
	return WEXITSTATUS(how);
}
