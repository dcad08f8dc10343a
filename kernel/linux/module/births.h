/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SETFORKPID_BIRTHS_H
#define SETFORKPID_BIRTHS_H

int births_watch(void);
void births_unwatch(void);

#endif
