/* Test 41: capabilities of others can be read but not set. */
#include "check.h"

#include <linux/capability.h>

enum { TID, LEAVE };

static int get(pid_t p, struct __user_cap_data_struct *data, pid_t *after)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, p };
	int ret = syscall(SYS_capget, &h, data);

	*after = h.pid;
	return ret;
}

static int set(pid_t p, struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, p };

	return syscall(SYS_capset, &h, data);
}

static void *stay(void *arg)
{
	shared->slot[TID] = gettid_raw();
	until(shared->slot[LEAVE]);
	return arg;
}

/* reads checks that somebody has the same capabilities as the caller. */
static void reads(const char *whose, pid_t p, const struct __user_cap_data_struct *own)
{
	struct __user_cap_data_struct got[2];
	pid_t after;

	memset(got, 0x55, sizeof got);
	gives(get(p, got, &after), 0, "capget(%s)", whose);
	yes(memcmp(got, own, sizeof got) == 0, "capget(%s) gives the inherited ones", whose);
	same(after, p, "capget(%s) leaves the header as it was", whose);
}

int main(void)
{
	struct __user_cap_data_struct own[2], got[2];
	pid_t p, after;
	pthread_t t;

	begin();
	pthread_create(&t, NULL, stay, NULL);
	until(shared->slot[TID]);
	p = sleeper();
	gives(get(0, own, &after), 0, "capget(0)");
	reads("own id", getpid(), own);
	reads("child", p, own);
	reads("thread", shared->slot[TID], own);
	gives(get(NOBODY, got, &after), ESRCH, "capget(unknown)");
	gives(get(-1, got, &after), EINVAL, "capget(-1)");
	gives(set(0, own), 0, "capset(0)");
	gives(set(getpid(), own), 0, "capset(own id)");
	gives(set(p, own), EPERM, "capset(child)");
	gives(set(shared->slot[TID], own), EPERM, "capset(other thread)");
	gives(set(NOBODY, own), EPERM, "capset(unknown)");
	end(p);
	gives(get(p, got, &after), ESRCH, "capget(reaped)");
	shared->slot[LEAVE] = 1;
	pthread_join(t, NULL);
	return finish();
}
