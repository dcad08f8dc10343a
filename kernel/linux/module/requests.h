/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SETFORKPID_REQUESTS_H
#define SETFORKPID_REQUESTS_H

#include <linux/sched.h>

/* What a task has asked for and not used yet. */
int request_set(struct task_struct *task, pid_t pid);
pid_t request_of(struct task_struct *task);
void request_drop(struct task_struct *task);
void request_drop_all(void);

#endif
