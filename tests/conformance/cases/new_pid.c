/* Test 48: a pid namespace inside the tree. */
#include "check.h"

enum { INNER, OUTER };

int main(void)
{
	pid_t p, q;
	int status;

	begin();
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
