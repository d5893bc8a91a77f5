/* clock.h - CLOCK_MONOTONIC in nanoseconds, read cheaply */
#ifndef LANCET_CORE_CLOCK_H
#define LANCET_CORE_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The time base of everything: this host's CLOCK_MONOTONIC, int64 ns. Where
 * the TSC is constant, does not stop and is the kernel's clock source, it is
 * read directly and converted with a pair that clock_sync() renews; else,
 * and before the first clock_sync(), the kernel is asked. Any thread may
 * read; one thread at a time syncs, and none does while a point is measured.
 *
 * A sync fills a slot that no reader can still be using (the oldest of many;
 * syncs are 10 ms apart at least) and then publishes it, so readers need no
 * lock. From one pair to the next time may step, also back, by at most
 * clock_error_ns().
 */
struct clock_pair {
	uint64_t tsc;
	int64_t ns;		/* CLOCK_MONOTONIC at that count */
	uint64_t mult;		/* ns per count, times 2^32 */
};

extern const struct clock_pair *_Atomic clock_pair;	/* NULL: no TSC */

int64_t clock_kernel_ns(void);

static inline int64_t clock_now_ns(void)
{
#ifdef __x86_64__
	const struct clock_pair *p =
		atomic_load_explicit(&clock_pair, memory_order_acquire);

	if (__builtin_expect(p != NULL, 1)) {
		int64_t d = (int64_t)(__builtin_ia32_rdtsc() - p->tsc);

		return p->ns +
		       (int64_t)(((__int128)d * (int64_t)p->mult) >> 32);
	}
#endif
	return clock_kernel_ns();
}

/* Of two instants. */
static inline int64_t clock_sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Calibrate by bracketed pairs (best of several); cold, about 10 ms. */
void clock_sync(void);

/*
 * Largest error of clock_now_ns() against the kernel's clock seen so far:
 * what a sync found the last pair to be off, or half a bracket.
 */
int64_t clock_error_ns(void);

/* Nanoseconds since the epoch, for file names and headers. */
int64_t clock_realtime_ns(void);

#endif
