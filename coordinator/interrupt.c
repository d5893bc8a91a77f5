/* interrupt.c - Ctrl-C: once to drain and save, twice to leave at once */
#include "coordinator/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "coordinator/launch.h"

static _Atomic int seen;
static int wake[2] = { -1, -1 };

static void interrupt_signal(int number)
{
	int saved = errno;

	(void)number;
	if (atomic_fetch_add(&seen, 1) > 0) {
		child_kill_all();
		_exit(130);
	}
	if (write(wake[1], "", 1) < 0)
		atomic_fetch_add(&seen, 0);	/* full: it is awake anyway */
	errno = saved;
}

int interrupt_install(void)
{
	const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt_signal };

	if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int interrupt_fd(void)
{
	return wake[0];
}

bool interrupted(void)
{
	return atomic_load(&seen) > 0;
}
