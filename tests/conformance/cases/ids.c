/* Test 2: ids are positive, in range and never shared by two living tasks. */
#include "check.h"

#define MANY 20

static pid_t p[2 * MANY];

static bool distinct(int n)
{
	for (int i = 0; i < n; i++) {
		if (p[i] == root || p[i] == getppid())
			return false;
		for (int j = 0; j < i; j++)
			if (p[i] == p[j])
				return false;
	}
	return true;
}

static bool in_range(int n)
{
	for (int i = 0; i < n; i++)
		if (p[i] <= 1 || p[i] >= 0x400000)
			return false;
	return true;
}

static void make(int from, int to, const char *name)
{
	char s[32];

	for (int i = from; i < to; i++) {
		p[i] = sleeper();
		snprintf(s, sizeof s, "%s %d", name, i - from);
		id(s, p[i]);
	}
}

int main(void)
{
	begin();
	make(0, MANY, "first");
	yes(distinct(MANY), "children alive at once: ids differ");
	yes(in_range(MANY), "children alive at once: ids are in range");
	for (int i = 0; i < MANY; i += 2)
		end(p[i]);
	for (int i = 1; i < MANY; i += 2)
		p[i / 2] = p[i];
	make(MANY / 2, MANY, "second");
	yes(distinct(MANY), "after half was replaced: ids differ");
	yes(in_range(MANY), "after half was replaced: ids are in range");
	for (int i = 0; i < MANY; i++)
		end(p[i]);
	return finish();
}
