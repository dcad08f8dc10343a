/* Descriptors whose records name processes: fanotify, userfaultfd, FUSE, and
 * the text of a message queue. */
#include "check.h"
#include <dirent.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { READY, TID, GO, GOT };

static char dir[64];

/* opened opens a file in dir from a child, and gives the child. */
static pid_t opened(void)
{
	pid_t p = spawn();

	if (p == 0) {
		char path[96];

		snprintf(path, sizeof path, "%s/file", dir);
		_exit(open(path, O_RDWR | O_CREAT, 0600) == -1);
	}
	return p;
}

static void of_fanotify(void)
{
	struct {
		struct fanotify_event_metadata m;
		char rest[256];
	} e[4];
	struct iovec v = { e, sizeof e };
	int fd = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	pid_t p;

	if (fd == -1) {
		unsupported("fanotify", errno);
		return;
	}
	if (fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, dir) == -1)
		die("fanotify_mark");
	p = opened();
	ended(p);
	yes(read(fd, e, sizeof e) >= (ssize_t)sizeof e[0].m, "fanotify: an event");
	same(e[0].m.pid, p, "fanotify: it names the process");
	close(e[0].m.fd);
	p = opened();
	ended(p);
	yes(readv(fd, &v, 1) >= (ssize_t)sizeof e[0].m, "fanotify: readv");
	same(e[0].m.pid, p, "fanotify: readv: it names the process");
	close(e[0].m.fd);
	close(fd);
	fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_TID, O_RDONLY);
	if (fd == -1 || fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, dir) == -1)
		die("FAN_REPORT_TID");
	p = opened();
	ended(p);
	pid_t q = opened();
	ended(q);
	ssize_t n = read(fd, e, sizeof e);
	struct fanotify_event_metadata *m = &e[0].m;
	same(m->pid, p, "fanotify: FAN_REPORT_TID");
	yes(FAN_EVENT_OK(m, n) && (n -= m->event_len) > 0, "fanotify: two events");
	m = (void *)((char *)m + m->event_len);
	same(m->pid, q, "fanotify: the second event");
	close(fd);
}

static char *page;

static void *toucher(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	shared->slot[GOT] = *(volatile char *)page;
	return NULL;
}

#define USER_MODE_ONLY 1

static void of_userfaultfd(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_THREAD_ID };
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy;
	struct uffd_msg m;
	static char full[4096] = { 42 };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | USER_MODE_ONLY);
	pthread_t t;

	if (fd == -1 || ioctl(fd, UFFDIO_API, &api) == -1) {
		unsupported("userfaultfd", errno);
		return;
	}
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.range.start = (uintptr_t)page;
	r.range.len = 4096;
	if (ioctl(fd, UFFDIO_REGISTER, &r) == -1)
		die("UFFDIO_REGISTER");
	shared->slot[TID] = 0;
	pthread_create(&t, NULL, toucher, NULL);
	same(read(fd, &m, sizeof m), sizeof m, "userfaultfd: a message");
	same(m.event, UFFD_EVENT_PAGEFAULT, "userfaultfd: a fault");
	same(m.arg.pagefault.feat.ptid, shared->slot[TID], "userfaultfd: it names the thread");
	memset(&copy, 0, sizeof copy);
	copy.dst = (uintptr_t)page;
	copy.src = (uintptr_t)full;
	copy.len = 4096;
	if (ioctl(fd, UFFDIO_COPY, &copy) == -1)
		die("UFFDIO_COPY");
	pthread_join(t, NULL);
	same(shared->slot[GOT], 42, "userfaultfd: the thread goes on");
	close(fd);
}

#define WATCHED 8192

static int watch;

/* provider fills in pages whenever one is missed, and makes calls meanwhile. */
static void *provider(void *arg)
{
	static char full[4096];
	struct uffdio_copy copy;
	struct uffd_msg m;

	for (;;) {
		if (read(watch, &m, sizeof m) != sizeof m || kill(getppid(), 0))
			die("userfaultfd");
		memset(full, '/', sizeof full);
		if (m.arg.pagefault.address - (uintptr_t)page >= 4096)
			strcpy(full, "proc/self/status");
		memset(&copy, 0, sizeof copy);
		copy.dst = m.arg.pagefault.address & ~4095UL;
		copy.src = (uintptr_t)full;
		copy.len = 4096;
		if (ioctl(watch, UFFDIO_COPY, &copy) == -1)
			die("UFFDIO_COPY");
	}
	return arg;
}

/* A name in pages that have yet to be filled in by another thread, which nobody
 * but the kernel may wait for. */
static void of_watched(int flags, int want, const char *what)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register r = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char name[32];
	pthread_t t;

	watch = syscall(SYS_userfaultfd, O_CLOEXEC | flags);
	if (watch == -1 || ioctl(watch, UFFDIO_API, &api) == -1) {
		unsupported(what, errno);
		return;
	}
	page = mmap(NULL, WATCHED + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page + WATCHED, 4096, PROT_NONE);
	r.range.start = (uintptr_t)page;
	r.range.len = WATCHED;
	if (ioctl(watch, UFFDIO_REGISTER, &r) == -1)
		die("UFFDIO_REGISTER");
	pthread_create(&t, NULL, provider, NULL);
	gives(access(page + 4000, R_OK), want, "%s: a name", what);
	gives(access(page + 4000, R_OK), want, "%s: again", what);
	gives(open(page + 4000, O_RDONLY), want, "%s: the file of that name", what);
	gives(access(page + WATCHED, R_OK), EFAULT, "%s: a name that is nowhere", what);
	snprintf(name, sizeof name, "/proc/%d/status", getppid());
	gives(access(name, R_OK), 0, "%s: a name with a number", what);
}

/* answer writes a reply to a request. */
static void answer(int fd, uint64_t unique, int error, const void *data, size_t n)
{
	struct fuse_out_header h = { sizeof h + n, error, unique };
	struct iovec v[2] = { { &h, sizeof h }, { (void *)data, n } };

	if (writev(fd, v, 2) == -1)
		die("reply");
}

/* The size of a message queue's text, which the file must not be taken for. */
#define FILE_SIZE 80

/* serve answers a request to a file system with one file. */
static void serve(int fd, const char *request)
{
	const struct fuse_in_header *h = (const void *)request;
	struct fuse_attr a = { .ino = h->nodeid, .mode = h->nodeid == 1 ? S_IFDIR | 0755 : S_IFREG | 0644, .nlink = 1, .size = h->nodeid == 1 ? 0 : FILE_SIZE };
	struct {
		struct fuse_dirent e;
		char name[8];
	} e = { { .ino = 2, .off = 1, .namelen = 4, .type = DT_REG }, "file" };
	static const char text[FILE_SIZE] = "text";

	switch (h->opcode) {
	case FUSE_LOOKUP: {
		struct fuse_entry_out o = { .nodeid = 2, .attr = a };

		if (strcmp((const char *)(h + 1), "file")) {
			answer(fd, h->unique, -ENOENT, NULL, 0);
			break;
		}
		o.attr.ino = 2;
		o.attr.mode = S_IFREG | 0644;
		o.attr.size = FILE_SIZE;
		answer(fd, h->unique, 0, &o, sizeof o);
		break;
	}
	case FUSE_GETATTR: {
		struct fuse_attr_out o = { .attr = a };

		answer(fd, h->unique, 0, &o, sizeof o);
		break;
	}
	case FUSE_OPEN:
	case FUSE_OPENDIR: {
		struct fuse_open_out o = { .open_flags = FOPEN_DIRECT_IO };

		answer(fd, h->unique, 0, &o, sizeof o);
		break;
	}
	case FUSE_READ:
		answer(fd, h->unique, 0, text, ((const struct fuse_read_in *)(h + 1))->offset ? 0 : sizeof text);
		break;
	case FUSE_READDIR:
		answer(fd, h->unique, 0, &e, ((const struct fuse_read_in *)(h + 1))->offset ? 0 : FUSE_DIRENT_SIZE(&e.e));
		break;
	case FUSE_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(fd, h->unique, -ENOSYS, NULL, 0);
	}
}

/* pass_on passes a descriptor on, where the reader is told who sends. */
static void pass_on(int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr h;
	} control = { .h = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec v = { "x", 1 };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int s[2], on = 1;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == -1 || setsockopt(s[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == -1)
		die("socketpair");
	memcpy(CMSG_DATA(&control.h), &fd, sizeof fd);
	same(sendmsg(s[1], &h, 0), 1, "fuse: a descriptor is passed on");
	close(s[0]);
	close(s[1]);
}

/* user uses it: nobody but the process that serves it may be waited for. */
static int user(void)
{
	char path[96], text[2 * FILE_SIZE];
	DIR *d;
	int fd;

	snprintf(path, sizeof path, "%s/nothing", dir);
	yes(open(path, O_RDONLY) == -1 && errno == ENOENT, "fuse: no file");
	yes(chdir(dir) == 0 && open("self/status", O_RDONLY) == -1 && errno == ENOENT, "fuse: a name as in /proc");
	yes(chdir("/") == 0, "fuse: out of it");
	d = opendir(dir);
	yes(d && readdir(d), "fuse: a listing");
	closedir(d);
	snprintf(path, sizeof path, "%s/file", dir);
	fd = open(path, O_RDONLY);
	same(read(fd, text, sizeof text), FILE_SIZE, "fuse: read");
	pass_on(fd);
	page = mmap(NULL, FILE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	gives(access(page, F_OK), ENOENT, "fuse: a name in the file");
	close(fd);
	shared->slot[GOT] = 1;
	return 0;
}

/* A file system that has one file in its root, in a mount namespace of its own. */
static void of_fuse(void)
{
	static char buf[1 << 17];
	struct fuse_in_header *h = (void *)buf;
	char options[128];
	int fd;
	pid_t p;

	if (unshare(CLONE_NEWNS) == -1 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) {
		unsupported("fuse", errno);
		return;
	}
	fd = open("/dev/fuse", O_RDWR);
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd == -1 || mount("check", dir, "fuse", 0, options) == -1) {
		unsupported("fuse", errno);
		return;
	}
	if (read(fd, buf, sizeof buf) <= 0 || h->opcode != FUSE_INIT)
		die("FUSE_INIT");
	shared->slot[GOT] = 0;
	struct fuse_init_out out = { .major = 7, .minor = 31, .max_write = 4096 };
	answer(fd, h->unique, 0, &out, sizeof out);
	p = spawn();
	if (p == 0)
		_exit(user());
	for (int seen = 0; !seen;) {
		if (read(fd, buf, sizeof buf) <= 0)
			die("request");
		seen = h->opcode == FUSE_LOOKUP;
		if (seen)
			same(h->pid, p, "fuse: a request names who looks up");
		serve(fd, buf);
	}
	while (!shared->slot[GOT]) {
		struct pollfd ready = { fd, POLLIN, 0 };

		if (poll(&ready, 1, 10) == 1 && read(fd, buf, sizeof buf) > 0)
			serve(fd, buf);
	}
	ended(p);
	umount2(dir, MNT_DETACH);
	close(fd);
}

/* The file of a message queue says who is to be told of messages. */
static void of_queue(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	char name[64], path[160], text[128] = "", *at;
	int fd;
	mqd_t q;

	if (mount("mqueue", dir, "tmpfs", 0, NULL) == -1) {
		unsupported("queue", errno);
		return;
	}
	snprintf(path, sizeof path, "%s/mqueue", dir);
	mkdir(path, 0755);
	snprintf(name, sizeof name, "/check-notices-%d-%lld", root, now_ms());
	q = mq_open(name, O_RDWR | O_CREAT, 0600, NULL);
	if (q == (mqd_t)-1 || mq_notify(q, &e) == -1 || mount("mqueue", path, "mqueue", 0, NULL) == -1) {
		unsupported("queue", errno);
		return;
	}
	strcat(path, name);
	fd = open(path, O_RDONLY);
	yes(read(fd, text, sizeof text - 1) > 0 && strstr(text, "QSIZE:"), "queue: its text");
	at = strstr(text, "NOTIFY_PID:");
	same(at ? atol(at + 11) : -1, root, "queue: NOTIFY_PID");
	yes(at && at[strlen(at) - 1] == '\n', "queue: the end");
	same(read(fd, text, sizeof text), 0, "queue: nothing more");
	close(fd);
	mq_close(q);
	mq_unlink(name);
	snprintf(path, sizeof path, "%s/mqueue", dir);
	umount2(path, MNT_DETACH);
	umount2(dir, MNT_DETACH);
}

static void of_child(int flags, int want, const char *what)
{
	pid_t p = spawn();

	if (p == 0) {
		of_watched(flags, want, what);
		_exit(0);
	}
	ended(p);
}

int main(void)
{
	char path[96];

	begin();
	snprintf(dir, sizeof dir, "/tmp/check-notices-%d-%lld", root, now_ms());
	if (mkdir(dir, 0700) == -1)
		die("%s", dir);
	of_fanotify();
	of_userfaultfd();
	of_child(USER_MODE_ONLY, EFAULT, "unserved");
	of_child(0, 0, "served");
	if (geteuid() == 0) {
		of_fuse();
		of_queue();
	}
	snprintf(path, sizeof path, "%s/file", dir);
	unlink(path);
	rmdir(dir);
	return finish();
}
