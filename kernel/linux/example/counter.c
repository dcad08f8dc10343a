// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program to be checkpointed: counts three steps, saves itself and ends.
 * Restarted, it goes on where it was, and as who it was.
 *
 *	counter IMAGE [--resume STATE]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

int main(int argc, char **argv)
{
	struct image image = { .pid = getpid() };
	ssize_t length;
	long stop;

	if (argc == 4 && !strcmp(argv[2], "--resume"))
		image.state = atol(argv[3]);
	else if (argc != 2)
		errx(2, "usage: counter IMAGE [--resume STATE]");

	length = readlink("/proc/self/exe", image.program,
			  sizeof(image.program) - 1);
	if (length < 0)
		err(1, "/proc/self/exe");
	image.program[length] = '\0';

	for (stop = image.state + 3; image.state < stop; ) {
		image.state++;
		printf("process %d counts %ld\n", getpid(), image.state);
	}
	return image_pack(argv[1], &image) ? 1 : 0;
}
