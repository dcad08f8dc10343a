/* Test 45: a core file names the process that it is of. */
#include "check.h"
#include <dirent.h>
#include <elf.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { READY, TID };

static char dir[64];

static void *stay(void *arg)
{
	(void)arg;
	shared->slot[TID] = gettid_raw();
	for (;;)
		pause();
	return NULL;
}

/* crash is a child that ends in a group of its own, with a core file in dir. */
static pid_t crash(bool threads)
{
	pid_t p = spawn();

	if (p == 0) {
		struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
		pthread_t t;

		setpgid(0, 0);
		if (chdir(dir) == -1 || setrlimit(RLIMIT_CORE, &all) == -1)
			_exit(1);
		if (threads) {
			pthread_create(&t, NULL, stay, NULL);
			until(shared->slot[TID]);
		}
		abort();
	}
	return p;
}

/* found opens the only file in dir. */
static int found(char *name, size_t n)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int fd = -1;

	*name = 0;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			snprintf(name, n, "%s", e->d_name);
			fd = openat(dirfd(d), name, O_RDONLY);
		}
	closedir(d);
	return fd;
}

/* notes reads the notes of a core file. */
static size_t notes(int fd, char *buf, size_t room)
{
#ifdef __i386__
	Elf32_Ehdr e;
	Elf32_Phdr p;
#else
	Elf64_Ehdr e;
	Elf64_Phdr p;
#endif

	if (pread(fd, &e, sizeof e, 0) != sizeof e)
		die("ELF header");
	for (int i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof p, e.e_phoff + i * sizeof p) != sizeof p)
			die("program header");
		if (p.p_type == PT_NOTE && p.p_filesz <= room)
			return pread(fd, buf, p.p_filesz, p.p_offset);
	}
	die("no notes");
}

static void of_notes(int fd, pid_t p, long tid, const char *what)
{
	static char buf[1 << 20];
	size_t n = notes(fd, buf, sizeof buf);
	int statuses = 0;

	for (size_t at = 0; at + sizeof(Elf64_Nhdr) < n;) {
		Elf64_Nhdr *h = (void *)(buf + at); /* the same as Elf32_Nhdr */
		char *desc = buf + at + sizeof *h + ((h->n_namesz + 3) & ~3);

		if (h->n_type == NT_PRSTATUS) {
			struct elf_prstatus *s = (void *)desc;

			if (statuses++ == 0) {
				same(s->pr_pid, p, "%s: status: pid", what);
				same(s->pr_ppid, root, "%s: status: ppid", what);
				same(s->pr_pgrp, p, "%s: status: pgrp", what);
				same(s->pr_sid, getsid(0), "%s: status: sid", what);
			} else {
				same(s->pr_pid, tid, "%s: status of the other thread: pid", what);
			}
		} else if (h->n_type == NT_PRPSINFO) {
			struct elf_prpsinfo *s = (void *)desc;

			same(s->pr_pid, p, "%s: psinfo: pid", what);
			same(s->pr_ppid, root, "%s: psinfo: ppid", what);
			same(s->pr_pgrp, p, "%s: psinfo: pgrp", what);
			same(s->pr_sid, getsid(0), "%s: psinfo: sid", what);
		} else if (h->n_type == 0x53494749) {
			siginfo_t *si = (void *)desc;

			same(si->si_pid, p, "%s: siginfo: si_pid", what);
			same(si->si_signo, SIGABRT, "%s: siginfo: si_signo", what);
		}
		at = desc - buf + ((h->n_descsz + 3) & ~3);
	}
	same(statuses, tid ? 2 : 1, "%s: as many threads as there were", what);
}

/* The pattern is the machine's: only what it can be told apart by is a fact. */
static bool of_name(const char *name, pid_t p)
{
	char pattern[256] = "", want[64];
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);

	if (read(fd, pattern, sizeof pattern - 1) <= 0)
		die("core_pattern");
	close(fd);
	snprintf(want, sizeof want, "%d", p);
	return !strstr(pattern, "%p") || strstr(name, want);
}

int main(void)
{
	char name[256], pattern = 0;
	int fd, status;
	pid_t p;

	begin();
	snprintf(dir, sizeof dir, "/tmp/check-core-%d-%lld", root, now_ms());
	if (mkdir(dir, 0700) == -1)
		die("%s", dir);
	fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
	if (fd != -1 && read(fd, &pattern, 1) == 1 && strchr("|@/", pattern)) {
		rmdir(dir);
		unsupported("core", ENOENT);
		return finish();
	}
	for (int threads = 0; threads < 2; threads++) {
		const char *what = threads ? "core of two threads" : "core";

		p = crash(threads);
		status = reap(p);
		yes(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: SIGABRT", what);
		yes(WCOREDUMP(status), "%s: dumped", what);
		fd = found(name, sizeof name);
		if (!yes(fd != -1, "%s: there is a file", what))
			break;
		yes(of_name(name, p), "%s: its name has the id, if there is to be one", what);
		of_notes(fd, p, threads ? shared->slot[TID] : 0, what);
		close(fd);
		fd = open(dir, O_PATH);
		unlinkat(fd, name, 0);
		close(fd);
	}
	gives(rmdir(dir), 0, "core: no other file");
	return finish();
}
