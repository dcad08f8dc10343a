// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a request meets the next process: probes in kernel_clone(), through
 * which fork(), vfork(), clone() and clone3() all go. A request is put into the
 * arguments as if it had come with clone3(set_tid), so that the kernel's own
 * code checks range, permission and collision. Requests end when kernel_clone()
 * returns, at execve() and with their task.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/binfmts.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/tracepoint.h>
#include <uapi/linux/sched.h>

#include "births.h"
#include "requests.h"

/*
 * How many calls that use a request may be under way at once. Only vfork() is
 * for longer than a moment. Beyond that number requests are still served, but
 * not ended.
 */
#define MAX_IN_FLIGHT 512

static bool makes_process(const struct kernel_clone_args *args)
{
	return !(args->flags & CLONE_THREAD) && !args->fn;
}

static struct kernel_clone_args *clone_args(struct pt_regs *regs)
{
	return (struct kernel_clone_args *)regs_get_kernel_argument(regs, 0);
}

/*
 * Fills in set_tid, whose first element is about the innermost namespace of the
 * new process. The array must live as long as the call, also if the module goes
 * meanwhile, so it takes the place of fn_arg: that is the argument of fn, which
 * only kernel threads have.
 */
static void supply(struct kernel_clone_args *args, pid_t pid)
{
	struct pid_namespace *ours = task_active_pid_ns(current);
	struct pid_namespace *theirs = current->nsproxy->pid_ns_for_children;
	pid_t *set_tid = (pid_t *)&args->fn_arg;

	BUILD_BUG_ON(sizeof(args->fn_arg) < 2 * sizeof(pid_t));

	args->set_tid = set_tid;
	args->set_tid_size = 1;
	if (args->flags & CLONE_NEWPID ||
	    (theirs->parent == ours && !theirs->child_reaper)) {
		set_tid[0] = 1;
		set_tid[1] = pid;
		args->set_tid_size = 2;
	} else if (theirs == ours) {
		set_tid[0] = pid;
	} else {
		/*
		 * The namespace has processes and would give out its own next
		 * pid, which set_tid has no word for. 0 makes it EINVAL.
		 */
		set_tid[0] = 0;
	}
}

/* Whether the probe has been called at all. */
static bool probe_works;

static int birth_begins(struct kprobe *probe, struct pt_regs *regs)
{
	pid_t pid = request_of(current);
	struct kernel_clone_args *args = clone_args(regs);

	if (unlikely(!READ_ONCE(probe_works)))
		WRITE_ONCE(probe_works, true);
	if (pid && makes_process(args) && !args->set_tid_size)
		supply(args, pid);
	return 0;
}
NOKPROBE_SYMBOL(birth_begins);

/* Returns 0 to see the call return. */
static int birth_ends_later(struct kretprobe_instance *instance,
			    struct pt_regs *regs)
{
	return !(makes_process(clone_args(regs)) && request_of(current));
}
NOKPROBE_SYMBOL(birth_ends_later);

static int birth_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	/* A call that a signal makes start again has not been an attempt. */
	if ((int)regs_return_value(regs) != -ERESTARTNOINTR)
		request_drop(current);
	return 0;
}
NOKPROBE_SYMBOL(birth_ends);

static struct kprobe begin_probe = {
	.symbol_name	= "kernel_clone",
	.pre_handler	= birth_begins,
};

static struct kretprobe end_probe = {
	.kp.symbol_name	= "kernel_clone",
	.entry_handler	= birth_ends_later,
	.handler	= birth_ends,
	.maxactive	= MAX_IN_FLIGHT,
};

static void task_execs(void *data, struct task_struct *task, pid_t old_pid,
		       struct linux_binprm *bprm)
{
	request_drop(task);
}

static void task_exits(void *data, struct task_struct *task)
{
	request_drop(task);
}

/* The scheduler's trace points are not exported; they are found by name. */
static struct {
	const char *name;
	void *handler;
	struct tracepoint *point;
} ends[] = {
	{ "sched_process_exec", task_execs },
	{ "sched_process_exit", task_exits },
};

static void find_end(struct tracepoint *point, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(point->name, ends[i].name))
			ends[i].point = point;
}

static void forget_ends(int count)
{
	while (count--)
		tracepoint_probe_unregister(ends[count].point,
					    ends[count].handler, NULL);
	tracepoint_synchronize_unregister();
}

static int watch_ends(void)
{
	int i, err;

	for_each_kernel_tracepoint(find_end, NULL);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		err = -ENOENT;
		if (ends[i].point)
			err = tracepoint_probe_register(ends[i].point,
							ends[i].handler, NULL);
		if (err) {
			pr_err("not loaded: no trace point %s here (error %d)\n",
			       ends[i].name, err);
			forget_ends(i);
			return err;
		}
	}
	return 0;
}

static int nothing(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT);
	return 0;
}

/*
 * A probe can be in place and not be called: kprobes and the function tracer,
 * which it may rest on, can be switched off. Then setforkpid() would promise
 * what no fork keeps.
 */
static int try_probe(void)
{
	struct task_struct *born = kthread_run(nothing, NULL, KBUILD_MODNAME);

	if (IS_ERR(born))
		return PTR_ERR(born);
	kthread_stop(born);
	return READ_ONCE(probe_works) ? 0 : -EOPNOTSUPP;
}

static int watch_births(void)
{
	int err;

	err = register_kprobe(&begin_probe);
	if (err)
		return err;
	err = register_kretprobe(&end_probe);
	if (err)
		goto no_end;
	err = try_probe();
	if (!err)
		return 0;

	unregister_kretprobe(&end_probe);
no_end:
	unregister_kprobe(&begin_probe);
	return err;
}

int births_watch(void)
{
	int err;

	err = watch_ends();
	if (err)
		return err;

	err = watch_births();
	if (err) {
		pr_err("not loaded: probes in kernel_clone() do not work here (error %d)\n",
		       err);
		forget_ends(ARRAY_SIZE(ends));
	}
	return err;
}

void births_unwatch(void)
{
	unregister_kprobe(&begin_probe);
	unregister_kretprobe(&end_probe);
	forget_ends(ARRAY_SIZE(ends));
}
