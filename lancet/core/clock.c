/* clock.c - CLOCK_MONOTONIC in nanoseconds, read cheaply */
#include "lancet/core/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct clock_pair *_Atomic clock_pair;

static _Atomic int64_t clock_error;

static int64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t clock_kernel_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_realtime_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

int64_t clock_error_ns(void)
{
	return atomic_load(&clock_error);
}

#ifdef __x86_64__
#define PAIRS 64		/* slots that readers may still hold */
#define LOOKS 32		/* of a sync, */
#define BRACKETS 32		/* best of so many each, */
#define LOOK_GAP_NS 300000	/* and so far apart: 10 ms together */

/* Two syncs this far apart give the frequency better than one alone. */
#define BASE_MIN_NS INT64_C(500000000)

struct look {
	uint64_t tsc;
	int64_t ns;
	uint64_t width;		/* of the bracket, in counts */
};

static struct look clock_look(void)
{
	struct look best = { .width = UINT64_MAX };

	for (int i = 0; i < BRACKETS; i++) {
		uint64_t a = __builtin_ia32_rdtsc();
		int64_t ns = clock_kernel_ns();
		uint64_t b = __builtin_ia32_rdtsc();

		if (b - a < best.width)
			best = (struct look){ a + (b - a) / 2, ns, b - a };
	}
	return best;
}

/*
 * Least squares through the looks, about their centre, in long double: the
 * slope of 10 ms is known to about 2 ns / 10 ms / sqrt(LOOKS / 12), 0.1 ppm.
 */
static long double clock_fit(struct look *centre, const struct look *look)
{
	long double x = 0, y = 0, xx = 0, xy = 0;

	*centre = look[0];
	for (int i = 0; i < LOOKS; i++) {
		x += (long double)(look[i].tsc - look[0].tsc) / LOOKS;
		y += (long double)(look[i].ns - look[0].ns) / LOOKS;
		if (look[i].width > centre->width)
			centre->width = look[i].width;
	}
	for (int i = 0; i < LOOKS; i++) {
		long double dx = (long double)(look[i].tsc - look[0].tsc) - x;
		long double dy = (long double)(look[i].ns - look[0].ns) - y;

		xx += dx * dx;
		xy += dx * dy;
	}
	centre->tsc += (uint64_t)x;
	centre->ns += (int64_t)roundl(y);
	return xy / xx;
}

static bool file_has(const char *path, const char *start, const char *word)
{
	char line[8192], padded[64];
	bool found = false;
	FILE *f = fopen(path, "re");

	snprintf(padded, sizeof(padded), " %s ", word);
	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = ' ';
		if (!strncmp(line, start, strlen(start)))
			found = strstr(line, padded) ||
				!strncmp(line, padded + 1, strlen(padded + 1));
	}
	if (f)
		fclose(f);
	return found;
}

static bool clock_tsc_usable(void)
{
	static const char source[] = "/sys/devices/system/clocksource/"
				     "clocksource0/current_clocksource";

	return file_has("/proc/cpuinfo", "flags", "constant_tsc") &&
	       file_has("/proc/cpuinfo", "flags", "nonstop_tsc") &&
	       file_has(source, "", "tsc");
}

static void clock_looks(struct look *look)
{
	struct timespec gap = { .tv_nsec = LOOK_GAP_NS };

	for (int i = 0; i < LOOKS; i++) {
		if (i)
			nanosleep(&gap, NULL);
		look[i] = clock_look();
	}
}

static int64_t clock_convert(const struct clock_pair *p, uint64_t tsc)
{
	int64_t d = (int64_t)(tsc - p->tsc);

	return p->ns + (int64_t)(((__int128)d * (int64_t)p->mult) >> 32);
}

static void clock_note_error(int64_t error_ns)
{
	if (error_ns > atomic_load(&clock_error))
		atomic_store(&clock_error, error_ns);
}

void clock_sync(void)
{
	static struct clock_pair pair[PAIRS];
	static struct look last;
	static unsigned next;
	const struct clock_pair *old = atomic_load(&clock_pair);
	struct clock_pair *p = &pair[next % PAIRS];
	struct look look[LOOKS], centre;
	long double slope;

	if (!old && !clock_tsc_usable())
		return;
	clock_looks(look);
	slope = clock_fit(&centre, look);
	if (!(slope > 0.01L && slope < 100))	/* 10 MHz .. 100 GHz */
		return;
	if (last.ns && centre.ns - last.ns >= BASE_MIN_NS)
		slope = (long double)(centre.ns - last.ns) /
			(long double)(centre.tsc - last.tsc);
	if (old)
		clock_note_error(llabs(clock_convert(old, centre.tsc) -
				       centre.ns));
	clock_note_error((int64_t)((long double)centre.width * slope / 2));
	*p = (struct clock_pair){ centre.tsc, centre.ns,
				  (uint64_t)(slope * 0x1p32L) };
	last = centre;
	next++;
	atomic_store_explicit(&clock_pair, p, memory_order_release);
}
#else
void clock_sync(void)
{
}
#endif
