// SPDX-License-Identifier: GPL-2.0-only
/*
 * setforkpid() for kernels that do not have it.
 *
 * 391 is a number that no kernel for x86 gives to a system call, so that a call
 * with it ends in the function for the missing ones. A probe there sends the
 * processor to answer() instead. What the request does is in births.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/threads.h>
#include <linux/version.h>
#include <asm/syscall.h>

#include "births.h"
#include "requests.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#error "setforkpid: written for Linux 6.1 to 6.13: others keep what it needs elsewhere"
#endif
#if !defined(CONFIG_X86_64) || !defined(CONFIG_KRETPROBES) || \
	!defined(CONFIG_KALLSYMS_ALL) || !defined(CONFIG_TRACEPOINTS)
#error "setforkpid: needs x86-64, CONFIG_KRETPROBES, CONFIG_KALLSYMS_ALL and CONFIG_TRACEPOINTS"
#endif

#define NR_SETFORKPID 391

/* The kernel's own variable, which it does not export. */
static const int *kernel_pid_max;

static long setforkpid(pid_t pid)
{
	struct user_namespace *owner = task_active_pid_ns(current)->user_ns;

	if (pid < 0 || pid >= READ_ONCE(*kernel_pid_max))
		return -EINVAL;

	if (!pid) {
		request_drop(current);
		return 0;
	}

	if (!checkpoint_restore_ns_capable(owner))
		return -EPERM;

	return request_set(current, pid) ?: pid;
}

/* Takes the place of the function for missing system calls. */
static long answer(struct pt_regs *user)
{
	unsigned long args[6];

	/* Knows a 32-bit call from a 64-bit one. */
	syscall_get_arguments(current, user, args);
	return setforkpid(args[0]);
}

static int missing_call(struct kprobe *probe, struct pt_regs *regs)
{
	struct pt_regs *user = (void *)regs_get_kernel_argument(regs, 0);

	if (syscall_get_nr(current, user) != NR_SETFORKPID)
		return 0;

	instruction_pointer_set(regs, (unsigned long)answer);
	return 1;
}
NOKPROBE_SYMBOL(missing_call);

/* Its presence keeps the probe from being turned into a jump, which could not
 * change where execution goes on.
 */
static void no_jump(struct kprobe *probe, struct pt_regs *regs,
		    unsigned long flags)
{
}
NOKPROBE_SYMBOL(no_jump);

static struct kprobe call_probes[] = {
	{
		.symbol_name	= "__x64_sys_ni_syscall",
		.pre_handler	= missing_call,
		.post_handler	= no_jump,
	},
#ifdef CONFIG_IA32_EMULATION
	{
		.symbol_name	= "__ia32_sys_ni_syscall",
		.pre_handler	= missing_call,
		.post_handler	= no_jump,
	},
#endif
};

/*
 * Returns the address of a symbol that is not exported, of data too: a probe on
 * data is refused, but its address has been looked up by then.
 */
static void *find_symbol(const char *name)
{
	struct kprobe probe = {
		.symbol_name	= name,
		.flags		= KPROBE_FLAG_DISABLED,
	};

	if (!register_kprobe(&probe))
		unregister_kprobe(&probe);
	return probe.addr;
}

static int check_kernel(void)
{
	if (find_symbol("__x64_sys_setforkpid")) {
		pr_err("not loaded: this kernel has setforkpid() itself\n");
		return -EEXIST;
	}

	kernel_pid_max = find_symbol("pid_max");
	if (!kernel_pid_max) {
		pr_err("not loaded: this kernel has no variable pid_max\n");
		return -ENOENT;
	}
	if (*kernel_pid_max <= 0 || *kernel_pid_max > PID_MAX_LIMIT) {
		pr_err("not loaded: this kernel's pid_max is something else (%d)\n",
		       *kernel_pid_max);
		return -EINVAL;
	}
	return 0;
}

static int __init setforkpid_init(void)
{
	int i, err;

	err = check_kernel();
	if (err)
		return err;

	err = births_watch();
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(call_probes); i++) {
		err = register_kprobe(&call_probes[i]);
		if (err) {
			pr_err("not loaded: %s() cannot be probed here (error %d)\n",
			       call_probes[i].symbol_name, err);
			goto undo;
		}
	}
	pr_info("system call %d is setforkpid()\n", NR_SETFORKPID);
	return 0;

undo:
	while (i--)
		unregister_kprobe(&call_probes[i]);
	synchronize_rcu_tasks();
	births_unwatch();
	request_drop_all();
	return err;
}

/*
 * The order matters: no new calls; then the end of those in answer(), which is
 * why that function must not sleep; then the births. A process that is being
 * born has its pid in the arguments of its own call and needs nothing of ours.
 */
static void __exit setforkpid_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(call_probes); i++)
		unregister_kprobe(&call_probes[i]);
	synchronize_rcu_tasks();
	births_unwatch();
	request_drop_all();
}

module_init(setforkpid_init);
module_exit(setforkpid_exit);

MODULE_DESCRIPTION("The system call setforkpid() for stock kernels");
MODULE_AUTHOR("the pidsim authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0");
