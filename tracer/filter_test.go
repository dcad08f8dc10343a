package tracer

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

// sandbox is a C program with a filter of its own that allows it to signal
// nobody but itself, by the id that getpid gave it.
const sandbox = `
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static volatile int from = -1;
static void got(int sig, siginfo_t *si, void *ctx) { from = si->si_pid; }

int main(void)
{
	int status;

	if (fork() == 0) {
		int me = getpid();
		struct sock_filter f[] = {
			{0x20, 0, 0, 0}, {0x15, 0, 3, SYS_kill},
			{0x20, 0, 0, 16}, {0x15, 1, 0, me},
			{6, 0, 0, SECCOMP_RET_ERRNO | 77}, {6, 0, 0, SECCOMP_RET_ALLOW},
		};
		struct sock_fprog p = {6, f};
		struct sigaction sa = {.sa_sigaction = got, .sa_flags = SA_SIGINFO};

		sigaction(SIGUSR1, &sa, 0);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p))
			_exit(10);
		if (kill(me, SIGUSR1))
			_exit(11);
		if (from != me)
			_exit(12);
		if (kill(getppid(), 0) == 0)
			_exit(13);
		_exit(0);
	}
	wait(&status);
	return WEXITSTATUS(status);
}
`

// A sandboxed program may signal itself as it may natively.
func TestOwnFilter(t *testing.T) {
	dir := t.TempDir()
	source, bin := filepath.Join(dir, "sandbox.c"), filepath.Join(dir, "sandbox")
	if err := os.WriteFile(source, []byte(sandbox), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-o", bin, source).CombinedOutput(); err != nil {
		t.Skipf("needs a C compiler: %v\n%s", err, out)
	}
	if err := exec.Command(bin).Run(); err != nil {
		t.Fatalf("natively: %v", err)
	}
	for _, kind := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		c := Command(4190000, bin)
		c.Space = kind
		if err := c.Run(); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
	}
}
