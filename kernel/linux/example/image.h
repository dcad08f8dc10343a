/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMAGE_H
#define IMAGE_H

#include <limits.h>
#include <sys/types.h>

/*
 * A checkpoint image of this example: a text of four lines.
 *
 *	setforkpid-image 1
 *	pid 4242
 *	program /home/me/counter
 *	state 17
 */
struct image {
	pid_t pid;
	char program[PATH_MAX];
	long state;	/* all that the program needs to go on */
};

/* Both return 0, or -1 after having said on stderr what is wrong. */
int image_pack(const char *name, const struct image *image);
int image_unpack(const char *name, struct image *image);

#endif
