/* clock.h - CLOCK_MONOTONIC in nanoseconds, read cheaply */
#ifndef LANCET_CORE_CLOCK_H
#define LANCET_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The time base of everything: this host's CLOCK_MONOTONIC, int64 ns. Where
 * the TSC is constant, does not stop and is the kernel's clock source, it is
 * read directly and converted with a pair that clock_sync() renews; else
 * clock_gettime is called. Any thread may read; one thread at a time syncs,
 * and none does while a point is measured.
 */
int64_t clock_now_ns(void);

/* Calibrate by bracketed pairs (best of several); cold, about 10 ms. */
void clock_sync(void);

/* Largest error of clock_now_ns() against the kernel's clock seen so far. */
int64_t clock_error_ns(void);

/* True where the TSC is read; false where the kernel is asked. */
bool clock_is_tsc(void);

/* Seconds since the epoch, for file names and headers. */
int64_t clock_realtime_ns(void);

#endif
