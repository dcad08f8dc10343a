/* Test 27, sockets named by paths under /proc, in every call that takes one. */
#include "check.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char dir[64];
static int dirfd_;

static socklen_t name(struct sockaddr_un *a, const char *fmt, ...)
{
	va_list ap;

	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	va_start(ap, fmt);
	vsnprintf(a->sun_path, sizeof a->sun_path, fmt, ap);
	va_end(ap);
	return offsetof(struct sockaddr_un, sun_path) + strlen(a->sun_path) + 1;
}

static void of_bind(void)
{
	struct sockaddr_un a;
	struct stat st;
	socklen_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	n = name(&a, "/proc/self/fd/%d/self", dirfd_);
	gives(bind(fd, (struct sockaddr *)&a, n), 0, "bind: /proc/self/fd/N/NAME");
	yes(fstatat(dirfd_, "self", &st, 0) == 0 && S_ISSOCK(st.st_mode), "bind: it is there");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/fd/%d/number", root, dirfd_);
	gives(bind(fd, (struct sockaddr *)&a, n), 0, "bind: /proc/PID/fd/N/NAME");
	yes(fstatat(dirfd_, "number", &st, 0) == 0 && S_ISSOCK(st.st_mode), "bind: it is there, too");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/cwd/unterminated", root);
	gives(bind(fd, (struct sockaddr *)&a, n - 1), 0, "bind: a name without an end");
	yes(fstatat(dirfd_, "unterminated", &st, 0) == 0, "bind: it is there without more");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/cwd/x", NOBODY);
	gives(bind(fd, (struct sockaddr *)&a, n), ENOENT, "bind: /proc/NOBODY");
}

static void of_connect(void)
{
	struct sockaddr_un a;
	socklen_t n;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	pid_t p;

	n = name(&a, "%s/listener", dir);
	if (bind(l, (struct sockaddr *)&a, n) == -1 || listen(l, 5) == -1)
		die("listener");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/cwd/listener", root);
	gives(connect(fd, (struct sockaddr *)&a, n), 0, "connect: /proc/PID/cwd/NAME");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/task/%d/root%s/listener", root, root, dir);
	gives(connect(fd, (struct sockaddr *)&a, n), 0, "connect: /proc/PID/task/TID/root/PATH");
	p = spawn();
	if (p == 0) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		n = name(&a, "/proc/%d/fd/%d/listener", getppid(), dirfd_);
		gives(connect(fd, (struct sockaddr *)&a, n), 0, "connect: a child, through its parent");
		if (chdir("/proc") == -1)
			die("chdir");
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		n = name(&a, "%d/cwd/listener", getppid());
		gives(connect(fd, (struct sockaddr *)&a, n), 0, "connect: from /proc, PID/cwd/NAME");
		_exit(0);
	}
	ended(p);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	n = name(&a, "/proc/%d/cwd/listener", p);
	gives(connect(fd, (struct sockaddr *)&a, n), ENOENT, "connect: through who has ended");
}

/* message is sendmsg to an address. */
static int message(int fd, struct sockaddr_un *a, socklen_t n)
{
	struct iovec iov = { "m", 1 };
	struct msghdr h = { .msg_name = a, .msg_namelen = n, .msg_iov = &iov, .msg_iovlen = 1 };

	return sendmsg(fd, &h, 0);
}

static void of_datagrams(void)
{
	struct sockaddr_un a;
	struct mmsghdr v[2] = { 0 };
	struct iovec iov = { "v", 1 };
	socklen_t n;
	int r = socket(AF_UNIX, SOCK_DGRAM, 0), fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char c;

	n = name(&a, "%s/datagrams", dir);
	if (bind(r, (struct sockaddr *)&a, n) == -1)
		die("bind");
	n = name(&a, "/proc/%d/cwd/datagrams", root);
	gives(sendto(fd, "t", 1, 0, (struct sockaddr *)&a, n), 0, "sendto: /proc/PID/cwd/NAME");
	yes(recv(r, &c, 1, MSG_DONTWAIT) == 1 && c == 't', "sendto: it arrives");
	gives(message(fd, &a, n), 0, "sendmsg: /proc/PID/cwd/NAME");
	yes(recv(r, &c, 1, MSG_DONTWAIT) == 1 && c == 'm', "sendmsg: it arrives");
	for (int i = 0; i < 2; i++) {
		v[i].msg_hdr.msg_name = &a;
		v[i].msg_hdr.msg_namelen = n;
		v[i].msg_hdr.msg_iov = &iov;
		v[i].msg_hdr.msg_iovlen = 1;
	}
	same(sendmmsg(fd, v, 2, 0), 2, "sendmmsg: /proc/PID/cwd/NAME");
	yes(v[0].msg_len == 1 && v[1].msg_len == 1, "sendmmsg: the lengths");
	yes(recv(r, &c, 1, MSG_DONTWAIT) == 1 && recv(r, &c, 1, MSG_DONTWAIT) == 1 && c == 'v', "sendmmsg: they arrive");
	same(v[1].msg_hdr.msg_namelen, n, "sendmmsg: the length of the name is left alone");
	n = name(&a, "/proc/%d/cwd/datagrams", NOBODY);
	gives(sendto(fd, "t", 1, 0, (struct sockaddr *)&a, n), ENOENT, "sendto: /proc/NOBODY");
	gives(message(fd, &a, n), ENOENT, "sendmsg: /proc/NOBODY");
	n = name(&a, "/proc/self/fd/%d/datagrams", dirfd_);
	gives(message(fd, &a, n), 0, "sendmsg: /proc/self/fd/N/NAME");
}

int main(void)
{
	char path[128];

	begin();
	snprintf(dir, sizeof dir, "/tmp/check-socket-%d-%lld", root, now_ms());
	if (mkdir(dir, 0700) == -1 || chdir(dir) == -1)
		die("%s", dir);
	dirfd_ = open(".", O_RDONLY | O_DIRECTORY);
	of_bind();
	of_connect();
	of_datagrams();
	for (char *f[] = { "self", "number", "unterminated", "listener", "datagrams", NULL }, **p = f; *p; p++) {
		snprintf(path, sizeof path, "%s/%s", dir, *p);
		unlink(path);
	}
	gives(rmdir(dir), 0, "nothing else was made");
	return finish();
}
