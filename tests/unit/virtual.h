/* virtual.h - a clock that goes on with each look at it, and in sleeps alone */
#ifndef TESTS_UNIT_VIRTUAL_H
#define TESTS_UNIT_VIRTUAL_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * What a test defines itself is not the library's: without clock_sync(), all
 * of lancet asks here. So no machine is too busy for a thread to be in time.
 */
#define VIRTUAL_LOOK_NS 100

static int64_t virtual_ns = INT64_C(1000000000000);	/* up for long */

int clock_gettime(clockid_t id, struct timespec *at)
{
	if (id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, at);
	virtual_ns += VIRTUAL_LOOK_NS;
	at->tv_sec = virtual_ns / 1000000000;
	at->tv_nsec = virtual_ns % 1000000000;
	return 0;
}

/* Until an instant of that clock; nothing else sleeps so. */
int clock_nanosleep(clockid_t id, int flags, const struct timespec *at,
		    struct timespec *left)
{
	int64_t until_ns = at->tv_sec * INT64_C(1000000000) + at->tv_nsec;

	(void)id, (void)flags, (void)left;
	virtual_ns = until_ns > virtual_ns ? until_ns : virtual_ns;
	return 0;
}

#endif
