/* Test 31: System V objects and message queues name who used them. */
#include "check.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { READY };

/* column finds field n (from 0) of the line of /proc/sysvipc/NAME whose second field is object. */
static long column(const char *name, int object, int n)
{
	char path[64], line[512];
	long value = -77;
	FILE *f;

	snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
	f = fopen(path, "r");
	if (!f)
		die("%s", path);
	while (fgets(line, sizeof line, f)) {
		char *save, *w = strtok_r(line, " ", &save);
		long v[16];
		int k = 0;

		for (; w && k < 16; w = strtok_r(NULL, " ", &save))
			v[k++] = strtol(w, NULL, 0);
		if (k > n && v[1] == object)
			value = v[n];
	}
	fclose(f);
	return value;
}

static void of_memory(void)
{
	struct shmid_ds d;
	int m;
	pid_t p, q;
	void *a;

	p = spawn();
	if (p == 0) {
		shared->slot[READY] = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
		_exit(0);
	}
	ended(p);
	m = shared->slot[READY];
	gives(shmctl(m, IPC_STAT, &d), 0, "memory: IPC_STAT");
	same(d.shm_cpid, p, "memory: the creator, which has ended");
	same(d.shm_lpid, 0, "memory: nobody attached it");
	a = shmat(m, NULL, 0);
	if (a == (void *)-1 || shmctl(m, IPC_STAT, &d) == -1)
		die("shmat");
	same(d.shm_lpid, root, "memory: attached");
	q = spawn();
	if (q == 0)
		_exit(shmdt(a) == -1);
	ended(q);
	shmctl(m, IPC_STAT, &d);
	same(d.shm_lpid, q, "memory: detached by a child");
	same(column("shm", m, 4), p, "memory: the creator in /proc/sysvipc/shm");
	same(column("shm", m, 5), q, "memory: the last in /proc/sysvipc/shm");
	shmdt(a);
	shmctl(m, IPC_STAT, &d);
	same(d.shm_lpid, root, "memory: detached");
	shmctl(m, IPC_RMID, NULL);
}

static void of_semaphores(void)
{
	int s = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	struct sembuf up = { .sem_num = 1, .sem_op = 1 };
	pid_t p;

	if (s == -1)
		die("semget");
	same(semctl(s, 1, GETPID), 0, "semaphores: nobody yet");
	p = spawn();
	if (p == 0)
		_exit(semop(s, &up, 1) == -1);
	ended(p);
	same(semctl(s, 1, GETPID), p, "semaphores: the child, which has ended");
	same(semctl(s, 0, GETPID), 0, "semaphores: not of the other");
	semop(s, &up, 1);
	same(semctl(s, 1, GETPID), root, "semaphores: semop");
	gives(semctl(s, 7, GETPID), EINVAL, "semaphores: a number too large");
	semctl(s, 0, IPC_RMID);
}

static void of_messages(void)
{
	struct {
		long type;
		char text[8];
	} m = { 1, "message" };
	struct msqid_ds d;
	int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	pid_t p;

	if (q == -1)
		die("msgget");
	msgctl(q, IPC_STAT, &d);
	same(d.msg_lspid, 0, "messages: nobody sent yet");
	same(d.msg_lrpid, 0, "messages: nobody received yet");
	p = spawn();
	if (p == 0)
		_exit(msgsnd(q, &m, sizeof m.text, 0) == -1);
	ended(p);
	if (msgrcv(q, &m, sizeof m.text, 0, 0) == -1)
		die("msgrcv");
	msgctl(q, IPC_STAT, &d);
	same(d.msg_lspid, p, "messages: the sender, which has ended");
	same(d.msg_lrpid, root, "messages: the receiver");
	same(column("msg", q, 5), p, "messages: the sender in /proc/sysvipc/msg");
	same(column("msg", q, 6), root, "messages: the receiver in /proc/sysvipc/msg");
	msgctl(q, IPC_RMID, NULL);
}

static volatile sig_atomic_t from, code;

static void on_signal(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	from = si->si_pid;
	code = si->si_code;
}

static void of_queue(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	char name[64];
	mqd_t q;
	pid_t p;

	snprintf(name, sizeof name, "/check-sysvipc-%d-%lld", root, now_ms());
	q = mq_open(name, O_RDWR | O_CREAT, 0600, NULL);
	if (q == (mqd_t)-1) {
		unsupported("queue", errno);
		return;
	}
	handle(SIGUSR1, on_signal, 0);
	gives(mq_notify(q, &e), 0, "queue: mq_notify");
	p = spawn();
	if (p == 0) {
		gives(mq_notify(q, &e), EBUSY, "queue: mq_notify by another");
		_exit(mq_send(q, "m", 1, 0) == -1);
	}
	ended(p);
	until(from);
	same(from, p, "queue: si_pid is the sender");
	same(code, SI_MESGQ, "queue: SI_MESGQ");
	mq_close(q);
	mq_unlink(name);
	id("sender", p);
}

int main(void)
{
	begin();
	of_memory();
	of_semaphores();
	of_messages();
	of_queue();
	return finish();
}
