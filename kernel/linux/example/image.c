// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

int image_pack(const char *name, const struct image *image)
{
	FILE *file = fopen(name, "w");

	if (!file) {
		warn("%s", name);
		return -1;
	}
	fprintf(file, "setforkpid-image 1\npid %d\nprogram %s\nstate %ld\n",
		image->pid, image->program, image->state);
	if (ferror(file) | fclose(file)) {
		warn("%s", name);
		return -1;
	}
	return 0;
}

/* Reads the next line and gives what follows the key, or NULL. */
static char *value(FILE *file, const char *key, char *line, int size)
{
	size_t length = strlen(key);

	if (!fgets(line, size, file) || strncmp(line, key, length) ||
	    line[length] != ' ')
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line + length + 1;
}

static int number(const char *text, long *number)
{
	char *end;

	if (!text || !*text)
		return -1;
	*number = strtol(text, &end, 10);
	return *end ? -1 : 0;
}

static int unpack(FILE *file, struct image *image)
{
	char line[PATH_MAX + 16], *text;
	long version, pid;

	if (number(value(file, "setforkpid-image", line, sizeof(line)), &version) ||
	    version != 1)
		return -1;
	if (number(value(file, "pid", line, sizeof(line)), &pid) || pid < 1 ||
	    pid > INT_MAX)
		return -1;
	image->pid = pid;
	text = value(file, "program", line, sizeof(line));
	if (!text || strlen(text) >= sizeof(image->program))
		return -1;
	strcpy(image->program, text);
	return number(value(file, "state", line, sizeof(line)), &image->state);
}

int image_unpack(const char *name, struct image *image)
{
	FILE *file = fopen(name, "r");
	int result;

	if (!file) {
		warn("%s", name);
		return -1;
	}
	result = unpack(file, image);
	fclose(file);
	if (result)
		warnx("%s: not an image of this example", name);
	return result;
}
