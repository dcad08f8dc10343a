// SPDX-License-Identifier: GPL-2.0-only
/* Who may ask. An emulation gives away nothing of the system and asks nobody. */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setforkpid.h"
#include "selftest.h"

static void call_capset(int call, struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	if (syscall(call, &header, data))
		fail("capget or capset: %s", strerror(errno));
}

static void needs_root(void)
{
	struct __user_cap_data_struct data[2];

	if (emulated)
		skip("an emulation needs no privilege");
	call_capset(SYS_capget, data);
	if (!(data[1].effective & CAP_TO_MASK(CAP_CHECKPOINT_RESTORE)) ||
	    !(data[0].effective & CAP_TO_MASK(CAP_SYS_ADMIN)))
		skip("needs CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN to begin with");
}

/* Keeps one capability of all, or none with -1. */
static void keep_only(int capability)
{
	struct __user_cap_data_struct data[2] = { 0 };

	if (capability >= 0) {
		data[CAP_TO_INDEX(capability)].effective = CAP_TO_MASK(capability);
		data[CAP_TO_INDEX(capability)].permitted = CAP_TO_MASK(capability);
	}
	call_capset(SYS_capset, data);
}

static void must_be_denied(pid_t pid)
{
	if (setforkpid(pid) != -1 || errno != EPERM)
		fail("setforkpid(%d) did not fail with EPERM", pid);
	must_be_ordinary(pid, FORK);
}

static void without_capability(void)
{
	pid_t pid = free_pid();

	needs_root();
	keep_only(-1);
	must_be_denied(pid);
	if (setforkpid(-1) != -1 || errno != EINVAL)
		fail("setforkpid(-1) is a probe that anyone may use");
	if (setforkpid(0))
		fail("setforkpid(0) is for anyone");
}

static void with_checkpoint_restore(void)
{
	pid_t pid = free_pid();

	needs_root();
	keep_only(CAP_CHECKPOINT_RESTORE);
	ask(pid);
	must_be_born_as(pid, FORK);
}

static void with_sys_admin(void)
{
	pid_t pid = free_pid();

	needs_root();
	keep_only(CAP_SYS_ADMIN);
	ask(pid);
	must_be_born_as(pid, FORK);
}

static void with_another(void)
{
	pid_t pid = free_pid();

	needs_root();
	keep_only(CAP_SYS_PTRACE);
	must_be_denied(pid);
}

static void capability_lost_meanwhile(void)
{
	pid_t pid = free_pid();

	needs_root();
	ask(pid);
	keep_only(-1);
	must_fail_to_fork(EPERM);
	must_be_ordinary(pid, FORK);
}

static void taken_back_without_capability(void)
{
	pid_t pid = free_pid();

	needs_root();
	ask(pid);
	keep_only(-1);
	if (setforkpid(0))
		fail("setforkpid(0): %s", strerror(errno));
	must_be_ordinary(pid, FORK);
}

/* All capabilities there, but the pid namespace belongs to the one outside. */
static void in_a_user_namespace(void)
{
	pid_t pid = free_pid();

	if (emulated)
		skip("an emulation needs no privilege");
	if (unshare(CLONE_NEWUSER))
		skip("no new user namespace: %s", strerror(errno));
	must_be_denied(pid);
}

const struct test privilege_tests[] = {
	{ "refused without capability", without_capability },
	{ "refused with another capability", with_another },
	{ "granted with CAP_CHECKPOINT_RESTORE", with_checkpoint_restore },
	{ "granted with CAP_SYS_ADMIN", with_sys_admin },
	{ "a capability lost after asking", capability_lost_meanwhile },
	{ "taken back without capability", taken_back_without_capability },
	{ "refused in a user namespace of one's own", in_a_user_namespace },
	{ 0 },
};
