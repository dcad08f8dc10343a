// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restarts a checkpointed process under the pid that it had, in the three steps
 * of Joshi and Choksi's paper: unpack the image, tell the kernel the pid, fork.
 *
 *	restart IMAGE
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setforkpid.h"
#include "image.h"

static const char *reason(int error)
{
	switch (error) {
	case ENOSYS:
		return "the kernel has no setforkpid: patch it, load the module, or run this under pidsim";
	case EPERM:
		return "this takes CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN";
	case EEXIST:
		return "something has that pid";
	case EINVAL:
		return "not below /proc/sys/kernel/pid_max";
	default:
		return strerror(error);
	}
}

/* In the child: becomes the program again. */
static void resume(const struct image *image, const char *name)
{
	char state[24];

	snprintf(state, sizeof(state), "%ld", image->state);
	execl(image->program, image->program, name, "--resume", state,
	      (char *)NULL);
	err(126, "%s", image->program);
}

int main(int argc, char **argv)
{
	struct image image;
	pid_t child;
	int status;

	if (argc != 2)
		errx(2, "usage: restart IMAGE");

	if (image_unpack(argv[1], &image))
		return 1;

	if (setforkpid(image.pid) < 0)
		errx(1, "pid %d: %s", image.pid, reason(errno));

	child = fork();
	if (child < 0)
		errx(1, "pid %d: %s", image.pid, reason(errno));
	if (!child)
		resume(&image, argv[1]);

	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
