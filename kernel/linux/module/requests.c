// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pending requests, one for a task at most.
 *
 * A patched kernel keeps the pid in struct task_struct. Here it is in a hash
 * table under the address of the task. An entry is made, read and removed by
 * its own task only, so that a task that finds none can rely on it; the entry
 * goes when the task does (births.c), so that no address outlives its task.
 */
#include <linux/hashtable.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "requests.h"

struct request {
	struct hlist_node node;
	const struct task_struct *task;
	pid_t pid;
	struct rcu_head rcu;	/* to be freed where nothing may sleep */
};

static DEFINE_HASHTABLE(requests, 8);
/* Guards the table. Raw, as probes look into it with interrupts off. */
static DEFINE_RAW_SPINLOCK(requests_lock);
/* The number of entries: every fork of the machine looks at it first. */
static atomic_t requests_pending = ATOMIC_INIT(0);

static struct request *find(const struct task_struct *task)
{
	struct request *request;

	hash_for_each_possible(requests, request, node, (unsigned long)task)
		if (request->task == task)
			return request;
	return NULL;
}

/* Asks for @pid; a request that is pending already is replaced. */
int request_set(struct task_struct *task, pid_t pid)
{
	struct request *request, *fresh;
	unsigned long flags;

	/* Must not sleep, see setforkpid_exit(). */
	fresh = kmalloc(sizeof(*fresh), GFP_ATOMIC);
	if (!fresh)
		return -ENOMEM;
	fresh->task = task;
	fresh->pid = pid;

	raw_spin_lock_irqsave(&requests_lock, flags);
	request = find(task);
	if (request) {
		request->pid = pid;
	} else {
		hash_add(requests, &fresh->node, (unsigned long)task);
		atomic_inc(&requests_pending);
		fresh = NULL;
	}
	raw_spin_unlock_irqrestore(&requests_lock, flags);

	kfree(fresh);
	return 0;
}

/* Returns the pid that @task has asked for, 0 if none. */
pid_t request_of(struct task_struct *task)
{
	struct request *request;
	unsigned long flags;
	pid_t pid = 0;

	if (!atomic_read(&requests_pending))
		return 0;

	raw_spin_lock_irqsave(&requests_lock, flags);
	request = find(task);
	if (request)
		pid = request->pid;
	raw_spin_unlock_irqrestore(&requests_lock, flags);
	return pid;
}

static void remove(struct request *request)
{
	hash_del(&request->node);
	atomic_dec(&requests_pending);
	kfree_rcu(request, rcu);
}

void request_drop(struct task_struct *task)
{
	struct request *request;
	unsigned long flags;

	if (!atomic_read(&requests_pending))
		return;

	raw_spin_lock_irqsave(&requests_lock, flags);
	request = find(task);
	if (request)
		remove(request);
	raw_spin_unlock_irqrestore(&requests_lock, flags);
}

/* For the end of the module, when nobody can ask any more. */
void request_drop_all(void)
{
	struct request *request;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(requests, bucket, next, request, node)
		remove(request);
}
