/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdbool.h>
#include <stdnoreturn.h>
#include <sys/types.h>

/*
 * A test runs in a process of its own. It passes by returning; fail() and
 * skip() end it with a reason, in whatever descendant they are called as long
 * as that one's exit status reaches the test (see must_exit_well).
 */
struct test {
	const char *name;
	void (*run)(void);
};

/* One table a file, each ends with an empty row. */
extern const struct test call_tests[], scope_tests[], taken_tests[],
	signal_tests[], crowd_tests[], privilege_tests[], namespace_tests[],
	i386_tests[];

noreturn void fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
noreturn void skip(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* What the command line says. */
extern bool emulated;	/* setforkpid needs no privilege here */
extern int rounds;	/* of the crowd test, for each thread that asks */

/* Programs that a test makes of this one by execve, see roles.c. */
int play_role(int argc, char **argv);
noreturn void exec_role(const char *role, pid_t pid);

/* Runs while the module comes and goes, see churn.c. */
int churn(int seconds);

/* births.c: making processes. */
enum way { FORK, VFORK, CLONE, CLONE3, SPAWN, WAYS };
extern const char *const way_name[WAYS];

int pid_limit(void);			/* pids are below it */
pid_t free_pid(void);			/* a pid that nobody has */
void ask(pid_t pid);			/* setforkpid, must succeed */
pid_t give_birth(enum way way);		/* the child exits well if it is what it was born as */
void must_exit_well(pid_t child);	/* waits; fails or skips as the child did */
void must_be_born_as(pid_t want, enum way way);
void must_be_ordinary(pid_t asked, enum way way);
void must_fail_to_fork(int error);
pid_t fork_sleeper(void);		/* a child that sleeps until it is killed */
void end_sleeper(pid_t child);

#endif
