/* Test 44: a process traces another one. */
#include "check.h"
#include <sys/ptrace.h>

int main(void)
{
	unsigned long message;
	int status;
	pid_t p;

	begin();
	p = spawn();
	if (p == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(errno);
		raise(SIGSTOP);
		if (fork() == 0)
			_exit(0);
		wait(NULL);
		_exit(0);
	}
	status = 0;
	if (waitpid(p, &status, 0) != p)
		die("waitpid");
	if (WIFEXITED(status)) {
		unsupported("ptrace", WEXITSTATUS(status));
		same(WEXITSTATUS(status), EPERM, "ptrace: refused: EPERM");
		gives(ptrace(PTRACE_ATTACH, root, NULL, NULL), EPERM, "ptrace: refused: PTRACE_ATTACH");
		return finish();
	}
	same(WSTOPSIG(status), SIGSTOP, "ptrace: stopped");
	gives(ptrace(PTRACE_SETOPTIONS, p, NULL, (void *)PTRACE_O_TRACEFORK), 0, "ptrace: options");
	ptrace(PTRACE_CONT, p, NULL, NULL);
	if (waitpid(p, &status, 0) != p)
		die("waitpid");
	same(status >> 8, SIGTRAP | PTRACE_EVENT_FORK << 8, "ptrace: the event of a fork");
	gives(ptrace(PTRACE_GETEVENTMSG, p, NULL, &message), 0, "ptrace: its message");
	yes(kill(message, 0) == 0, "ptrace: which is the new process");
	if (waitpid(message, &status, __WALL) != (pid_t)message)
		die("waitpid");
	ptrace(PTRACE_CONT, message, NULL, NULL);
	if (waitpid(message, &status, __WALL) != (pid_t)message)
		die("waitpid");
	end(p);
	return finish();
}
