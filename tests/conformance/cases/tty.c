/*
 * Test 18: job control on a pseudo terminal, with the processes that a shell
 * would have: a session leader and two jobs.
 */
#include "check.h"

#include <sys/ioctl.h>
#include <termios.h>

enum { SEEN, SEEN_PID, SEEN_CODE, SEEN_UID, JOB_READY, JOB_TICKS, TOLD = 16 };

static int master;

/* command is what the root asks of the session leader, by a pipe. */
static int ask[2], answer[2];

static void note(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	shared->slot[SEEN_PID] = si->si_pid;
	shared->slot[SEEN_CODE] = si->si_code;
	shared->slot[SEEN] = sig;
}

static void open_master(void)
{
	struct termios t;

	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master == -1 || grantpt(master) || unlockpt(master))
		die("posix_openpt");
	tcgetattr(master, &t);
	t.c_lflag &= ~(ECHO | TOSTOP);
	t.c_lflag |= ISIG | ICANON;
	tcsetattr(master, TCSANOW, &t);
}

/* open_tty makes the terminal the controlling one of a new session. */
static int open_tty(void)
{
	char name[64];
	int fd;

	if (ptsname_r(master, name, sizeof name))
		die("ptsname");
	fd = open(name, O_RDWR);
	if (fd == -1)
		die("open %s", name);
	return fd;
}

static void leader_alone(int tty)
{
	same(tcgetsid(tty), getpid(), "leader: tcgetsid == getpid");
	same(tcgetpgrp(tty), getpid(), "leader: tcgetpgrp == getpid");
	gives(tcsetpgrp(tty, NOBODY), ESRCH, "tcsetpgrp(unknown)");
	gives(tcsetpgrp(tty, -1), EINVAL, "tcsetpgrp(-1)");
	gives(tcsetpgrp(tty, root), EPERM, "tcsetpgrp(process outside the session)");
}

/* job is a child in its own group that waits for signals. */
static pid_t job(void (*fn)(int), int tty)
{
	pid_t p = spawn();

	if (p == 0) {
		setpgid(0, 0);
		handle(SIGINT, note, SA_RESTART);
		fn(tty);
		_exit(0);
	}
	setpgid(p, p);
	return p;
}

static void wait_for_signals(int tty)
{
	(void)tty;
	shared->slot[JOB_READY] = getpid();
	for (;;)
		pause();
}

static void read_tty(int tty)
{
	char c;

	shared->slot[JOB_READY] = getpid();
	_exit(read(tty, &c, 1) == 1 ? c : 255);
}

static void take_terminal(int tty)
{
	shared->slot[JOB_READY] = getpid();
	_exit(tcsetpgrp(tty, getpid()) == 0 && tcgetpgrp(tty) == getpid() ? 0 : 1);
}

static void foreground_and_back(int tty)
{
	pid_t p = job(wait_for_signals, tty);

	until(shared->slot[JOB_READY] == p);
	gives(tcsetpgrp(tty, p), 0, "tcsetpgrp(job)");
	same(tcgetpgrp(tty), p, "tcgetpgrp == the job");
	gives(tcsetpgrp(tty, getpgrp()), 0, "tcsetpgrp(own group) from the background, SIGTTOU ignored");
	same(tcgetpgrp(tty), getpid(), "tcgetpgrp == own group again");
	end(p);
	gives(tcsetpgrp(tty, p), ESRCH, "tcsetpgrp(job that has ended)");
	id("job", p);
}

static void background_read(int tty)
{
	pid_t p = job(read_tty, tty);
	int status = 0;

	same(waitpid(p, &status, WUNTRACED), p, "background read: waitpid gives the job");
	yes(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN, "background read: SIGTTIN stopped it");
	tcsetpgrp(tty, p);
	kill(-p, SIGCONT);
	same(waitpid(p, &status, WCONTINUED), p, "brought to the foreground: it continues");
	if (write(answer[1], "r", 1) != 1) /* the root types */
		die("write");
	same(waitpid(p, &status, 0), p, "brought to the foreground: it ends");
	same(WEXITSTATUS(status), 'x', "brought to the foreground: it has read what was typed");
	tcsetpgrp(tty, getpgrp());
}

static void background_take(int tty)
{
	pid_t p;
	int status = 0;

	signal(SIGTTOU, SIG_DFL);
	p = job(take_terminal, tty);
	signal(SIGTTOU, SIG_IGN);
	same(waitpid(p, &status, WUNTRACED), p, "tcsetpgrp in the background: waitpid gives the job");
	yes(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU, "tcsetpgrp in the background: SIGTTOU stopped it");
	tcsetpgrp(tty, p);
	kill(-p, SIGCONT);
	same(WEXITSTATUS(reap(p)), 0, "brought to the foreground: the restarted tcsetpgrp works");
	tcsetpgrp(tty, getpgrp());
}

/* typed has the root type a character while a job is in the foreground. */
static void typed(int tty, char what)
{
	pid_t p;

	memset((void *)shared->slot, 0, 6 * sizeof shared->slot[0]);
	p = job(wait_for_signals, tty);
	until(shared->slot[JOB_READY] == p);
	tcsetpgrp(tty, p);
	if (write(answer[1], &what, 1) != 1)
		die("write");
	if (what == 'c') {
		until(shared->slot[SEEN]);
		same(shared->slot[SEEN], SIGINT, "^C: the job gets SIGINT");
		same(shared->slot[SEEN_PID], 0, "^C: si_pid is 0");
		same(shared->slot[SEEN_CODE], SI_KERNEL, "^C: si_code is SI_KERNEL");
	} else {
		int status = 0;

		same(waitpid(p, &status, WUNTRACED), p, "^Z: waitpid gives the job");
		yes(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "^Z: SIGTSTP stopped it");
	}
	tcsetpgrp(tty, getpgrp());
	end(p);
}

/* leader is the shell's part; it ends when the terminal hangs up. */
static void leader(void)
{
	int tty;
	char c;

	setsid();
	tty = open_tty();
	signal(SIGTTOU, SIG_IGN);
	leader_alone(tty);
	foreground_and_back(tty);
	background_read(tty);
	background_take(tty);
	typed(tty, 'c');
	typed(tty, 'z');
	handle(SIGHUP, note, SA_RESTART);
	memset((void *)shared->slot, 0, 6 * sizeof shared->slot[0]);
	close(master);
	if (write(answer[1], "q", 1) != 1 || read(ask[0], &c, 1) != 1)
		die("read");
	until(shared->slot[SEEN]);
	same(shared->slot[SEEN], SIGHUP, "hang-up: the leader gets SIGHUP");
	same(shared->slot[SEEN_PID], 0, "hang-up: si_pid is 0");
	_exit(0);
}

/* from_outside is what a process of another session can ask the master. */
static void from_outside(pid_t p)
{
	pid_t got = -1;

	until(tcgetpgrp(master) > 0);
	yes(ioctl(master, TIOCGPGRP, &got) == 0 && got > 0, "master: TIOCGPGRP works from outside the session");
	same(getpgid(got) == got ? getsid(got) : -1, p, "master: it gives a group of the session");
	got = -1;
	gives(ioctl(master, TIOCGSID, &got), 0, "master: TIOCGSID");
	same(got, p, "master: it gives the session leader");
}

int main(void)
{
	pid_t p;
	char c;

	begin();
	open_master();
	if (pipe(ask) || pipe(answer))
		die("pipe");
	gives(ioctl(STDIN_FILENO, TIOCGPGRP, &p), ENOTTY, "TIOCGPGRP of no terminal");
	gives(ioctl(master, TIOCGSID, &p), ENOTTY, "master: TIOCGSID without a session");
	gives(tcgetpgrp(master), 0, "master: TIOCGPGRP without a session");
	p = spawn();
	if (p == 0)
		leader();
	for (;;) {
		if (read(answer[0], &c, 1) != 1)
			die("read");
		if (c == 'q')
			break;
		if (write(master, c == 'r' ? "x\n" : c == 'c' ? "\003" : "\032", c == 'r' ? 2 : 1) < 0)
			die("write to the terminal");
	}
	from_outside(p);
	close(master);
	if (write(ask[1], "h", 1) != 1)
		die("write");
	ended(p);
	id("leader", p);
	return finish();
}
