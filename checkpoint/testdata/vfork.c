/* A process that waits for its vfork child, which waits as well. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	if (vfork() == 0) {
		write(1, "ready\n", 6);
		pause();
		_exit(0);
	}
	return 0;
}
