/* Test 48: a pid namespace inside the tree. */
#include "check.h"

enum { INNER, OUTER };

/* entering is setns to the namespace that the program is in already. */
static void entering(void)
{
	int want = geteuid() == 0 ? 0 : EPERM;
	int ns = open("/proc/self/ns/pid", O_RDONLY), uts = open("/proc/self/ns/uts", O_RDONLY);
	int own = syscall(SYS_pidfd_open, getpid(), 0);
	pid_t me = getpid(), p;

	gives(setns(ns, 0), want, "setns: the own pid namespace");
	gives(setns(ns, CLONE_NEWPID), want, "setns: with its type");
	gives(setns(own, CLONE_NEWPID), want, "setns: by a pidfd");
	gives(setns(own, CLONE_NEWPID | CLONE_NEWUTS), want, "setns: two of them");
	gives(setns(own, 0), EINVAL, "setns: a pidfd without a type");
	gives(setns(ns, CLONE_NEWUTS), EINVAL, "setns: another type");
	gives(setns(uts, CLONE_NEWPID), EINVAL, "setns: another namespace");
	gives(setns(uts, 0), want, "setns: that one");
	gives(setns(-1, CLONE_NEWPID), EBADF, "setns: no descriptor");
	gives(setns(0, CLONE_NEWPID), EINVAL, "setns: a file");
	close(own);
	close(uts);
	close(ns);
	p = spawn();
	if (p == 0)
		_exit(getppid() == me ? 0 : 1);
	ended(p);
}

int main(void)
{
	pid_t p, q;
	int status;

	begin();
	entering();
	p = spawn();
	if (p == 0) {
		if (geteuid() != 0 && unshare(CLONE_NEWUSER) == -1)
			_exit(100 + errno % 100);
		if (unshare(CLONE_NEWPID) == -1)
			_exit(errno);
		q = spawn();
		if (q == 0) {
			shared->slot[INNER] = getpid();
			shared->slot[OUTER] = getppid();
			_exit(5);
		}
		if (waitpid(q, &status, 0) != q || WEXITSTATUS(status) != 5)
			_exit(111);
		_exit(0);
	}
	status = reap(p);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		unsupported("namespace", WEXITSTATUS(status) % 100);
		if (WEXITSTATUS(status) >= 100) /* no user namespaces on this machine */
			return finish();
		same(WEXITSTATUS(status), EPERM, "namespace: refused: unshare gives EPERM");
		gives(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL), EPERM, "namespace: refused: clone");
		same(waitpid(-1, NULL, WNOHANG), -1, "namespace: refused: no process was made");
		return finish();
	}
	same(shared->slot[INNER], 1, "namespace: the first process is 1");
	same(shared->slot[OUTER], 0, "namespace: its parent is outside");
	return finish();
}
