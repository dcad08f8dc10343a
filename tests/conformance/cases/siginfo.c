/* Test 11: a handler learns who sent the signal, whatever sent it. */
#include "check.h"

#include <mqueue.h>
#include <poll.h>
#include <sys/signalfd.h>

enum { SEEN, CODE, SENDER, UID, VALUE, STATUS, READY, PARENT };

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[CODE] = si->si_code;
	shared->slot[SENDER] = si->si_pid;
	shared->slot[UID] = si->si_uid;
	if (sig == SIGCHLD)
		shared->slot[STATUS] = si->si_status;
	else
		shared->slot[VALUE] = si->si_value.sival_int;
	shared->slot[SEEN] = sig;
}

static void clear(void) { memset((void *)shared->slot, 0, sizeof shared->slot); }

/* from checks the origin of the signal that came last. */
static void from(const char *how, int sig, int code, pid_t sender)
{
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], sig, "%s: signal", how);
	same(shared->slot[CODE], code, "%s: si_code", how);
	same(shared->slot[SENDER], sender, "%s: si_pid", how);
	same(shared->slot[UID], getuid(), "%s: si_uid", how);
}

/* by_child has a child send by the given means. */
static pid_t by_child(void (*send)(void))
{
	pid_t p = spawn();

	if (p == 0) {
		send();
		_exit(0);
	}
	ended(p);
	return p;
}

static void send_kill(void) { kill(root, SIGUSR1); }
static void send_group(void) { kill(-getpgrp(), SIGWINCH); }
static void send_tgkill(void) { syscall(SYS_tgkill, root, root, SIGUSR1); }
static void send_queue(void) { sigqueue(root, SIGUSR1, (union sigval){ .sival_int = 4711 }); }

static void *send_thread(void *arg)
{
	kill(root, SIGUSR1);
	return arg;
}

static void from_children(void)
{
	pid_t p;

	p = by_child(send_kill);
	from("kill by a child", SIGUSR1, SI_USER, p);
	id("first", p);
	clear();
	p = by_child(send_tgkill);
	from("tgkill by a child", SIGUSR1, SI_TKILL, p);
	clear();
	p = by_child(send_queue);
	from("sigqueue by a child", SIGUSR1, SI_QUEUE, p);
	same(shared->slot[VALUE], 4711, "sigqueue by a child: value");
	clear();
	p = spawn();
	if (p == 0) {
		pthread_t t;

		pthread_create(&t, NULL, send_thread, NULL);
		pthread_join(t, NULL);
		_exit(0);
	}
	ended(p);
	from("kill by a thread of a child", SIGUSR1, SI_USER, p);
	clear();
}

/* To a group: the members see the one who sent it. */
static void to_group(void)
{
	pid_t p = spawn(), sender;

	if (p == 0) {
		setpgid(0, 0);
		handle(SIGWINCH, note, SA_RESTART);
		sender = by_child(send_group);
		from("kill(-group) by a member", SIGWINCH, SI_USER, sender);
		_exit(0);
	}
	ended(p);
	clear();
}

static void from_oneself(void)
{
	int fd[2];

	kill(getpid(), SIGUSR1);
	from("kill by oneself", SIGUSR1, SI_USER, getpid());
	clear();
	raise(SIGUSR1);
	from("raise", SIGUSR1, SI_TKILL, getpid());
	clear();
	send_queue();
	from("sigqueue by oneself", SIGUSR1, SI_QUEUE, getpid());
	same(shared->slot[VALUE], 4711, "sigqueue by oneself: value");
	clear();
	handle(SIGPIPE, note, 0);
	if (pipe(fd))
		die("pipe");
	close(fd[0]);
	gives(write(fd[1], "x", 1), EPIPE, "write to a broken pipe");
	close(fd[1]);
	from("SIGPIPE", SIGPIPE, SI_USER, getpid());
	signal(SIGPIPE, SIG_DFL);
	clear();
}

static void of_children(void)
{
	pid_t p;

	handle(SIGCHLD, note, SA_RESTART);
	p = spawn();
	if (p == 0)
		_exit(21);
	from("SIGCHLD of an exit", SIGCHLD, CLD_EXITED, p);
	same(shared->slot[STATUS], 21, "SIGCHLD of an exit: si_status");
	reap(p);
	clear();
	p = sleeper();
	kill(p, SIGKILL);
	from("SIGCHLD of a kill", SIGCHLD, CLD_KILLED, p);
	same(shared->slot[STATUS], SIGKILL, "SIGCHLD of a kill: si_status");
	reap(p);
	clear();
	handle(SIGCHLD, note, SA_RESTART | SA_NOCLDWAIT);
	p = spawn();
	if (p == 0)
		_exit(22);
	from("SIGCHLD of a child reaped at once", SIGCHLD, CLD_EXITED, p);
	/* The kernel sends the signal a moment before. */
	for (int i = 0; i < 5000 && kill(p, 0) == 0; i++)
		usleep(1000);
	gives(kill(p, 0), ESRCH, "SIGCHLD of a child reaped at once: kill");
	signal(SIGCHLD, SIG_DFL);
	clear();
}

/* The end of a child that another signal than SIGCHLD announces. */
static void of_other_children(const char *how, int sig)
{
	pid_t p = syscall(SYS_clone, sig, 0, 0, 0, 0);

	if (p == 0)
		_exit(0);
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], sig, "%s: signal", how);
	same(shared->slot[CODE], CLD_EXITED, "%s: si_code", how);
	same(shared->slot[SENDER], p, "%s: si_pid", how);
	same(waitpid(p, NULL, __WALL), p, "%s: waitpid", how);
	clear();
}

/* A signalfd shows the number, too, though not as an id: the code misleads. */
static void of_read_child(const sigset_t *set)
{
	struct signalfd_siginfo got;
	int fd = signalfd(-1, set, 0);
	pid_t p = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);

	if (p == 0)
		_exit(0);
	same(read(fd, &got, sizeof got), sizeof got, "signalfd of a clone child: read");
	same(got.ssi_code, CLD_EXITED, "signalfd of a clone child: ssi_code");
	same(got.ssi_band, p, "signalfd of a clone child: ssi_band");
	same(waitpid(p, NULL, __WCLONE), p, "signalfd of a clone child: waitpid");
	close(fd);
}

static void of_waited_child(void)
{
	siginfo_t si;
	sigset_t set;
	pid_t p;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (p == 0)
		_exit(0);
	same(sigwaitinfo(&set, &si), SIGUSR1, "sigwaitinfo of a clone child: signal");
	same(si.si_pid, p, "sigwaitinfo of a clone child: si_pid");
	same(waitpid(p, NULL, __WCLONE), p, "sigwaitinfo of a clone child: waitpid");
	of_read_child(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The codes of events on descriptors are the same numbers. */
static void of_descriptor(void)
{
	int fd[2];

	if (pipe(fd) == -1 || fcntl(fd[0], F_SETSIG, SIGUSR1) == -1 || fcntl(fd[0], F_SETOWN, getpid()) == -1 ||
	    fcntl(fd[0], F_SETFL, O_ASYNC) == -1)
		die("fcntl");
	if (write(fd[1], "x", 1) != 1)
		die("write");
	until(shared->slot[SEEN]);
	same(shared->slot[CODE], POLL_IN, "F_SETSIG: si_code");
	yes(shared->slot[SENDER] & POLLIN, "F_SETSIG: si_band is where si_pid would be");
	close(fd[0]);
	close(fd[1]);
	clear();
}

/* The signal at the parent's death names the dead parent. */
static void of_parent(void)
{
	pid_t middle;

	prctl(PR_SET_CHILD_SUBREAPER, 1); /* before the middle one can end */
	middle = spawn();
	if (middle == 0) {
		if (spawn() == 0) {
			handle(SIGUSR2, note, 0);
			prctl(PR_SET_PDEATHSIG, SIGUSR2);
			shared->slot[PARENT] = getppid();
			shared->slot[READY] = getpid();
			until(shared->slot[SEEN]);
			_exit(0);
		}
		until(shared->slot[READY]);
		_exit(0);
	}
	ended(middle);
	from("PR_SET_PDEATHSIG", SIGUSR2, SI_USER, middle);
	same(shared->slot[PARENT], middle, "PR_SET_PDEATHSIG: that was getppid");
	ended(shared->slot[READY]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	clear();
}

/* queue_name is not the same for two runs at once. */
static const char *queue_name(void)
{
	static char name[64];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(name, sizeof name, "/check-%lx-%lx", (long)ts.tv_sec, (long)ts.tv_nsec);
	return name;
}

static void of_message_queue(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	const char *name = queue_name();
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	pid_t p;

	if (q == (mqd_t)-1) {
		unsupported("mq_notify", errno);
		return;
	}
	mq_unlink(name);
	ev.sigev_value.sival_int = 815;
	gives(mq_notify(q, &ev), 0, "mq_notify: register");
	p = spawn();
	if (p == 0)
		_exit(mq_send(q, "x", 1, 0) != 0);
	ended(p);
	from("mq_notify", SIGUSR1, SI_MESGQ, p);
	same(shared->slot[VALUE], 815, "mq_notify: value");
	mq_close(q);
	clear();
}

int main(void)
{
	begin();
	handle(SIGUSR1, note, SA_RESTART);
	from_children();
	to_group();
	from_oneself();
	of_children();
	of_other_children("a clone child's SIGUSR1", SIGUSR1);
	handle(SIGRTMIN, note, SA_RESTART);
	of_other_children("a clone child's SIGRTMIN", SIGRTMIN);
	of_waited_child();
	of_descriptor();
	of_parent();
	of_message_queue();
	return finish();
}
